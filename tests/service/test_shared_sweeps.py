"""A sweep on several workers: one job, one document, whichever of them computes, dies or joins; other jobs go first."""

import contextlib
import re
import signal
import threading

import numpy as np
import pytest

from backtester.analysis.batch.runs import MOST
from tests.service.faults import faulty, quick
from tests.support.processes import PATIENCE, eventually
from tests.support.runner import run_runner
from tests.support.sample_requests import request

pytestmark = pytest.mark.full

SYMBOLS = ["AAPL", "MSFT", "JNJ", "XOM", "KO", "PG", "GE", "WMT"]
PERIOD = {"start_date": "1990-01-01", "end_date": "2022-12-28"}
OVER = {
    "/parameters/lookback_period": {"from": 30, "to": 228, "step": 2},
    "/parameters/top_n": [1, 2, 3, 4, 5],
    "/parameters/skip_period": [0, 1, 2, 3, 4, 5, 6, 7],
}  # 4,000 combinations
PIECES = -(-4000 // MOST)
WEEKDAYS = np.arange("2015-01-01", "2020-01-01", dtype="datetime64[D]")
WEEKDAYS = WEEKDAYS[np.is_busday(WEEKDAYS)].astype(str).tolist()


def sweep(**changes):
    holdings = [{"symbol": symbol, "allocation": 1 / len(SYMBOLS)} for symbol in SYMBOLS]
    return request(
        **PERIOD, strategy="momentum", parameters={}, holdings=holdings, costs={"commission_bps": 10},
        output={"include": ["metrics"]}, limits={"timeout_seconds": 250}, analysis={"sweep": {"over": OVER, **changes}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def expected():
    """The document of a single run, on the cores of this machine."""
    return without_timing(run_runner(sweep()).document)


@pytest.fixture
def service(tmp_path):
    with faulty(tmp_path, workers=0, BACKTEST_SANDBOX="on") as running:
        yield running


def without_timing(document):
    return {name: value for name, value in document.items() if name != "timing_ms"}


def completed(service, job_id):
    """Return the numbers of the pieces that are completed, and of those that are begun."""
    stored = service.operator.hgetall(f"backtest:{job_id}:pieces")
    pieces = {int(name): value for name, value in stored.items() if name.isdigit()}
    return {number for number, value in pieces.items() if value == b"completed"}, set(pieces)


def helped(service, name):
    """Return how many pieces of others' jobs a worker has computed."""
    return sum(map(int, re.findall(r'"event": ?"helped".*?"pieces": ?(\d+)', service.log(name))))


@contextlib.contextmanager
def writes_of_pieces(service):
    """Note the numbers of the pieces whose results are written meanwhile."""
    numbers, end = set(), "the test has seen enough"

    def watch(monitor):
        for said in monitor.listen():
            if end in said["command"]:
                return
            found = re.match(r"SET backtest:piece:\S*:(\d+) ", said["command"])
            numbers.update([int(found[1])] if found else [])

    with service.operator.monitor() as monitor:
        watching = threading.Thread(target=watch, args=(monitor,))
        watching.start()
        yield numbers
        service.operator.echo(end)
        watching.join()


def assert_nothing_stored(service, job_id):
    assert eventually(lambda: not service.operator.keys("backtest:piece:*"), within=PATIENCE)
    assert not service.operator.exists(f"backtest:{job_id}:pieces", "backtest:queue:shared")


def test_two_workers_compute_one_sweep_and_its_document_is_that_of_a_single_run(service, expected):
    service.start_worker("one")
    service.start_worker("two")
    job_id = service.submit(sweep())
    document = service.assert_ended(job_id)
    assert without_timing(document) == expected
    # which is logged once the helper has ended what it computed, and that may be after the answer
    assert eventually(lambda: helped(service, "one") + helped(service, "two") > 0)
    assert [job["id"] for job in service.get("/backtests").json()["jobs"]] == [job_id]
    assert service.get(f"/backtests/{job_id}").json()["attempts"] == 1
    assert_nothing_stored(service, job_id)


def test_progress_counts_the_runs_of_all_workers(service):
    service.start_worker("one")
    service.start_worker("two")
    job_id = service.submit(sweep())
    service.ended(job_id)
    events = [event for event in service.store.events(job_id, after=0) if event["stage"] == "simulating"]
    assert {event["total"] for event in events} <= {0, 4001}
    counted = [event["completed"] for event in events]
    assert counted == sorted(counted)
    assert len(set(counted)) > 3


def test_the_pieces_of_a_killed_helper_are_computed_by_the_worker_that_answers(service, expected):
    service.start_worker("one")
    job_id = service.submit(sweep())
    assert eventually(lambda: completed(service, job_id)[0], within=PATIENCE)
    service.start_worker("two")
    assert eventually(lambda: held(service, job_id), within=PATIENCE)
    service.signal("two", signal.SIGKILL)
    service.kill("two")
    document = service.assert_ended(job_id)
    assert without_timing(document) == expected
    assert service.get(f"/backtests/{job_id}").json()["attempts"] == 1
    assert_nothing_stored(service, job_id)


def held(service, job_id):
    """Return the pieces that helpers compute now."""
    stored = service.operator.hgetall(f"backtest:{job_id}:pieces")
    return [name for name, value in stored.items() if name.isdigit() and b":" in value]


def test_what_was_completed_when_the_answering_worker_was_killed_is_not_computed_again(service, expected):
    service.start_worker("one")
    job_id = service.submit(sweep())
    assert eventually(lambda: len(completed(service, job_id)[0]) > 2, within=PATIENCE)
    service.signal("one", signal.SIGKILL)
    service.kill("one")
    before = completed(service, job_id)[0]
    with writes_of_pieces(service) as again:
        service.start_worker("two")
        document = service.assert_ended(job_id)
    assert without_timing(document) == expected
    assert again == {*range(PIECES)} - before
    assert service.get(f"/backtests/{job_id}").json()["attempts"] == 2
    assert_nothing_stored(service, job_id)


def test_cancelling_ends_the_work_of_all(service):
    service.start_worker("one")
    service.start_worker("two")
    job_id = service.submit(sweep())
    assert eventually(lambda: held(service, job_id), within=PATIENCE)
    assert service.delete(f"/backtests/{job_id}").json()["status"] in ("running", "cancelled")
    service.assert_ended(job_id, "cancelled", "CANCELLED")
    assert_nothing_stored(service, job_id)
    assert eventually(lambda: '"helped"' in service.log("one") + service.log("two"), within=PATIENCE)
    service.assert_serves()


def test_a_job_that_waits_goes_before_pieces(service):
    service.start_worker("one")
    service.start_worker("two")
    job_id = service.submit(sweep())
    assert eventually(lambda: held(service, job_id), within=PATIENCE)
    small = service.submit(quick(1))
    for ended in (small, job_id):
        assert service.ended(ended)["status"] == "completed"
    assert service.store.job(small).finished_at < service.store.job(job_id).finished_at


def test_a_worker_whose_prices_differ_does_not_help(service, tmp_path):
    for folder, factor in (("ours", 1.001), ("others", 1.002)):
        (tmp_path / folder).mkdir()
        for symbol, swing in (("AAA", 3), ("BBB", 7)):
            closes = [f"{date},{100 * factor**row + row % swing:.4f}" for row, date in enumerate(WEEKDAYS)]
            (tmp_path / folder / f"{symbol}.csv").write_text("\n".join(["date,close", *closes, ""]))
    asked = {**sweep(), "holdings": [{"symbol": symbol, "allocation": 0.5} for symbol in ("AAA", "BBB")],
             "data": {"source": "csv"}, "start_date": WEEKDAYS[250], "end_date": WEEKDAYS[-1],
             "execution": {"shares": "whole"}}  # fmt: skip
    asked["analysis"] = {"sweep": {"over": {"/parameters/lookback_period": {"from": 10, "to": 209, "step": 1},
                                            "/costs/commission_bps": [*range(10)]}}}  # fmt: skip
    service.environ["BACKTEST_CSV_DIR"] = str(tmp_path / "ours")
    service.start_worker("one")
    service.stop("api")
    service.start_api()
    job_id = service.submit(asked)
    assert eventually(lambda: completed(service, job_id)[1], within=PATIENCE)
    service.environ["BACKTEST_CSV_DIR"] = str(tmp_path / "others")
    service.start_worker("two")
    assert eventually(lambda: '"helped"' in service.log("two"), within=PATIENCE)
    document = service.assert_ended(job_id)
    assert helped(service, "two") == 0
    own = run_runner(asked, env={"BACKTEST_CSV_DIR": str(tmp_path / "ours")}).document
    assert without_timing(document) == without_timing(own)


def test_serve_computes_a_sweep_on_the_cores_of_its_machine(tmp_path, expected):
    with faulty(tmp_path, kind="local", BACKTEST_SANDBOX="on") as service:
        assert without_timing(service.assert_ended(service.submit(sweep()))) == expected
