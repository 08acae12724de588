"""Rule trees decided plainly: date by date, recursively, in Python's floats, from the specification alone.

Slow on purpose, and without a line of the engine: tests/property/test_rules_property.py holds the two together.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

EPS = 1e-12
AMOUNTS = ("price", "average", "exponential_average", "deviation_of_price", "macd")


def same(a: float, b: float, amount: bool = False) -> bool:
    size = max(abs(a), abs(b))
    return abs(a - b) <= EPS * (size if amount else max(1.0, size))


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: list[float]) -> float:
    centre = mean(values)
    return math.sqrt(math.fsum((v - centre) ** 2 for v in values) / (len(values) - 1))


def smooth(values: list[float], n: int, alpha: float) -> float:
    """Begun with the mean of the first n."""
    level = mean(values[:n])
    for value in values[n:]:
        level = alpha * value + (1 - alpha) * level
    return level


def indicator(name: str, closes: list[float], window: Any) -> float | None:
    """closes: all up to the decision, from the first that there is. None: too few."""
    n = window if isinstance(window, int) else 1
    needed = {"price": 1, "return": n + 1, "average_return": n + 1, "volatility": n + 1, "rsi": n + 1}.get(name, n)
    if name == "macd":
        needed = window[1]
    if len(closes) < needed:
        return None
    last = closes[-n:]
    if name == "price":
        return closes[-1]
    if name == "return":
        return closes[-1] / closes[-1 - n] - 1
    if name == "average":
        return mean(last)
    if name == "exponential_average":
        return smooth(closes[-25 * n :], n, 2 / (n + 1))
    if name == "macd":
        fast, slow = (smooth(closes[-25 * w :], w, 2 / (w + 1)) for w in window)
        return 0.0 if same(fast, slow, amount=True) else fast - slow
    if name in ("average_return", "volatility"):
        steps = closes[-n - 1 :]
        returns = [b / a - 1 for a, b in itertools.pairwise(steps)]
        if name == "average_return":
            return mean(returns)
        found = deviation(returns)
        return 0.0 if found <= EPS else found
    if name == "deviation_of_price":
        found = deviation(last)
        return 0.0 if found <= EPS * closes[-1] else found
    if name == "fall_from_high":
        worst, high = 0.0, last[0]
        for close in last:
            high = max(high, close)
            worst = max(worst, 1 - close / high)
        return worst
    if name == "z_score":
        spread = deviation(last)
        return 0.0 if spread <= EPS * closes[-1] else (closes[-1] - mean(last)) / spread
    if name == "percentile_rank":
        return sum(close <= closes[-1] or same(close, closes[-1], amount=True) for close in last) / n
    assert name == "rsi"
    steps = closes[-25 * n - 1 :]
    changes = [b - a for a, b in itertools.pairwise(steps)]
    up = smooth([max(c, 0.0) for c in changes], n, 1 / n)
    down = smooth([max(-c, 0.0) for c in changes], n, 1 / n)
    return 50.0 if up == 0 and down == 0 else 100 * up / (up + down)


def reach(name: str, window: Any) -> int:
    """Sessions back to the first close that the indicator uses, its warm-up included."""
    n = window[1] if isinstance(window, list) else window or 1
    if name in ("exponential_average", "macd"):
        return 25 * n - 1
    return {"rsi": 25 * n, "return": n, "average_return": n, "volatility": n}.get(name, n - 1)


class Plain:
    """One tree over the closes of its symbols: lists with None before the first."""

    def __init__(self, closes: dict[str, list[float | None]], tree: Any, definitions: Any, first: int) -> None:
        self.closes, self.tree, self.definitions, self.first = closes, tree, definitions, first
        self.memo: dict[Any, Any] = {}

    def decide(self, t: int) -> dict[str, float] | None:
        """The weights by symbol; None: unknown."""
        return self.node(self.tree, t, self.first)

    def target(self, node: Any) -> Any:
        while "use" in node:
            node = self.definitions[node["use"]]
        return node

    def node(self, node: Any, t: int, begin: int) -> dict[str, float] | None:
        key = ("node", id(node), t, begin)
        if key not in self.memo:
            self.memo[key] = self._node(self.target(node), t, begin)
        return self.memo[key]

    def _node(self, node: Any, t: int, begin: int) -> dict[str, float] | None:
        if "hold" in node:
            return None if self.closes[node["hold"]][t] is None else {node["hold"]: 1.0}
        if "cash" in node:
            return {}
        if "if" in node:
            node = {"cases": [{"if": node["if"], "then": node["then"]}], "else": node["else"]}
        if "cases" in node:
            for case in node["cases"]:
                truth = self.condition(case["if"], t, begin)
                if truth is None:
                    return None
                if truth:
                    return self.node(case["then"], t, begin)
            return self.node(node["else"], t, begin)
        children = node["of"]
        weights = [self.node(child, t, begin) for child in children]
        risk = [None] * len(children)
        by_risk = node.get("weigh") == "inverse_volatility"
        if by_risk:
            risk = [self.measure(child, "volatility", node["window"], t, begin) for child in children]
        usable = [w is not None and (not by_risk or r is not None) for w, r in zip(weights, risk, strict=True)]
        if "pick" in node:
            by, order = node["pick"]["by"], node["pick"]["order"]
            scores = [self.measure(child, by["indicator"], by["window"], t, begin) for child in children]
            known = [i for i in range(len(children)) if usable[i] and scores[i] is not None]
            if not known:
                return None
            chosen = self.ranked(known, scores, order)[: node["pick"]["count"]]
        else:
            if not all(usable):
                return None
            chosen = [*range(len(children))]
        shares = self.shares(node, chosen, risk)
        total: dict[str, float] = {}
        for i, share in zip(chosen, shares, strict=True):
            for symbol, weight in weights[i].items():
                total[symbol] = total.get(symbol, 0.0) + share * weight
        return total

    def ranked(self, known: list[int], scores: list[Any], order: str) -> list[int]:
        """From the best on, what equals the first of a group belongs to it; in a group the earlier is first."""
        sign = -1 if order == "highest" else 1
        left, out = sorted(known, key=lambda i: (sign * scores[i], i)), []
        while left:
            group = [i for i in left if same(scores[i], scores[left[0]])]
            out += sorted(group)
            left = [i for i in left if i not in group]
        return out

    def shares(self, node: Any, chosen: list[int], risk: list[Any]) -> list[float]:
        if node.get("weigh") == "specified":
            total = math.fsum(node["weights"])
            return [node["weights"][i] / total for i in chosen]
        if node.get("weigh") == "inverse_volatility":
            still = [i for i in chosen if risk[i] == 0]
            if still:
                return [1 / len(still) if i in still else 0.0 for i in chosen]
            total = math.fsum(1 / risk[i] for i in chosen)
            return [1 / risk[i] / total for i in chosen]
        return [1 / len(chosen)] * len(chosen)

    def measure(self, child: Any, name: str, window: int, t: int, begin: int) -> float | None:
        child = self.target(child)
        if "hold" in child:
            return self.value({"indicator": name, "symbol": child["hold"], "window": window}, t)
        if "cash" in child:
            return indicator(name, [1.0] * (t + 1), window)
        start = max(begin - reach(name, window), 0)
        growth = [1.0]  # from the last session on which it began to be known
        if self.node(child, t, start) is None:
            return None
        since = t
        while since > start and self.node(child, since - 1, start) is not None:
            since -= 1
        for s in range(since, t):
            gain = sum(
                w * (self.closes[x][s + 1] / self.closes[x][s] - 1) for x, w in self.node(child, s, start).items()
            )
            growth.append(growth[-1] * (1 + gain))
        return indicator(name, growth, window)

    def value(self, value: Any, t: int) -> float | None:
        if not isinstance(value, dict):
            return float(value)
        key = ("value", value["indicator"], value["symbol"], str(value.get("window")), t)
        if key not in self.memo:
            closes = self.closes[value["symbol"]][: t + 1]
            known = [close for close in closes if close is not None]
            self.memo[key] = None
            if t >= 0 and closes[t] is not None:
                self.memo[key] = indicator(value["indicator"], known, value.get("window"))
        return self.memo[key]

    def condition(self, condition: Any, t: int, begin: int) -> bool | None:
        if "all" in condition:
            truths = [self.condition(each, t, begin) for each in condition["all"]]
            return False if False in truths else None if None in truths else True
        if "any" in condition:
            truths = [self.condition(each, t, begin) for each in condition["any"]]
            return True if True in truths else None if None in truths else False
        if "not" in condition:
            truth = self.condition(condition["not"], t, begin)
            return None if truth is None else not truth
        spans = [self.compared(condition, s, begin) for s in range(t - condition.get("for_sessions", 1) + 1, t + 1)]
        return False if False in spans else None if None in spans else True

    def compared(self, condition: Any, t: int, begin: int) -> bool | None:
        """One session's comparison, its state included."""
        if t < 0:
            return None
        left, right = self.value(condition["left"], t), self.value(condition["right"], t)
        if left is None or right is None:
            return None
        amount = any(isinstance(v, dict) and v["indicator"] in AMOUNTS for v in (condition["left"], condition["right"]))
        equal = same(left, right, amount)
        relation = condition["is"]
        plain = {
            "above": left > right and not equal,
            "below": left < right and not equal,
            "at_least": left > right or equal,
            "at_most": left < right or equal,
        }[relation]
        if ("tolerance" not in condition and "tolerance_absolute" not in condition) or t <= begin:
            return plain
        key = ("state", id(condition), t, begin)
        if key not in self.memo:
            before = None
            for s in range(t - 1, begin - 1, -1):
                before = self.compared(condition, s, begin)
                if before is not None:
                    break
            band = condition["tolerance"] * abs(right) if "tolerance" in condition else condition["tolerance_absolute"]
            over = left > right + band and not same(left, right + band, amount)
            under = left < right - band and not same(left, right - band, amount)
            if relation in ("below", "at_most"):
                over, under = under, over
            self.memo[key] = plain if before is None else True if over else False if under else before
        return self.memo[key]
