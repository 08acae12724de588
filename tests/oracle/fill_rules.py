"""How each peer fills the orders of a rebalance, as plain simulators that reproduce it to the last digits.

All rules are the same while trading is free. With a commission of c (a fraction of the value traded), the money that
the targets are fractions of, and who pays for the costs, differ. Quantities are fractions of V, the equity just
before the rebalance: d the weights held (drifted), w the targets, k the cash. A rule returns (weights, cash) after.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
Rule = Callable[[Array, Array, float, float], tuple[Array, float]]


def exact(d: Array, w: Array, k: float, c: float) -> tuple[Array, float]:
    """Ours: the targets are fractions of the money that is left, x = 1 - c·Σ|x·w - d|, solved to the end."""
    x = 1.0
    for _ in range(12):  # contracts by c each time
        x = 1 - c * np.abs(x * w - d).sum()
    return x * w, x * (1 - w.sum())


def first_order(d: Array, w: Array, k: float, c: float) -> tuple[Array, float]:
    """One step of the same: x = 1 - c·Σ|w - d|, the costs of reaching the targets before anything was paid.

    Differs from ours in what is traded because of the costs themselves: too much is paid, by about c²·Σ|w - d|.
    """
    x = 1 - c * np.abs(w - d).sum()
    return x * w, x * (1 - w.sum())


def bt(d: Array, w: Array, k: float, c: float) -> tuple[Array, float]:
    """Treat a change of weight, w - d, as what an order may spend or must raise, its own fee included.

    Differs from ours: a buy is smaller by its fee, a sale larger by its fee, a closing is the whole position and its
    fee is nobody's. The weights held are not the targets, and the cash carries the rest: it may go negative, which
    here is a free loan, and so the growth is higher than ours.
    """
    held, paid = d.copy(), 0.0
    for j in np.flatnonzero(w != d):
        if w[j] == 0:
            held[j], traded = 0.0, d[j]
        elif w[j] > d[j]:
            traded = (w[j] - d[j]) / (1 + c)
            held[j] = d[j] + traded
        else:
            traded = (d[j] - w[j]) / (1 - c)
            held[j] = d[j] - traded
        paid += c * traded
    return held, 1 - held.sum() - paid


def vectorbt(d: Array, w: Array, k: float, c: float) -> tuple[Array, float]:
    """Aim at fractions of V as it was before the costs, sell first, and cut short the buy that the cash is out for.

    Differs from ours: every position but the last one bought is held at w·V, a little too much, and the last one pays
    for all the costs. The weights are not the targets; cash is never negative.
    """
    held = d.copy()
    for j in np.argsort(w - d, kind="stable"):
        change = w[j] - d[j]
        if change < 0:
            held[j] = w[j]
            k -= change * (1 - c)
        elif change > 0:
            change = min(change, k / (1 + c))
            held[j] = d[j] + change
            k -= change * (1 + c)
    return held, k


def hawk_backtester(d: Array, w: Array, k: float, c: float) -> tuple[Array, float]:
    """Hold w·V of V as it was before the costs, and owe the costs.

    Differs from ours: the cash is negative by all costs since the last rebalance, a free loan.
    """
    return w.copy(), 1 - w.sum() - c * np.abs(w - d).sum()


def polars_backtest(d: Array, w: Array, k: float, c: float) -> tuple[Array, float]:
    """Aim at fractions of B, what is left once the closings are paid for; sell, then buy, each order net of its fee.

    Differs from ours: a position that is bought is held at w·B·(1 - c) even where the fee is that of a small addition,
    and the rest lies in cash; a position between that and w·B stays as it is; one that is cut is held at w·B; the last
    buy is cut short where the cash is out.
    """
    aim = w * (1 - c * d[w == 0].sum())
    held = np.minimum(d, aim)
    k += (d - held).sum() * (1 - c)
    for j in np.flatnonzero(aim * (1 - c) > d):
        spent = min(aim[j] - d[j] / (1 - c), k)
        held[j] = d[j] + spent * (1 - c)
        k -= spent
    return held, k


def simulate(close: Array, rows: list[int], weights: Array, *, bps: float, capital: float, rule: Rule) -> Array:
    """Return the equity (T,) after each session's trades.

    close: (T, N). rows: (R,) the sessions at whose close weights (R, N) are traded to, by the rule; the first is 0.
    """
    units, cash = np.zeros(close.shape[1]), capital
    equity = np.empty(len(close))
    targets = dict(zip(rows, weights, strict=True))
    for t, price in enumerate(close):
        if t in targets:
            before = cash + float(units @ price)
            held, left = rule(units * price / before, targets[t], cash / before, bps / 1e4)
            units, cash = held * before / price, left * before
        equity[t] = cash + units @ price
    return equity
