"""Errors over HTTP: the runner's document, and the headers that belong to its status."""

import json

import pytest

from backtester.codec.document import encode_error
from backtester.model.codes import ERROR_CODES
from backtester.model.errors import BacktestError
from backtester.service.http.problem import problem


class Busy(BacktestError):
    retry_after = 1.2


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_code_is_the_runners_own_document_with_its_status(code):
    error = BacktestError(code, "as it was")
    response = problem(error, "mine")
    assert response.body == encode_error(error, "mine")
    assert json.loads(response.body)["request_id"] == "mine"
    assert response.status_code == ERROR_CODES[code].status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("code", ERROR_CODES)
def test_only_what_is_worth_another_try_says_when(code):
    entry = ERROR_CODES[code]
    expected = "5" if entry.retryable and entry.status in (429, 503) else None
    assert problem(BacktestError(code, "")).headers.get("retry-after") == expected


def test_an_error_that_knows_when_says_it_in_whole_seconds():
    assert problem(Busy("TOO_MANY_REQUESTS", "")).headers["retry-after"] == "2"


def test_who_is_not_known_is_told_how_to_introduce_himself():
    assert problem(BacktestError("UNAUTHENTICATED", "")).headers["www-authenticate"] == "Bearer"
    assert "www-authenticate" not in problem(BacktestError("FORBIDDEN", "")).headers


def test_headers_of_the_caller_have_the_last_word():
    response = problem(BacktestError("RUN_TOO_LONG", ""), headers={"Link": "</backtests>", "Cache-Control": "private"})
    assert (response.headers["link"], response.headers["cache-control"]) == ("</backtests>", "private")
