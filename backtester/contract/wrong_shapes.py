"""Reads the parts of a request that callers shape as other programs do, and suggests them in ours.

A portfolio as an object of allocations or a list of symbols, a benchmark as a holding, a strategy with its settings
inside, savings as a number: the problem is one of the whole part, and it is clear what was meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from backtester.contract.problems import meant_key
from backtester.contract.rules import MAX_CASH_FLOWS, MAX_HOLDINGS, is_number, sums_to
from backtester.contract.schemas import built_in_strategies, plug_ins, read_schema
from backtester.contract.wrong_types import as_number, encoded_twice
from backtester.model.errors import Problem, did_you_mean, echo, nearest

_MOST_SUGGESTED = 20  # holdings; an answer with more would be long
# the sentence that says which shape is wanted, and the value in it; None in its place where it is not clear
Reading = tuple[str, Any]


def shape_problems(document: Any) -> Iterator[Problem]:
    """Yield the problem of each part of a request that is of another shape as a whole."""
    if not isinstance(document, dict):
        return
    cash = document.get("cash")
    held = cash.get("allocation", 0) if isinstance(cash, dict) else 0
    free = 1 - held if is_number(held) and 0 <= held < 1 else 1
    flows = document.get("cash_flows")
    readings = [
        ("/strategy", document.get("strategy"), _strategy),
        ("/holdings", document.get("holdings"), lambda value: _holdings(value, free)),
        ("/benchmark", document.get("benchmark"), _benchmark),
        ("/cash_flows", flows, _cash_flows),
    ]
    if isinstance(flows, list):
        readings += [(f"/cash_flows/{at}", flow, _cash_flow) for at, flow in enumerate(flows[:MAX_CASH_FLOWS])]
    for pointer, value, read in readings:
        reading = read(value)
        if reading is not None:
            yield Problem(pointer=pointer, code="WRONG_TYPE", detail=reading[0], received=echo(value),
                          has_received=True, suggestion=reading[1])  # fmt: skip


def _strategy(value: Any) -> Reading | None:
    if not isinstance(value, dict):
        return None
    named = [value[key] for key in ("name", "type", "id", "strategy") if isinstance(value.get(key), str)]
    known = (*built_in_strategies(), *plug_ins())
    name = nearest((named or [*value, ""])[0], known) if named or len(value) == 1 else None
    return f"A strategy is a name; its settings are in parameters, beside it{did_you_mean(name)}", name


def _holdings(value: Any, free: float) -> Reading | None:
    """Read holdings that are no list of objects. free: what the cash leaves for them. Too many are just that."""
    if isinstance(value, list) and not (0 < len(value) <= MAX_HOLDINGS and all(map(_is_foreign, value))):
        return None
    if not isinstance(value, (list, dict, str)) or encoded_twice(value) is not None:
        return None
    example = json.dumps(_benchmark_schema()["examples"][-1]["holdings"])
    return f"The holdings are an array of objects with symbol and allocation, such as {example}.", _mix(value, free)


def _is_foreign(holding: Any) -> bool:
    """Return whether a holding is a symbol, a pair, or an object whose only key is its symbol."""
    if isinstance(holding, dict):
        return len(holding) == 1 and not _has_known_key(holding, ("symbol", "allocation"))
    return isinstance(holding, (str, list))


def _has_known_key(value: dict[str, Any], known: Iterable[str]) -> bool:
    return any(meant_key(key, tuple(known)) for key in [*value][:_MOST_SUGGESTED])


def _benchmark(value: Any) -> Reading | None:
    schema = _benchmark_schema()
    portfolio = schema["anyOf"][-1]["properties"]
    if value is None or value == {} or isinstance(value, str):
        return None
    if isinstance(value, dict) and ("holdings" in value or not _symbol_of(value)) and _has_known_key(value, portfolio):
        return None
    mix = _mix(value, 1)
    meant = mix and (mix[0]["symbol"] if len(mix) == 1 else {"holdings": mix})
    example = json.dumps({"holdings": schema["examples"][-1]["holdings"]})
    return f'A benchmark is a symbol, such as "SPY", or an object with holdings, such as {example}.', meant


def _benchmark_schema() -> dict[str, Any]:
    schema: dict[str, Any] = read_schema("request")["properties"]["benchmark"]
    return schema


def _cash_flows(value: Any) -> Reading | None:
    reading = _cash_flow(value)
    return reading and (f"Cash flows are an array. {reading[0]}", reading[1] and [reading[1]])


def _cash_flow(value: Any) -> Reading | None:
    """Read a number as what is paid in, or with a minus taken out, each month."""
    if not is_number(value):
        return None
    flow = {"type": "withdrawal" if value < 0 else "contribution", "amount": abs(value), "frequency": "monthly"}
    example = json.dumps({"type": "contribution", "amount": 100, "frequency": "monthly"})
    detail = f"A cash flow is an object with type, amount and frequency, such as {example}."
    most = read_schema("request")["properties"]["cash_flows"]["items"]["properties"]["amount"]["maximum"]
    return detail, flow if 0 < abs(value) <= most else None


def _mix(value: Any, free: float) -> list[dict[str, Any]] | None:
    """Return the holdings that a value means, None where that is not clear: symbols alone share what is free."""
    if isinstance(value, dict) and _symbol_of(value) is None:
        value = [{symbol: share} for symbol, share in [*value.items()][: _MOST_SUGGESTED + 1]]
    parts = value if isinstance(value, list) else [value]
    if not 0 < len(parts) <= _MOST_SUGGESTED:
        return None
    pairs = [_pair(part) for part in parts]
    known = [(symbol, share) for symbol, share in filter(None, pairs)]
    shares = [share for _, share in known if share is not None]
    if len(known) < len(parts) or (shares and len(shares) < len(parts)):
        return None
    if not shares:
        shares = [free / len(parts)] * len(parts)
    elif sums_to(100, sum(shares) / free):
        shares = [share / 100 for share in shares]
    mix = [{"symbol": symbol, "allocation": share} for (symbol, _), share in zip(known, shares, strict=True)]
    return mix if max(shares) <= 1 else None


def _pair(part: Any) -> tuple[str, float | None] | None:
    """Return the symbol and the share, None where it has none, of one holding in any shape; None: it is none."""
    symbol: Any = part
    share: Any = ...
    if isinstance(part, list) and len(part) == 2:
        symbol, share = part
    elif isinstance(part, dict) and (named := _symbol_of(part)):
        symbol, share = named, _share_of(part)
    elif isinstance(part, dict) and len(part) == 1:
        [(symbol, share)] = part.items()
        share = _share_of(share) if isinstance(share, dict) else share
    share = as_number(share) if isinstance(share, str) else share
    pattern = read_schema("common")["$defs"]["symbol"]["pattern"]
    if not isinstance(symbol, str) or not re.search(pattern, symbol):
        return None
    if share is ...:
        return symbol, None
    return (symbol, share) if is_number(share) and 0 <= share <= 100 else None


def _share_of(part: dict[str, Any]) -> Any:
    """Return the allocation in a holding, by its name here or elsewhere; `...` where it has none."""
    return next((part[key] for key in ("allocation", "weight") if key in part), ...)


def _symbol_of(part: dict[str, Any]) -> str | None:
    return next((part[key] for key in ("symbol", "ticker") if isinstance(part.get(key), str)), None)
