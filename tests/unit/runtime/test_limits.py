"""What a run may take: the request's wish, the operator's default, and the operator's cap."""

from __future__ import annotations

import pytest

from backtester.contract.check import check
from backtester.runtime.limits import default_timeout, known_request_id, within_limits
from backtester.settings import read_settings
from tests.support.sample_requests import request

OPERATOR = {"BACKTEST_TIMEOUT_SECONDS": "20", "BACKTEST_MAX_TIMEOUT_SECONDS": "60", "BACKTEST_MEMORY_MB": "500"}


def limits_of(**limits):
    asked = request(limits=limits) if limits else request()
    checked, timeout, memory = within_limits(check(asked, csv_available=False), read_settings(OPERATOR))
    return timeout, memory, [(warning.code, warning.pointer) for warning in checked.warnings]


def test_a_request_that_names_no_limits_has_the_operators():
    assert limits_of() == (20.0, 500, [])


def test_a_request_has_what_it_asks_for_below_the_caps():
    assert limits_of(timeout_seconds=45, memory_mb=100) == (45.0, 100, [])


def test_what_is_above_the_caps_is_capped_with_a_warning_each():
    warnings = [("TIMEOUT_CAPPED", "/limits/timeout_seconds"), ("MEMORY_CAPPED", "/limits/memory_mb")]
    assert limits_of(timeout_seconds=61, memory_mb=501) == (60.0, 500, warnings)


def test_an_echoed_default_above_the_cap_asks_for_nothing_and_warns_of_nothing():
    settings = read_settings({**OPERATOR, "BACKTEST_MAX_TIMEOUT_SECONDS": "5"})
    asked = check(request(limits={"timeout_seconds": default_timeout()}), csv_available=False)
    checked, timeout, _ = within_limits(asked, settings)
    assert (timeout, checked.warnings) == (5.0, ())


@pytest.mark.parametrize(
    ("document", "known"),
    [
        ({"request_id": "a"}, "a"), ({"request_id": "x" * 128}, "x" * 128), ({"request_id": "x" * 129}, None),
        ({"request_id": ""}, None), ({"request_id": 5}, None), ({}, None), ([], None), (None, None),
    ],
)  # fmt: skip
def test_an_answer_carries_only_an_id_that_the_schema_allows(document, known):
    assert known_request_id(document) == known
