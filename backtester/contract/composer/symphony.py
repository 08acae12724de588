"""Turns a symphony of Composer, as its JSON has it, into a request of the strategy `rules`.

What is not known is refused with a pointer into the symphony, never guessed. The shapes are those of the public schema
of invest-composer/composer-trade-mcp (`symphony_score_schema.py`) and of older exports: windows as text, as a number
or inside `lhs-fn-params`, and several conditions in one `if`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backtester.contract.composer.symphony_conditions import SymphonyConditions
from backtester.contract.composer.symphony_depth import within_depth
from backtester.contract.composer.symphony_words import FREQUENCIES, KEYS, as_number, limits
from backtester.contract.rules import sums_to
from backtester.model.errors import RequestError, echo
from backtester.model.rule_tree import SCALE_DEPENDENT

Json = dict[str, Any]
NO_ORDER = "Composer trades at the close that it decides with (same_close), which no real order could have met."


def convert(symphony: Any, *, start_date: str, end_date: str) -> Json:
    """Return the request of a decoded symphony. RequestError with a problem for everything that is not known."""
    conversion = _Conversion()
    root, tree = symphony if isinstance(symphony, dict) else {}, None
    if root.get("step") == "root":
        conversion.keys(root, "root", KEYS["root"], "")
        tree = conversion.only_child(root, "")
    else:
        conversion.refuse("", "INVALID_VALUE", "This is no symphony: an object with the step root.")
    frequency, bands = conversion.schedule(root) if tree is not None else ("", {})
    if not conversion.held and not conversion.problems:
        conversion.refuse("", "INVALID_VALUE", "The symphony holds nothing but cash.")
    if len(conversion.held) > limits().symbols:
        detail = f"At most {limits().symbols} symbols are held. The symphony holds {len(conversion.held)}."
        conversion.refuse("", "OUT_OF_RANGE", detail)
    if conversion.problems or tree is None:
        count = len(conversion.problems)
        detail = f"{count} problem{'' if count == 1 else 's'}: the symphony has what rules do not."
        raise RequestError(
            "VALIDATION_FAILED", detail, problems=tuple(conversion.problems[:100]),
            remedy="Replace in the symphony what each problem names.",
        )  # fmt: skip
    tree, definitions = within_depth(tree)
    held = list(conversion.held)
    parameters = {"tree": tree, "definitions": definitions, "rebalance_frequency": frequency}
    return {
        "strategy": "rules",
        "holdings": [{"symbol": symbol, "allocation": 1 / len(held)} for symbol in held],
        "start_date": start_date,
        "end_date": end_date,
        "parameters": {key: value for key, value in parameters.items() if value != {}},
        "execution": {"timing": "same_close"},
        **bands,
    }


class _Conversion(SymphonyConditions):
    """Reads the blocks of a symphony, and collects what is held and what is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, None] = {}

    def schedule(self, root: Json) -> tuple[str, Json]:
        """Return the frequency, and the rebalancing of a corridor."""
        frequency = self.choice(root, "rebalance", FREQUENCIES, "")
        width = root.get("rebalance-corridor-width")
        if width is None:
            if root.get("rebalance") == "none":
                detail = "rebalance none needs a corridor. Choose a frequency, or give the width."
                self.refuse("/rebalance-corridor-width", "REQUIRED", detail)
            return str(frequency), {}
        number = as_number(width)
        if number is None or not 0 < number <= 1:
            detail = "The width of the corridor must be a fraction above 0 and at most 1."
            self.refuse("/rebalance-corridor-width", "OUT_OF_RANGE", detail)
        return str(frequency), {"rebalancing": {"absolute_band": number, "bands_checked": "at_frequency"}}

    def children(self, node: Json, pointer: str) -> list[tuple[Json, str]]:
        """Return the children that are objects, each with its pointer."""
        listed = node.get("children")
        if not isinstance(listed, list) or not listed:
            self.refuse(f"{pointer}/children", "REQUIRED", f"A {echo(node.get('step'))} needs children.")
            return []
        self.few(listed, "children", f"{pointer}/children")
        found = []
        for index, one in enumerate(listed):
            if isinstance(one, dict):
                found.append((one, f"{pointer}/children/{index}"))
            else:
                self.refuse(f"{pointer}/children/{index}", "WRONG_TYPE", "A child must be an object.")
        return found

    def only_child(self, node: Json, pointer: str) -> Json | None:
        """Return the single child of a node that has no weights of its own."""
        children = self.children(node, pointer)
        if len(children) > 1:
            detail = f"A {node.get('step')} has one child. How several are weighed is not said here."
            self.refuse(f"{pointer}/children/1", "UNEXPECTED", detail)
        return self.node(*children[0]) if children else None

    def node(self, node: Json, pointer: str) -> Json | None:
        """Return a node of ours; None where it was refused."""
        steps: dict[str, Callable[[Json, str], Json | None]] = {
            "asset": self._asset, "empty": lambda node, pointer: {"cash": True}, "group": self._group, "if": self._if,
            "wt-cash-equal": self._equal, "wt-cash-specified": self._specified, "wt-inverse-vol": self._inverse,
            "filter": self._filter,
        }  # fmt: skip
        made = self.choice(node, "step", steps, pointer)
        if made is None:
            return None
        self.keys(node, node["step"], KEYS[node["step"]], pointer)
        if node["step"] in ("asset", "empty") and node.get("children"):
            self.refuse(f"{pointer}/children", "UNEXPECTED", f"An {node['step']} has no children.")
        found: Json | None = made(node, pointer)
        return found

    def _asset(self, node: Json, pointer: str) -> Json | None:
        symbol = self.symbol(node.get("ticker"), f"{pointer}/ticker")
        if symbol is None:
            return None
        self.held.setdefault(symbol)
        return {"hold": symbol}

    def _group(self, node: Json, pointer: str) -> Json | None:
        inside, name = self.only_child(node, pointer), node.get("name")
        if inside is None or not isinstance(name, str) or not name.strip() or "name" in inside:
            return inside
        return {**inside, "name": name.strip()[:80]}

    def _of(self, node: Json, pointer: str) -> list[Json]:
        return [made for one in self.children(node, pointer) if (made := self.node(*one)) is not None]

    def _equal(self, node: Json, pointer: str) -> Json | None:
        of = self._of(node, pointer)
        return of[0] if len(of) == 1 else {"weigh": "equal", "of": of} if of else None

    def _specified(self, node: Json, pointer: str) -> Json | None:
        weights = []
        for one, at in self.children(node, pointer):
            weight = one.get("weight")
            parts = [as_number(weight.get(key)) for key in ("num", "den")] if isinstance(weight, dict) else [None, None]
            if parts[0] is None or parts[1] is None or parts[0] < 0 or parts[1] <= 0:
                self.refuse(f"{at}/weight", "REQUIRED", "A child of wt-cash-specified needs a weight, {num, den}.")
            else:
                weights.append(parts[0] / parts[1])
        if weights and not sums_to(1, sum(weights)):
            self.refuse(f"{pointer}/children", "WEIGHT_SUM", f"The weights sum to {sum(weights):.10g}, not 1.")
        return {"weigh": "specified", "of": self._of(node, pointer), "weights": weights}

    def _inverse(self, node: Json, pointer: str) -> Json | None:
        window = self.window(node.get("window-days"), f"{pointer}/window-days", "volatility")
        return {"weigh": "inverse_volatility", "window": window, "of": self._of(node, pointer)}

    def _filter(self, node: Json, pointer: str) -> Json | None:
        for flag in ("select?", "sort-by?"):
            if node.get(flag, True) is not True:
                self.refuse(f"{pointer}/{flag}", "INVALID_CHOICE", f"A filter with {flag} switched off is not known.")
        found = self.indicator(node, "sort-by", pointer)
        order = self.choice(node, "select-fn", {"top": "highest", "bottom": "lowest"}, pointer)
        count = self.whole(node.get("select-n"), f"{pointer}/select-n", least=1, most=limits().picked)
        of = self._of(node, pointer)
        if found is None:
            return None
        if found["indicator"] in SCALE_DEPENDENT:
            detail = f"{node['sort-by-fn']} is an amount in a scale that later dividends change. It cannot rank."
            self.refuse(f"{pointer}/sort-by-fn", "SCALE_DEPENDENT", detail)
        return {"pick": {"by": found, "order": order, "count": count}, "of": of}

    def _if(self, node: Json, pointer: str) -> Json | None:
        cases, last = list[Json](), None
        for one, at in self.children(node, pointer):
            if one.get("step") != "if-child":
                self.refuse(f"{at}/step", "INVALID_CHOICE", "A child of an if must be an if-child.")
                continue
            self.keys(one, "if-child", KEYS["if-child"], at)
            if last is not None:
                self.refuse(at, "UNEXPECTED", "Nothing comes after the else.")
            elif one.get("is-else-condition?") is True:
                last = self.only_child(one, at) or {}
            else:
                condition, then = self.condition(one, at), self.only_child(one, at)
                cases.append({"if": condition, "then": then})
        if last is None or not cases:
            self.refuse(f"{pointer}/children", "REQUIRED", "An if needs a condition and an else.")
            return None
        if [*last] == ["cases", "else"]:  # an if whose else is another one
            cases, last = [*cases, *last["cases"]], last["else"]
        elif [*last] == ["if", "then", "else"]:
            cases, last = [*cases, {"if": last["if"], "then": last["then"]}], last["else"]
        return {**cases[0], "else": last} if len(cases) == 1 else {"cases": cases, "else": last}
