"""Reads the operator's settings from the environment. The reference page is generated from SETTINGS."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """One environment variable: its default as text (None: unset) and what it does."""

    default: str | None
    meaning: str


SETTINGS: dict[str, Setting] = {
    "BACKTEST_CACHE_DIR": Setting(None, "Folder of the price store; the user's cache folder when unset."),
    "BACKTEST_TIMEOUT_SECONDS": Setting("30", "Deadline of a run whose request names none, seconds."),
    "BACKTEST_MAX_TIMEOUT_SECONDS": Setting("300", "The longest deadline a request may ask for, seconds."),
    "BACKTEST_STDIN_SECONDS": Setting(
        None, "How long a run waits for the first byte of its request on stdin; without end when unset."
    ),
    "BACKTEST_MEMORY_MB": Setting("2048", "Memory limit of a run beyond the interpreter itself, MiB; also the cap."),
    "BACKTEST_MAX_REQUEST_BYTES": Setting("5242880", "The largest request document, bytes."),
    "BACKTEST_CSV_DIR": Setting(None, "Folder of SYMBOL.csv or SYMBOL.csv.gz files; `csv` is refused when unset."),
    "BACKTEST_SOURCE": Setting("yahoo", "The network source that `auto` ends with: yahoo, tiingo, stooq or a plug-in."),
    "BACKTEST_TIINGO_KEY": Setting(None, "API key of Tiingo, a secret; without it Tiingo is not asked."),
    "BACKTEST_STOOQ_KEY": Setting(None, "API key of Stooq, a secret, for where Stooq asks for one."),
    "BACKTEST_OFFLINE": Setting("0", "1: no network source is ever asked."),
    "BACKTEST_STORE_CHECK_DAYS": Setting(
        "30",
        "After so many days a run compares stored prices with their source's over their whole length, which takes one "
        "request for each symbol and at most a few seconds of a run; 0: at every use.",
    ),
    "BACKTEST_SANDBOX": Setting(
        "on",
        "The child process drops the privileges that a run does not need (Linux). `on`: as far as the system supports "
        "it; `require`: refuse to run where it does not; `off`.",
    ),
    "BACKTEST_SANDBOX_READ": Setting(
        None, "Folders that plug-ins may read beside code, separated as in PATH; none when unset."
    ),
    "BACKTEST_PROGRESS_FD": Setting(None, "Descriptor that receives progress events instead of stderr."),
}

SANDBOX_MODES = ("on", "off", "require")
MOST = 1e12  # of seconds, MiB or bytes: far beyond it the calls of the system take no number
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")


class SettingsError(ValueError):
    """An environment variable has an invalid value."""


class Settings(NamedTuple):
    """The operator's settings, parsed. Times in seconds, sizes as their names say."""

    cache_dir: str
    timeout_seconds: float
    max_timeout_seconds: float
    stdin_seconds: float | None  # None: without end
    memory_mb: int
    max_request_bytes: int
    csv_dir: str | None
    source: str  # of the network, for `auto`
    offline: bool
    store_check_days: float
    sandbox: str
    sandbox_read: tuple[str, ...]
    progress_fd: int | None


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from `environ` (default: the process's own); SettingsError names a bad one."""
    env = os.environ if environ is None else environ

    def text(name: str) -> str | None:
        return env.get(name) or SETTINGS[name].default

    def number(name: str, convert: type[int] | type[float], least: float) -> Any:
        raw = text(name)
        try:
            value = convert(raw or "")
        except ValueError:
            raise SettingsError(f"{name} must be a number.") from None
        if not least <= value <= MOST:
            raise SettingsError(f"{name} must be at least {least:g} and at most {MOST:g}.")
        return value

    sandbox = (text("BACKTEST_SANDBOX") or "").lower()
    if sandbox not in SANDBOX_MODES:
        raise SettingsError(f"BACKTEST_SANDBOX must be one of {', '.join(SANDBOX_MODES)}.")
    offline = (text("BACKTEST_OFFLINE") or "").lower()
    if offline not in (*_YES, *_NO):
        raise SettingsError("BACKTEST_OFFLINE must be 0 or 1.")
    progress_fd = number("BACKTEST_PROGRESS_FD", int, 0) if text("BACKTEST_PROGRESS_FD") else None
    return Settings(
        cache_dir=text("BACKTEST_CACHE_DIR") or default_cache_dir(env),
        timeout_seconds=number("BACKTEST_TIMEOUT_SECONDS", float, 0.001),
        max_timeout_seconds=number("BACKTEST_MAX_TIMEOUT_SECONDS", float, 0.001),
        stdin_seconds=number("BACKTEST_STDIN_SECONDS", float, 0.001) if text("BACKTEST_STDIN_SECONDS") else None,
        memory_mb=number("BACKTEST_MEMORY_MB", int, 16),
        max_request_bytes=number("BACKTEST_MAX_REQUEST_BYTES", int, 1),
        csv_dir=text("BACKTEST_CSV_DIR"),
        source=text("BACKTEST_SOURCE") or "",
        offline=offline in _YES,
        store_check_days=number("BACKTEST_STORE_CHECK_DAYS", float, 0),
        sandbox=sandbox,
        sandbox_read=tuple(filter(None, (text("BACKTEST_SANDBOX_READ") or "").split(os.pathsep))),
        progress_fd=progress_fd,
    )


def read_key(name: str) -> str | None:
    """Return the operator's key of a source, None where it is not set. Settings never hold it: they may be shown."""
    return os.environ.get(name, "").strip() or None


def of_libraries(*names: str) -> tuple[str, ...]:
    """Return the values of a library's own variables (proxies, certificates), where they are set."""
    return tuple(value for name in names if (value := os.environ.get(name)))


def default_cache_dir(env: Mapping[str, str]) -> str:
    """Return the user's cache folder for this program, by the platform's custom. It may not exist yet."""
    if os.name == "nt":
        base = env.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    else:
        base = env.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "backtest-runner")
