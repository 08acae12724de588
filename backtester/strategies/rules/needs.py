"""What is known of a tree without prices: what lies below a node, what has a state, how far it reaches back."""

from __future__ import annotations

from backtester.model.errors import Problem, RequestError
from backtester.model.rule_tree import longest, sessions_before
from backtester.strategies.rules.tree import Cases, Hold, Mix, Tree, comparisons

MAX_RUNS = 512  # of nodes with a state inside composites, each with a beginning of its own


def below(tree: Tree, root: int) -> list[int]:
    """Return the numbers of a node and of all below it, each once, in the order of the document."""
    found, waiting = dict[int, None](), [root]
    while waiting:
        number = waiting.pop()
        if number not in found:
            found[number] = None
            waiting += reversed(tree.nodes[number].children)
    return list(found)


def with_state(tree: Tree) -> list[bool]:
    """Return of each node whether what it decides depends on when its run begins."""
    found = list[bool]()
    for node in tree.nodes:
        own = isinstance(node, Cases) and any(condition.has_state for condition in node.conditions)
        found.append(own or any(found[child] for child in node.children))
    return found


def sessions_needed(tree: Tree) -> int:
    """Return the sessions before its first decision that the tree reaches back over."""
    needed = list[int]()
    for node in tree.nodes:
        reach = [needed[child] for child in node.children]
        if isinstance(node, Cases):
            reach += [
                sessions_before(value.indicator, longest(value.window)) + one.for_sessions - 1
                for one in comparisons(node.conditions)
                for value in (one.left, one.right)
                if value.number is None
            ]
        elif isinstance(node, Mix):
            for name, window in node.measures:
                reach += [sessions_before(name, longest(window)) + needed[child] for child in node.of]
        needed.append(max(reach, default=0))
    return needed[tree.root]


def check_runs(tree: Tree) -> None:
    """Refuse a tree whose states begin at too many sessions: RequestError.

    A composite inside a composite runs once for the weights and once for the growth of each that it is in, so nested
    ones with windows of different lengths could begin at thousands of sessions.
    """
    has_state = with_state(tree)
    begins: list[set[int]] = [set() for _ in tree.nodes]
    begins[tree.root].add(0)
    for number in range(tree.root, -1, -1):
        node = tree.nodes[number]
        for child in node.children:
            if not has_state[child]:
                continue
            begins[child] |= begins[number]
            for name, window in node.measures if isinstance(node, Mix) else ():
                if not isinstance(tree.nodes[child], Hold):
                    begins[child] |= {begin + sessions_before(name, longest(window)) for begin in begins[number]}
            if len(begins[child]) > MAX_RUNS:
                detail = (
                    f"Tolerances inside nested rankings begin at more than {MAX_RUNS} different sessions. "
                    "Nest fewer rankings, or give them the same windows."
                )
                problem = Problem(pointer=node.pointer, code="OUT_OF_RANGE", detail=detail)
                raise RequestError("VALIDATION_FAILED", "1 problem", problems=(problem,))
