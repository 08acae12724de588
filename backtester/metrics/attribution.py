"""Attribution of profit, risk and costs to holdings. N holdings, P sessions; NaN where not defined."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from backtester.metrics.positions import position_blocks, sums
from backtester.metrics.risk import annual_volatility, mean, negligible
from backtester.model.held import FEW
from backtester.model.records import BoolArray, FloatArray, IntArray, Ledger

if TYPE_CHECKING:
    from backtester.metrics.own_prices import OwnSessions

NAN = float("nan")
MOST_CORRELATED = 50  # holdings; a larger matrix is left out
_FLAT = 1e-12  # a smaller deviation is that of a price that never moved
_MOST_KNOWN = 8
_known: dict[tuple[Any, ...], tuple[weakref.ref[Any], FloatArray]] = {}  # by the place of the closes in memory


def attribution(
    ledger: Ledger, close: FloatArray, *, symbols: tuple[str, ...], initial: float, periods: float,
    returns: FloatArray, dividend: FloatArray | None = None, own: BoolArray | None = None,
    sessions: OwnSessions | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return the result's block `attribution`. Its `correlation` is None for more than MOST_CORRELATED holdings.

    close: (P, N) the market's closes of the period, NaN before a holding's first. returns: (P,) the portfolio's,
    time-weighted. dividend: (P, N) shares of the close before, where they are paid to cash. own: (P, N) whether a close
    is the session's own; None: all are. sessions: those on which all that are held have their own; None: all.
    """
    shares = risk(
        ledger, symbols, initial=initial, periods=periods, returns=returns, dividend=dividend, sessions=sessions
    )
    return {
        "profit": profit(ledger, symbols),
        "risk": shares,
        "correlation": correlation(close, symbols, own),
        "costs": costs(ledger),
    }


def profit(ledger: Ledger, symbols: tuple[str, ...]) -> dict[str, Any]:
    """Value at the end - Σ bought + Σ sold (at the fills) - commission + dividends, of each holding; and the interest.

    Currency over the period. Together they are V_end - initial capital - Σ cash flows, to rounding.
    """
    by_holding = profit_by_holding(ledger)
    interest = float(ledger.interest.sum())
    return {
        "symbols": dict(zip(symbols, by_holding.tolist(), strict=True)),
        "interest": interest,
        "total": float(by_holding.sum()) + interest,
    }


def profit_by_holding(ledger: Ledger) -> FloatArray:
    """Return the profit (N,) of each holding, currency; 0 for a holding that was never held."""
    count = ledger.price.shape[1]
    earned = ledger.held.last() * ledger.price[-1]
    spent = ledger.trade_units * ledger.trade_price + ledger.trade_commission
    made: FloatArray = earned - sums(ledger.trade_holding, spent, count)
    return made if ledger.dividends_paid is None else made + ledger.dividends_paid


def risk(
    ledger: Ledger, symbols: tuple[str, ...], *, initial: float, periods: float, returns: FloatArray,
    dividend: FloatArray | None = None, sessions: OwnSessions | None = None,
) -> dict[str, Any]:  # fmt: skip
    """cov(c_n, r) / sd(r) · √P, ddof 1: Euler's shares of the annual volatility, which they sum to.

    c_n,t is the holding's profit on session t (price moves, dividends, gains of its trades on the close, less costs)
    over the equity of the session before, the initial capital for the first; they sum to r but for the interest on
    cash, which is `other`. NaN where r has no deviation; the total is `annual_volatility`.

    Where prices were carried forward, a step is from one of `sessions` to the next, c and r are over the equity that it
    begins with, P is that of these sessions, and the total is the volatility of these r.
    """
    base, step = np.concatenate([[initial], ledger.equity[:-1]]), None
    if sessions is not None:
        periods, (returns, base, step) = sessions.periods, _steps(ledger, sessions, initial)
    total = annual_volatility(returns, periods=periods)
    count = ledger.price.shape[1]
    by_holding = np.full(count, NAN)
    other = NAN
    average = mean(returns) if returns.size else NAN
    if returns.size > 1 and not negligible(total / periods**0.5, average):
        weight = (returns - average) / base * (periods / total / (returns.size - 1))
        by_holding = _weighted_profit(ledger, weight if step is None else np.append(weight, 0.0)[step], dividend)
        other = total - float(by_holding.sum())
    return {"symbols": dict(zip(symbols, by_holding.tolist(), strict=True)), "other": other, "total": total}


