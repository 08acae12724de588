"""How much of the result is left when fills come later than the decision."""

from __future__ import annotations

from typing import Any

from backtester.analysis.nulls import Nulls
from backtester.analysis.trust.variants import Variants, reason_of
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, Progress

SESSIONS = (0, 1, 2, 3, 5, 10)  # from the decision to its fill


def lag(variants: Variants, nulls: Nulls, progress: Progress) -> dict[str, Any]:
    """Return the answer: 0 is `same_close`, 1 `next_close`, k `next_close` with `lag_sessions` k - 1."""
    curves = []
    for number, sessions in enumerate(SESSIONS):
        progress("simulating", number, len(SESSIONS))
        spec = delayed(variants.spec, sessions)
        same = (spec.timing, spec.lag_sessions) == (variants.spec.timing, variants.spec.lag_sessions)
        curves.append(variants.asked if same else variants.run(spec))
    figures = [variants.figures(curve) for curve in curves]
    columns = {
        name: nulls.column(f"/lag/{name}", [each[name] for each in figures], [reason_of(name, c) for c in curves])
        for name in ("cagr", "sharpe_ratio")
    }
    return {"sessions": [*SESSIONS], **columns}


def delayed(spec: BacktestSpec, sessions: int) -> BacktestSpec:
    """Return the spec whose fills come so many sessions after the decision."""
    return replace(spec, timing="next_close" if sessions else "same_close", lag_sessions=max(sessions - 1, 0))
