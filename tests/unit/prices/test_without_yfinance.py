"""An installation without yfinance says so; nothing that does not need it misses it."""

import pytest

from tests.support.documents import assert_one_document
from tests.support.paths import ROOT
from tests.support.runner import run_runner
from tests.support.sample_requests import one_holding, request

WITHOUT = (
    "-c",
    "import sys; sys.modules['yfinance'] = sys.modules['pandas'] = None; "
    f"sys.path.insert(0, {str(ROOT)!r}); from backtester.__main__ import main; main()",
)


@pytest.mark.parametrize("source", ["yahoo", "auto"])
def test_a_symbol_that_only_yahoo_could_have_is_an_error_with_a_remedy(source, tmp_path):
    asked = request(holdings=one_holding("ZZZZ"), data={"source": source})
    env = {"BACKTEST_OFFLINE": "0", "BACKTEST_CACHE_DIR": str(tmp_path)}
    run = run_runner(asked, entry=WITHOUT, env=env)
    document = assert_one_document(run, code="DATA_SOURCE_UNAVAILABLE")
    assert "without yfinance" in document["detail"]
    assert document["retryable"] is False
    assert "bundled" not in document["remedy"]
    assert "`inline`" in document["remedy"]


def test_bundled_and_inline_prices_do_without_it(tmp_path):
    assert run_runner(request(), entry=WITHOUT).document["success"] is True
    csv = tmp_path / "X.csv"
    csv.write_text("date,close\n2024-01-02,1\n2024-01-03,2\n2024-01-04,3\n")
    asked = request(holdings=one_holding("X"), start_date="2024-01-01", end_date="2024-01-04", data={"source": "csv"})
    assert run_runner(asked, entry=WITHOUT, env={"BACKTEST_CSV_DIR": str(tmp_path)}).document["success"] is True


def test_auto_serves_the_sample_where_its_end_is_all_that_is_missing(tmp_path):
    asked = request(end_date="2023-06-30", data={"source": "auto"})
    env = {"BACKTEST_OFFLINE": "0", "BACKTEST_CACHE_DIR": str(tmp_path)}
    document = run_runner(asked, entry=WITHOUT, env=env).document
    assert document["success"] is True
    assert {warning["code"] for warning in document["warnings"]} >= {"STALE_PRICES"}
