"""What a tool answers where something fails."""

import asyncio

import mcp_types as types
import pytest

from backtester.adapters.mcp.handlers import _Handlers
from backtester.adapters.mcp.tools import strategy_name
from backtester.model.errors import RequestError


def test_the_log_has_the_unexpected_error_that_the_answer_speaks_of(capsys):
    def broken(context):
        raise KeyError("a fault of ours")

    asked = types.CallToolRequestParams(name="list_symbols", arguments={})
    answered = asyncio.run(_Handlers(broken).call_tool(None, asked))
    assert answered.is_error
    assert "The operator's log has it" in answered.content[0].text
    assert "a fault of ours" not in answered.content[0].text
    assert "KeyError: 'a fault of ours'" in capsys.readouterr().err


@pytest.mark.parametrize(("key", "pointer"), [("nme", "/nme"), ("a/b~", "/a~1b~0"), ("x" * 200, f"/{'x' * 99}…")])
def test_an_unknown_argument_is_pointed_to(key, pointer):
    with pytest.raises(RequestError) as raised:
        strategy_name({key: 1})
    assert [problem.pointer for problem in raised.value.problems] == [pointer]