def _steps(ledger: Ledger, sessions: OwnSessions, initial: float) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return the return (K,) of each step, the equity (K,) it begins with, and the step (P,) of a session; -1: none."""
    base, last = sessions.steps(ledger.equity, initial)
    step = np.searchsorted(last, np.arange(ledger.equity.size))
    step[step == last.size] = -1
    if sessions.rows.size and sessions.rows[0]:
        step[: sessions.rows[0] + 1] = -1
    paid = np.zeros(last.size)
    if ledger.flows is not None:
        paid = sums(step[step >= 0], ledger.flows[step >= 0], last.size)
    return (ledger.equity[last] - paid) / base - 1, base, step


def _weighted_profit(ledger: Ledger, weight: FloatArray, dividend: FloatArray | None) -> FloatArray:
    """Return Σ weight_t · profit of holding n on session t (N,). weight: (P,).

    A session's profit is that of the units held overnight, and that of its trades from fill to close, less commission.
    """
    price, count = ledger.price, ledger.price.shape[1]
    row, holding = ledger.execution[ledger.trade_event], ledger.trade_holding
    gained = ledger.trade_units * (price[row, holding] - ledger.trade_price) - ledger.trade_commission
    summed = sums(holding, gained * weight[row], count)
    if count <= FEW:
        return summed + _of_all(ledger, weight, dividend)
    for block in position_blocks(ledger, ledger.held, len(price) - 1):
        before = block.pick(price)
        move = block.pick(price, 1) - before
        if dividend is not None:
            move += before * block.pick(dividend, 1)
        move *= block.amounts
        summed += block.by_holding(move, weight[block.rows.start + 1 : block.rows.stop + 1], count)
    return summed


def _of_all(ledger: Ledger, weight: FloatArray, dividend: FloatArray | None) -> FloatArray:
    """Return Σ weight_t · gain of the units held overnight on session t (N,), from event to event."""
    price = ledger.price
    move = price[1:] - price[:-1]
    if dividend is not None:
        move += price[:-1] * dividend[1:]
    move *= weight[1:, None]
    rows = ledger.execution
    last = np.append(rows[1:] != rows[:-1], True) & (rows < len(move))  # of several on a session the last one holds
    if not last.any():
        return np.zeros(price.shape[1])
    gained: FloatArray = (np.add.reduceat(move, rows[last], axis=0) * ledger.units[last]).sum(axis=0)
    return gained


def correlation(close: FloatArray, symbols: tuple[str, ...], own: BoolArray | None = None) -> dict[str, Any] | None:
    """cov(x, y) / (sd(x) · sd(y)) of the holdings' returns between sessions on which both have a price of their own.

    close: (P, N), NaN before a holding's first. own: (P, N) whether it is the session's own; None: not carried
    anywhere. NaN for fewer than two such returns, and where one of the two never moved; None for more than
    MOST_CORRELATED holdings.
    """
    if len(symbols) > MOST_CORRELATED:
        return None
    own = ~np.isnan(close) if own is None else own
    if own.all():
        return {"symbols": list(symbols), "matrix": _correlations_once(close).tolist()}
    masks, group = np.unique(own, axis=1, return_inverse=True)
    members = [np.flatnonzero(group.ravel() == number) for number in range(masks.shape[1])]
    matrix = np.full((len(symbols), len(symbols)), NAN)
    for number, ours in enumerate(members):
        for other, theirs in enumerate(members[: number + 1]):
            both = np.concatenate([ours, theirs[: theirs.size if other != number else 0]])
            found = _correlations(close[masks[:, number] & masks[:, other]][:, both])
            if other == number:
                matrix[np.ix_(ours, ours)] = found
                continue
            across = found[: ours.size, ours.size :]
            matrix[np.ix_(ours, theirs)], matrix[np.ix_(theirs, ours)] = across, across.T
    return {"symbols": list(symbols), "matrix": matrix.tolist()}


def _correlations_once(close: FloatArray) -> FloatArray:
    """Return `_correlations`. Of closes that cannot change, the prices that a process keeps, they are computed once."""
    owner = close.base
    if not isinstance(owner, np.ndarray) or owner.flags.writeable:
        return _correlations(close)
    place = close.__array_interface__["data"][0], close.shape, close.strides
    known = _known.get(place)
    if known is None or known[0]() is not owner:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        known = _known[place] = weakref.ref(owner), _correlations(close)
    return known[1]


def _correlations(close: FloatArray) -> FloatArray:
    """Return the correlations (N, N) of the returns between consecutive closes (T, N) without NaN."""
    returns = close[1:] / close[:-1] - 1
    size, count = returns.shape
    if size < 2:
        return np.full((count, count), NAN)
    returns -= returns.mean(axis=0)
    product = returns.T @ returns
    squares = np.broadcast_to(np.diag(product)[:, None], product.shape)
    return _normalised(product, squares, squares > size * _FLAT**2)


def _normalised(product: FloatArray, squares: FloatArray, moved: BoolArray) -> FloatArray:
    """Return product / √(squares · squares.T), exactly 1 on the diagonal, NaN where not both moved. All (N, N)."""
    defined = moved & moved.T
    result = np.full(product.shape, NAN)
    np.divide(product, np.sqrt(np.abs(squares * squares.T)), out=result, where=defined)
    np.clip(result, -1.0, 1.0, out=result)
    result[np.diag(np.diag(defined))] = 1.0
    return result


def costs(ledger: Ledger) -> dict[str, float]:
    """Σ commission, Σ slippage and the expenses of the expense ratios; the total is `trading.total_costs`. Currency."""
    parts = {
        "commission": float(ledger.trade_commission.sum()),
        "slippage": float(ledger.trade_slippage.sum()),
        "expense_ratio": float(ledger.expense_paid.sum()),
    }
    return {**parts, "total": sum(parts.values())}
