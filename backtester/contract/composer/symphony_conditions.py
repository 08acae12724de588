"""The conditions of a symphony: flat ones (`lhs-fn`, `rhs-val`, ...) and, in newer exports, `condition`, a structure.

Where there is a `condition` the flat keys beside it are those of an earlier question, and are not looked at.
"""

from __future__ import annotations

from typing import Any

from backtester.contract.composer.symphony_refusals import Json, Refusals
from backtester.contract.composer.symphony_words import INDICATORS, RELATIONS, as_number
from backtester.model.rule_tree import SCALE_DEPENDENT

_KINDS = {
    "compound": {"conditions", "operator"}, "binary": {"lhs", "rhs", "comparator"},
    "binary-compound": {"lhs", "rhs", "comparator", "tickers", "operator"},
}  # fmt: skip
_JOINS = {"any": "any", "all": "all"}
_EACH = "%"  # stands for each of the tickers of a binary-compound
Side = tuple[Any, str | None]  # a value of ours, and the function of theirs; None: a number


class SymphonyConditions(Refusals):
    """Reads conditions."""

    def condition(self, one: Json, pointer: str) -> Json | None:
        """Return the condition of an if-child."""
        if "condition" in one:
            return self._structured(one["condition"], f"{pointer}/condition")
        relation = self.choice(one, "comparator", RELATIONS, pointer)
        left, right = self._flat(one, "lhs", pointer), None
        if one.get("rhs-fixed-value?", False) is not True:
            right = self._flat(one, "rhs", pointer)
        elif (number := self.number(one.get("rhs-val"), f"{pointer}/rhs-val", "fixed value")) is not None:
            right = number, None
        return self._compared(relation, left, right, f"{pointer}/lhs-fn")

    def _structured(self, condition: Any, pointer: str) -> Json | None:
        if not isinstance(condition, dict):
            self.refuse(pointer, "WRONG_TYPE", "A condition must be an object.")
            return None
        kind = self.choice(condition, "condition-type", {kind: kind for kind in _KINDS}, pointer)
        if kind is None:
            return None
        self.keys(condition, f"{kind} condition", {*_KINDS[kind], "condition-type"}, pointer)
        if kind == "binary":
            return self._binary(condition, None, pointer)
        join = self.choice(condition, "operator", _JOINS, pointer)
        key = "conditions" if kind == "compound" else "tickers"
        listed = condition.get(key)
        if not isinstance(listed, list) or not listed:
            self.refuse(f"{pointer}/{key}", "REQUIRED", f"A {kind} condition needs {key}.")
            return None
        self.few(listed, "conditions", f"{pointer}/{key}")
        if kind == "compound":
            return {join: [self._structured(each, f"{pointer}/conditions/{n}") for n, each in enumerate(listed)]}
        return {join: [self._binary(condition, each, pointer) for each in listed]}

    def _binary(self, condition: Json, ticker: Any, pointer: str) -> Json | None:
        """Return a comparison. ticker: what stands in the place of _EACH."""
        relation = self.choice(condition, "comparator", RELATIONS, pointer)
        sides = [self._side(condition.get(side), ticker, f"{pointer}/{side}") for side in ("lhs", "rhs")]
        return self._compared(relation, sides[0], sides[1], f"{pointer}/lhs")

    def _side(self, side: Any, ticker: Any, pointer: str) -> Side | None:
        if not isinstance(side, dict):
            self.refuse(pointer, "REQUIRED", "A side of a comparison is an object.")
            return None
        if "constant" in side:
            self.keys(side, "constant", {"constant"}, pointer)
            number = self.number(side["constant"], f"{pointer}/constant", "constant")
            return None if number is None else (number, None)
        self.keys(side, "side", {"fn", "ticker", "params"}, pointer)
        known = self.choice(side, "fn", INDICATORS, pointer)
        named = ticker if ticker is not None and side.get("ticker") == _EACH else side.get("ticker")
        symbol = self.symbol(named, f"{pointer}/ticker")
        if known is None or symbol is None:
            return None
        if known[0] == "price":
            return {"indicator": "price", "symbol": symbol}, side["fn"]
        params = side.get("params")
        given = params.get("window") if isinstance(params, dict) else None
        window = self.window(given, f"{pointer}/params/window", known[0])
        return {"indicator": known[0], "window": window, "symbol": symbol}, side["fn"]

    def _flat(self, one: Json, side: str, pointer: str) -> Side | None:
        found = self.indicator(one, side, pointer)
        symbol = self.symbol(one.get(f"{side}-val"), f"{pointer}/{side}-val")
        return None if found is None or symbol is None else ({**found, "symbol": symbol}, one[f"{side}-fn"])

    def indicator(self, node: Json, side: str, pointer: str) -> Json | None:
        """Return indicator and window of the flat keys of lhs, rhs or sort-by."""
        known = self.choice(node, f"{side}-fn", INDICATORS, pointer)
        if known is None or known[0] == "price":
            return None if known is None else {"indicator": "price"}
        params, days = node.get(f"{side}-fn-params"), node.get(f"{side}-window-days")
        given = params.get("window") if isinstance(params, dict) else None
        if given is not None and days is not None and as_number(given) != as_number(days):
            detail = f"{side}-window-days and the window of {side}-fn-params differ."
            self.refuse(f"{pointer}/{side}-window-days", "INVALID_VALUE", detail)
        at = f"{pointer}/{side}-window-days" if given is None else f"{pointer}/{side}-fn-params/window"
        return {"indicator": known[0], "window": self.window(days if given is None else given, at, known[0])}

    def _compared(self, relation: Any, left: Side | None, right: Side | None, pointer: str) -> Json | None:
        """Return a comparison in our scales; what has no scale in common is refused at the pointer."""
        if left is None or right is None:
            return None
        scaled = [isinstance(one, dict) and one["indicator"] in SCALE_DEPENDENT for one, _ in (left, right)]
        percent = [fn is not None and INDICATORS[fn][1] for _, fn in (left, right)]
        numbers = [fn is None for _, fn in (left, right)]
        if any(scaled) and not (all(scaled) and left[0]["symbol"] == right[0]["symbol"]):
            detail = "Amounts in the scale of prices are compared only with others of the same symbol."
            self.refuse(pointer, "SCALE_DEPENDENT", detail)
        elif percent[0] != percent[1] and not any(numbers):
            detail = "Composer compares per cent with an index here, and rules have fractions."
            self.refuse(pointer, "INVALID_VALUE", detail)
        values = [one / 100 if fn is None and any(percent) else one for one, fn in (left, right)]
        return {"left": values[0], "is": relation, "right": values[1]}
