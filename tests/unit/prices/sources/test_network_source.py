"""The table of network sources: one list, told in the schemas too; nothing is imported before it is asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backtester.contract.schemas import built_in_sources, resolved_schema
from backtester.prices.sources.network_source import BUILT_IN, load_source, network_source, title_of
from backtester.settings import SettingsError
from tests.support.paths import ROOT

HERE = {"bundled", "csv", "inline"}


def test_the_schemas_name_the_sources_of_the_table() -> None:
    assert set(built_in_sources()) == {"auto", *HERE, *BUILT_IN}
    symbols = resolved_schema("result")["properties"]["data"]["properties"]["symbols"]
    named = symbols["additionalProperties"]["properties"]["source"]["anyOf"][0]["enum"]
    assert set(named) == {*HERE, *BUILT_IN}


@pytest.mark.parametrize("name", BUILT_IN)
def test_each_can_be_loaded(name: str) -> None:
    assert callable(load_source(name).fetch)
    assert network_source(name).title == title_of(name) == BUILT_IN[name][0]


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(SettingsError, match=r"must be one of yahoo, tiingo, stooq\. Did you mean 'stooq'\?"):
        network_source("stoq")


def test_looking_a_source_up_imports_none_of_them() -> None:
    code = (
        "import sys; from backtester.prices.sources.network_source import network_source; network_source('tiingo'); "
        "print([m for m in ('numpy', 'ssl', 'http.client', 'urllib.request', 'yfinance', 'importlib.metadata') "
        "if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
