"""A ledger recomputed from its trades agrees, and one that was tampered with does not."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.metrics.audit import audit
from backtester.model.held import in_places
from backtester.model.record import replace
from tests.unit.metrics.ledger_builder import INITIAL, LedgerBuilder, busy_ledger

SHAPES = [pytest.param(4, 4, id="all held"), pytest.param(40, 3, id="few of many held")]


@pytest.mark.parametrize(("holdings", "held"), SHAPES)
def test_honest_books_leave_nothing_but_rounding(holdings, held):
    found = audit(busy_ledger(holdings=holdings, held=held).ledger(), INITIAL)
    assert list(found) == ["equity_residual", "attribution_residual"]
    assert all(0 <= value < 1e-12 for value in found.values())


@pytest.mark.parametrize(("holdings", "held"), SHAPES)
@pytest.mark.parametrize("name", ["equity", "cash", "interest", "dividends", "flows"])
def test_a_session_that_was_tampered_with_shows(name, holdings, held):
    ledger = busy_ledger(holdings=holdings, held=held).ledger()
    changed = getattr(ledger, name).copy()
    changed[50] += 0.01
    assert audit(replace(ledger, **{name: changed}), INITIAL)["equity_residual"] > 1e-6


@pytest.mark.parametrize(("holdings", "held"), SHAPES)
@pytest.mark.parametrize("name", ["trade_units", "trade_price", "trade_commission"])
def test_a_trade_that_was_tampered_with_shows(name, holdings, held):
    ledger = busy_ledger(holdings=holdings, held=held).ledger()
    changed = getattr(ledger, name).copy()
    changed[7] += 0.001
    assert audit(replace(ledger, **{name: changed}), INITIAL)["equity_residual"] > 1e-8


@pytest.mark.parametrize(("holdings", "held"), SHAPES)
def test_units_that_no_trade_explains_show(holdings, held):
    ledger = busy_ledger(holdings=holdings, held=held).ledger()
    for row, column in ((3, np.flatnonzero(ledger.units[3])[0]), (0, int(ledger.units[0].argmin()))):
        units = ledger.units.copy()
        units[row, column] += 0.001
        assert audit(replace(ledger, held=in_places(units)), INITIAL)["equity_residual"] > 1e-8


def test_dividends_by_holding_that_do_not_add_up_show_in_the_attribution():
    ledger = busy_ledger(holdings=4, held=2).ledger()
    found = audit(replace(ledger, dividends_paid=ledger.dividends_paid * 1.1), INITIAL)
    assert found["attribution_residual"] > 1e-6
    assert found["equity_residual"] < 1e-12


def test_a_portfolio_that_was_paid_out_is_audited_as_well():
    builder = LedgerBuilder([[10], [11]]).trade(0, {0: (100, 10)}).trade(1, {0: (-100, 11)}, flow=-1100.0)
    ledger = builder.ledger()
    assert ledger.equity[-1] == 0
    assert audit(ledger, INITIAL) == {"equity_residual": 0.0, "attribution_residual": 0.0}


def test_one_session_without_a_trade_is_audited():
    assert audit(LedgerBuilder([[10]]).trade(0, {}).ledger(), INITIAL) == {
        "equity_residual": 0.0,
        "attribution_residual": 0.0,
    }


def test_a_number_that_is_none_is_not_passed_off_as_agreement():
    ledger = busy_ledger(holdings=4, held=4).ledger()
    equity = ledger.equity.copy()
    equity[3] = np.nan
    assert not audit(replace(ledger, equity=equity), INITIAL)["equity_residual"] < 1
