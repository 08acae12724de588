"""The sessions and amounts of contributions and withdrawals."""

from __future__ import annotations

import numpy as np

from backtester.model.calendar import Calendar
from backtester.model.record import Record
from backtester.model.records import BoolArray, CashFlow, DateArray, FloatArray


class CashFlowSchedule(Record):
    """All cash flows of a period by session."""

    amounts: FloatArray  # (P,) currency, in > 0
    fractions: FloatArray  # (P,) of the value just before, in > 0
    due: BoolArray  # (P,)

    def at(self, row: int, value: float) -> float:
        """Return what is paid in (out: < 0) on a session, currency. value: of the portfolio just before."""
        return float(self.amounts[row] + self.fractions[row] * value)


def cash_flow_schedule(flows: tuple[CashFlow, ...], sessions: DateArray, calendar: Calendar) -> CashFlowSchedule:
    """Return the payments of the cash flows over sessions (P,): at period ends, never on the first session."""
    amounts, fractions = np.zeros(sessions.size), np.zeros(sessions.size)
    due = np.zeros(sessions.size, dtype=bool)
    for flow in flows:
        on = calendar.period_ends(sessions, flow.frequency)
        on[0] = False
        if flow.start_date is not None:
            on &= sessions >= np.datetime64(flow.start_date)
        if flow.end_date is not None:
            on &= sessions <= np.datetime64(flow.end_date)
        due |= on
        if flow.amount is not None:
            grown = flow.amount * (1 + flow.growth_rate) ** full_years(sessions)
            amounts += np.where(on, flow.sign * grown, 0.0)
        else:
            fractions += np.where(on, flow.sign * (flow.fraction or 0.0), 0.0)
    return CashFlowSchedule(amounts=amounts, fractions=fractions, due=due)


def full_years(sessions: DateArray) -> FloatArray:
    """Return how many years have passed in full since the first session (P,); 29 February counts as 1 March."""
    months = sessions.astype("datetime64[M]").astype(np.int64)
    days = (sessions - sessions.astype("datetime64[M]")).astype(np.int64)
    years: FloatArray = ((months - months[0] - (days < days[0])) // 12).astype(np.float64)
    return years
