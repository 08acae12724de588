"""Variations in real processes: the same bytes in every way in, and plug-ins that only a variation names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.documents import assert_one_document, code_of, document_in, untimed
from tests.support.processes import alive, assert_nobody_left, eventually
from tests.support.runner import run_here, run_runner
from tests.support.sample_requests import request
from tests.support.talk import talking

GOOD = request()
COMPARED = request(
    request_id="compared", benchmark={"holdings": [{"symbol": "KO", "allocation": 1}]},
    compare=[{"name": "Weekly", "patch": {"parameters": {"rebalance_frequency": "weekly"}}},
             {"name": "Later", "patch": {"start_date": "2020-06-01"}},
             {"name": "Unknown", "patch": {"benchmark": "NOPE"}}],
)  # fmt: skip
SANDBOX = {"on": {"BACKTEST_SANDBOX": "on"}, "off": {"BACKTEST_SANDBOX": "off"}}


def compared(strategy: str, **parts: Any) -> dict[str, Any]:
    """Return a request of our own whose variation runs a plug-in."""
    held = {"name": "Weekly", "patch": {"parameters": {"rebalance_frequency": "weekly"}}}
    return request(compare=[{"name": "Theirs", "patch": {"strategy": strategy}}, held], **parts)


def test_a_spawned_and_a_warm_run_write_the_same_bytes_as_one_here() -> None:
    raw = json.dumps(COMPARED).encode()
    spawned = run_runner(raw)
    document = assert_one_document(spawned, code="OK", asked=raw)
    assert [*document["comparison"]["errors"]] == ["Unknown"]
    assert untimed(spawned.stdout) == untimed(run_here(raw).stdout)
    with talking() as talk:
        for _ in range(2):
            talk.say(raw)
            assert untimed(talk.hear()) == untimed(spawned.stdout)
        talk.end()


def test_the_comparison_has_the_precision_that_was_asked_for() -> None:
    document = run_runner({**COMPARED, "output": {"precision": 4}}).document
    values = [value for column in document["comparison"]["metrics"].values() for value in column if value is not None]
    assert values == [float(f"{value:.4g}") for value in values]


def test_a_question_that_this_version_does_not_answer_is_refused() -> None:
    run = run_runner(request(analysis={"projection": {}}))
    if code_of(run.document) != "OK":
        assert [problem["pointer"] for problem in run.document["errors"]] == ["/analysis/projection"]


@pytest.mark.full
@pytest.mark.parametrize("sandbox", SANDBOX)
class TestPlugInsOfVariations:
    def test_one_that_is_honest_has_the_column_of_its_own_run(self, sandbox: str) -> None:
        run = run_runner(compared("honest"), plug_ins=True, env=SANDBOX[sandbox])
        alone = run_runner(request(strategy="honest"), plug_ins=True, env=SANDBOX[sandbox])
        columns = run.document["comparison"]["metrics"]
        assert {name: column[1] for name, column in columns.items()} == alone.document["metrics"]

    @pytest.mark.parametrize("deed", ["segfault", "kill_itself", "fail", "above_one", "without_schema", "broken"])
    def test_one_that_fails_is_an_error_by_its_name(self, sandbox: str, deed: str) -> None:
        run = run_runner(compared(deed), plug_ins=True, env=SANDBOX[sandbox])
        assert code_of(run.document) == "OK"
        assert [*run.document["comparison"]["errors"]] == ["Theirs"]
        assert run.document["comparison"]["metrics"]["total_return"][1] is None
        assert run.document["comparison"]["metrics"]["total_return"][2] is not None
        assert_nobody_left(run.mark)

    def test_one_that_does_not_end_ends_the_whole_at_its_deadline(self, sandbox: str) -> None:
        run = run_runner(compared("sleep", limits={"timeout_seconds": 2}), plug_ins=True, env=SANDBOX[sandbox])
        assert code_of(run.document) == "TIMEOUT"
        assert_nobody_left(run.mark)

    @pytest.mark.parametrize("place", ["a patch", "a patch with an escape"])
    def test_the_process_that_ran_one_has_no_other_request(self, sandbox: str, place: str) -> None:
        line = json.dumps(compared("honest"))
        if place == "a patch with an escape":
            line = line.replace('"honest"', '"\\u0068onest"')
        with talking(env=SANDBOX[sandbox]) as talk:
            talk.say(json.dumps(GOOD).encode())
            assert code_of(document_in(talk.hear())) == "OK"
            before = alive(talk.mark)
            talk.say(line.encode())
            assert code_of(document_in(talk.hear())) == "OK"
            assert eventually(lambda: len(alive(talk.mark)) == len(before) and set(alive(talk.mark)) != set(before))
            talk.end()
