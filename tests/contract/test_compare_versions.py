"""scripts/compare_versions.py: what it asks two versions, and what it calls a difference."""

import subprocess
import sys

import pytest

from backtester.contract.schemas import built_in_strategies
from tests.support.paths import ROOT

sys.path.append(str(ROOT / "scripts"))

from compare_versions import Difference, compare, generate, listing


def test_the_requests_are_of_all_kinds_and_the_same_for_the_same_seed() -> None:
    requests = generate(500, 7)
    assert generate(500, 7) == requests
    assert [request["request_id"] for request in requests] == [f"{number}" for number in range(500)]
    assert set(built_in_strategies()) <= {str(request.get("strategy")) for request in requests}
    keys = {key for request in requests for key in request}
    assert {"costs", "rebalancing", "cash_flows", "cash", "output", "benchmark", "execution"} <= keys


def test_a_difference_has_its_pointer_and_both_values() -> None:
    old = b'{"success":true,"a":[1,{"b/c":2.5}],"gone":1,"timing_ms":{}}'
    new = b'{"success":true,"a":[1,{"b/c":2.25}],"new":[],"timing_ms":{}}'
    assert compare(old, new) == [
        Difference("/a/1/b~1c", 2.5, 2.25), Difference("/gone", 1, "(absent)"), Difference("/new", "(absent)", []),
    ]  # fmt: skip
    assert compare(b'{"a":[1]}', b'{"a":[1,2]}') == [Difference("/a", [1], [1, 2])]
    assert compare(b'{"a":1}', b'{"a":1.0}') == [Difference("/a", 1, 1.0)]
    assert compare(old, old) == []


def test_the_same_values_in_another_text_are_a_difference() -> None:
    (told,) = compare(b'{"a":1e-05,"b":2}', b'{"a":0.00001,"b":2}')
    assert (told.pointer, told.new) == ("", "(written otherwise)")


def test_the_listing_has_each_kind_once_the_most_frequent_first() -> None:
    lines = listing({"3": [Difference("/a/0", 1.0, 1.1), Difference("/a/1", 1.0, 1.1)],
                     "8": [Difference("/a/7", 2.0, 2.2), Difference("/b", 1, "x")]})  # fmt: skip
    assert lines == ["/a/*: 2 requests; in 3: 1.0 is 1.1 (by 0.1)", '/b: 1 requests; in 8: 1 is "x"']


@pytest.mark.full
@pytest.mark.usefixtures("unmeasured")
def test_a_version_says_the_same_as_itself() -> None:
    command = [sys.executable, "scripts/compare_versions.py", ".", "--requests", "30"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("30 requests: ")
    assert done.stdout.endswith("No document differs.\n")
