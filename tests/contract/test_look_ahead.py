"""The look-ahead check finds strategies that use later prices, also where they decide in a process of their own."""

import pytest

from tests.support.documents import assert_one_document
from tests.support.runner import plug_in, run_runner
from tests.support.sample_requests import request

SOURCE = '''
from backtester.model.records import WarmUp
from backtester.strategies.protocol import Decisions

SCHEMA = {
    "title": "Own", "description": "A test's own.", "type": "object", "additionalProperties": False,
    "properties": {"rebalance_frequency": {"type": "string", "enum": ["monthly", "weekly"], "default": "monthly"}},
}


class Own:
    HAS_SIGNAL = True
    schema = SCHEMA

    def __init__(self, score):
        self.score = score

    def warm_up(self, parameters):
        return WarmUp(sessions=60)

    def decide(self, history, allocations, parameters):
        best = self.score(history).argmax(axis=1)
        return Decisions(weights=np.eye(history.shape[1])[best])


@Own
def honest(history):
    """The best of the last sixty sessions."""
    return history.close() / history.close(60)


@Own
def cheats(history):
    """The best of the next month: what it reaches around the interface."""
    close, rows = (vars(history)["_History__" + name] for name in ("close", "rows"))
    later = np.minimum(rows + 21, len(close) - 1)
    return close[later] / close[rows]


@Own
def normalises(history):
    """Scores in deviations from their mean over all decisions, the later ones too: look-ahead without a trick."""
    scores = history.close() / history.close(20)
    return (scores - scores.mean(axis=0)) / scores.std(axis=0)


@Own
def forgets(history):
    """Fails where it has less history than the first time it was asked."""
    if history.shape[0] < 100:
        raise ValueError("too few")
    return history.close() / history.close(60)
'''


def asked(strategy, **changes):
    return request(
        strategy=strategy, start_date="2006-01-03", end_date="2020-12-31",
        holdings=[{"symbol": symbol, "allocation": 0.25} for symbol in ("AAPL", "MSFT", "XOM", "KO")],
        analysis={"trust": {"include": ["look_ahead"]}}, limits={"timeout_seconds": 120}, **changes,
    )  # fmt: skip


def found_in(tmp_path, strategy):
    run = run_runner(asked(strategy), env=plug_in(tmp_path, SOURCE))
    document = assert_one_document(run, code="OK", quiet=False)
    return document["analysis"]["trust"]["look_ahead"], document


@pytest.mark.promise
def test_an_honest_plug_in_passes(tmp_path):
    found, _ = found_in(tmp_path, "honest")
    assert found == {"decisions_checked": 24, "changed": 0, "first": None}


@pytest.mark.promise
@pytest.mark.parametrize("strategy", ["cheats", "normalises"])
def test_a_plug_in_that_cheats_is_found(tmp_path, strategy):
    found, _ = found_in(tmp_path, strategy)
    assert found["changed"] > 3
    assert "2005-12-30" <= found["first"] < "2020-12-31"


def test_one_that_fails_on_a_shorter_history_has_a_reason(tmp_path):
    found, document = found_in(tmp_path, "forgets")
    assert (found, document["null_reasons"]["/analysis/trust/look_ahead"]) == (None, "VARIATION_FAILED")
