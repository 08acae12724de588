"""An error as text reads like its document."""

import errno

import pytest

import backtester
from backtester.model.errors import BacktestError, DataError, InternalError, Problem, from_exception
from backtester.settings import SettingsError


def test_an_error_reads_like_its_detail():
    error = DataError("DATA_GAP", "AAPL has no price on 9 sessions.", pointer="/holdings/0/symbol")
    assert str(error) == error.as_document()["detail"] == "AAPL has no price on 9 sessions."


def test_an_error_of_several_problems_has_a_line_for_each():
    problems = (
        Problem(pointer="/start_date", code="REQUIRED", detail="start_date is required."),
        Problem(pointer="", code="TYPE", detail="It is a list."),
    )
    error = BacktestError("VALIDATION_FAILED", "2 problems", problems=problems)
    assert str(error) == "2 problems\n  /start_date: start_date is required.\n  /: It is a list."


def test_an_invalid_request_from_python_says_what_is_wrong_with_it():
    with pytest.raises(backtester.RequestError, match=r"^4 problems\n(  /\w+: .+ is required\.(\n|$)){4}"):
        backtester.run({})


def test_one_problem_with_a_detail_of_its_own_is_said():
    with pytest.raises(backtester.RequestError, match=r"^1 problem\n  /strategy: "):
        backtester.run({"strategy": 1, "holdings": [{"symbol": "AAPL", "allocation": 1}], "start_date": "2020-01-02",
                        "end_date": "2020-06-30"})  # fmt: skip


def test_a_remedy_of_the_case_comes_before_the_codes_own():
    assert InternalError("ENVIRONMENT", "x", remedy="Run `y`.").as_document()["remedy"] == "Run `y`."
    assert InternalError("ENVIRONMENT", "x").as_document()["remedy"].startswith("Install what")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MemoryError(), "MEMORY_LIMIT"),
        (ImportError("libx.so: failed to map segment from shared object"), "MEMORY_LIMIT"),
        (ImportError("libx.so: Cannot allocate memory", name="clarabel"), "MEMORY_LIMIT"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "MEMORY_LIMIT"),
        (OSError(errno.EIO, "Input/output error"), "INTERNAL"),
        (ModuleNotFoundError("No module named 'numpyy'", name="numpyy"), "ENVIRONMENT"),
        (ModuleNotFoundError(name="; rm -rf /"), "INTERNAL"),
        (ModuleNotFoundError(name="x" * 500), "INTERNAL"),
        (ModuleNotFoundError(name="backtester.none"), "INTERNAL"),
        (ImportError("without a name"), "INTERNAL"),
        (SettingsError("wrong"), "INTERNAL"),
        (ValueError(), "INTERNAL"),
    ],
)
def test_every_exception_has_its_code(error, code):
    assert from_exception(error).code == code
