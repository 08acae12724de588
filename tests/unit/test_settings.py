"""The operator's settings: defaults, and a clear word on each that cannot be read."""

import pytest

from backtester.settings import SettingsError, default_cache_dir, read_key, read_settings


def test_without_any_the_defaults_hold():
    settings = read_settings({"HOME": "/home/someone"})
    assert (settings.timeout_seconds, settings.max_timeout_seconds) == (30, 300)
    assert (settings.memory_mb, settings.max_request_bytes) == (2048, 5 * 1024 * 1024)
    assert (settings.csv_dir, settings.offline, settings.progress_fd) == (None, False, None)
    assert settings.store_check_days == 30


def test_each_is_read():
    settings = read_settings(
        {
            "BACKTEST_CACHE_DIR": "/c", "BACKTEST_TIMEOUT_SECONDS": "1.5", "BACKTEST_MAX_TIMEOUT_SECONDS": "2",
            "BACKTEST_MEMORY_MB": "64", "BACKTEST_MAX_REQUEST_BYTES": "10", "BACKTEST_CSV_DIR": "/d",
            "BACKTEST_OFFLINE": "1", "BACKTEST_PROGRESS_FD": "3", "BACKTEST_SANDBOX": "Require",
                "BACKTEST_SANDBOX_READ": "/m:/n", "BACKTEST_STORE_CHECK_DAYS": "0.5", "BACKTEST_STDIN_SECONDS": "0.25",
            "BACKTEST_SOURCE": "tiingo",
        }
    )  # fmt: skip
    assert settings._asdict() == {
        "cache_dir": "/c", "timeout_seconds": 1.5, "max_timeout_seconds": 2.0, "memory_mb": 64,
        "max_request_bytes": 10, "csv_dir": "/d", "offline": True, "progress_fd": 3, "sandbox": "require",
        "sandbox_read": ("/m", "/n"), "store_check_days": 0.5, "stdin_seconds": 0.25, "source": "tiingo",
    }  # fmt: skip


def test_a_key_is_read_where_it_is_used_and_is_in_no_settings(monkeypatch):
    for value, key in (("", None), (" \n", None), (" abc\n", "abc")):
        monkeypatch.setenv("BACKTEST_TIINGO_KEY", value)
        assert read_key("BACKTEST_TIINGO_KEY") == key
    assert "abc" not in repr(read_settings())


@pytest.mark.parametrize("value", ["1", "true", "YES", "on"])
def test_offline_is_understood_in_the_usual_words(value):
    assert read_settings({"BACKTEST_OFFLINE": value}).offline


def test_an_empty_value_is_as_good_as_none():
    assert read_settings({"BACKTEST_MEMORY_MB": "", "BACKTEST_CSV_DIR": ""}).memory_mb == 2048


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BACKTEST_TIMEOUT_SECONDS", "soon", "must be a number"),
        ("BACKTEST_TIMEOUT_SECONDS", "nan", "must be at least"),
        ("BACKTEST_TIMEOUT_SECONDS", "inf", "must be at least"),
        ("BACKTEST_TIMEOUT_SECONDS", "0", "must be at least"),
        ("BACKTEST_TIMEOUT_SECONDS", "1e300", "must be at least 0.001 and at most 1e"),
        ("BACKTEST_MEMORY_MB", "9" * 30, "must be at least 16 and at most 1e"),
        ("BACKTEST_STORE_CHECK_DAYS", "-1", "must be at least"),
        ("BACKTEST_MEMORY_MB", "1.5", "must be a number"),
        ("BACKTEST_MEMORY_MB", "-1", "must be at least"),
        ("BACKTEST_PROGRESS_FD", "two", "must be a number"),
        ("BACKTEST_OFFLINE", "maybe", "must be 0 or 1"),
        ("BACKTEST_OFFLINE", "2", "must be 0 or 1"),
    ],
)
def test_one_that_cannot_be_read_is_named(name, value, message):
    with pytest.raises(SettingsError, match=f"{name} {message}"):
        read_settings({name: value})


def test_the_price_store_goes_where_the_platform_keeps_caches():
    assert default_cache_dir({"XDG_CACHE_HOME": "/x"}) == "/x/backtest-runner"
    assert default_cache_dir({}).endswith("/.cache/backtest-runner")
