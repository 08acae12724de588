"""The pieces of an answer travel as bytes, wherever they are computed, and come to the same answer."""

import pytest

from backtester.analysis.answer import run_checked
from backtester.codec.arrays import pack, unpack
from backtester.contract.check import check
from backtester.pipeline import NoIsolation
from backtester.settings import read_settings
from tests.support.sample_requests import request

HOLDINGS = [{"symbol": symbol, "allocation": 0.25} for symbol in ("AAPL", "MSFT", "JNJ", "XOM")]
QUESTIONS = {
    "sweep": {"sweep": {"over": {"/parameters/lookback_period": {"from": 21, "to": 120, "step": 1},
                                 "/parameters/top_n": [1, 2, 3, 4], "/costs/commission_bps": [0, 5]}}},
    # the costs of half of them are nothing beside no trade at all: series that several pieces have
    "sweep with equal series": {"sweep": {"over": {"/parameters/top_n": [1, 4],
                                                   "/execution/lag_sessions": [0, 1, 2],
                                                   "/parameters/lookback_period": {"from": 21, "to": 70, "step": 1}}}},
    "walk-forward": {"walk_forward": {"over": {"/parameters/lookback_period": {"from": 21, "to": 120, "step": 1},
                                               "/parameters/top_n": [1, 2, 3, 4]},
                                      "train_months": 12, "test_months": 6}},
    "trust": {"trust": {"paths": 100}},
}  # fmt: skip


class Travelling(NoIsolation):
    """Computes the pieces here, from the last to the first, and passes on what arrives of their bytes."""

    def __init__(self):
        self.pieces = 0
        self.counted = 0

    def each(self, work, pieces, *, done, question=None):
        def count(runs):
            self.counted += runs
            done(runs)

        packed = [pack(work(piece, count)) for piece in reversed(pieces)]
        self.pieces += len(packed)
        return map(unpack, reversed(packed))


@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=QUESTIONS)
def test_an_answer_is_the_same_wherever_its_pieces_are_computed(asked):
    checked = check(
        request(
            strategy="momentum", parameters={}, holdings=HOLDINGS, start_date="2004-01-05", end_date="2008-06-30",
            analysis=asked, limits={"timeout_seconds": 100},
        ),
        csv_available=False,
    )  # fmt: skip
    guard = Travelling()
    found, expected = (
        run_checked(checked, settings=read_settings({"BACKTEST_OFFLINE": "1"}), guard=each)
        for each in (guard, NoIsolation())
    )
    assert guard.pieces > 2
    assert guard.counted > 0
    assert found["analysis"] == expected["analysis"]
    assert found["null_reasons"] == expected["null_reasons"]
