"""What `make bench` is held to: the one place where the targets stand."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """A bound on a measured figure.

    before: what was measured when the targets were set. bound: the most it may be, or the least where `least`.
    further: a stricter bound that counts where numpy's import is trimmed. unit: `x` is a multiple of `python -c pass`.
    """

    key: str
    work: str
    before: str
    bound: float
    unit: str = "x"
    least: bool = False
    further: float | None = None
    free_cores: bool = False


QUEUE = "queue against the same processes without it"
TARGETS = (
    Target("w2_cold", "W2 cold, CPU", "16 to 18.5 x", 11.5, further=10.5),
    Target("w2_cold_wall", "W2 cold, wall, two free cores", "11 x", 8.5, free_cores=True),
    Target("two_cold", "two holdings, two years, cold, CPU", "13.4 to 14.4 x", 9.5, further=8),
    Target("invalid_cold", "an invalid request, cold, CPU", "14 x", 14),
    Target("w2_warm", "W2 in a warm process, run and write, CPU", "2.1 x", 0.9),
    Target("two_warm", "two holdings, two years, warm, CPU", "0.31 x", 0.17),
    Target("lookbacks_warm", "a batch request with other look-backs than the one before, CPU", "0.45 x", 0.28),
    Target("large", "2,000 symbols, 8,313 sessions, monthly top 3: decide, simulate, measure, CPU", "6.7 x", 4),
    Target("memory", "memory of each process, W2", "37 MB", 45, "MB"),
    Target("queue_two_1", f"{QUEUE}: two-year runs, one worker", "0.55", 0.75, "", least=True),
    Target("queue_two_2", f"{QUEUE}: two-year runs, two workers", "0.52", 0.75, "", least=True),
    Target("queue_ten_1", f"{QUEUE}: ten holdings, ten years, one worker", "0.84", 0.9, "", least=True),
    Target("queue_ten_2", f"{QUEUE}: ten holdings, ten years, two workers", "0.70", 0.8, "", least=True),
    Target("get_p99", "GET of a job while both cores are busy, p99", "21 to 30 ms", 25, "ms"),
    Target("exponent_sessions", "fitted exponent over sessions", "", 1.1, ""),
    Target("sweep_each", "1,000 momentum configurations on W2, all metrics, one core, CPU of each", "", 0.055),
    Target("trust", "trust, all eight, W2, warm, CPU", "", 227),
    Target("pbo", "probability of overfitting, 1,000 settings, 16 blocks, CPU", "", 180),
    Target("sweep_processes", "the same, two processes against one, wall", "", 1.7, "", least=True, free_cores=True),
    Target("sweep_growth", "CPU of each of 100,000 configurations against each of 10,000", "", 1.1, ""),
    Target("sweep_memory", "memory of 100,000 configurations in one process", "", 200, "MB"),
    Target("sweep_silence", "longest time without progress, 10,000 configurations", "", 1, "s", free_cores=True),
    Target("sweep_workers", "10,000 configurations, two Celery workers against one", "", 1.7, "", least=True),
    Target("vectorbt_numba", "CPU of a configuration in vectorbt (numba) against ours", "", 60, "", least=True),
    Target("vectorbt_rust", "the same, vectorbt (rust)", "", 60, "", least=True),
    Target("rules", "a tree of 50 nodes, 20 symbols, 8,313 daily decisions, against momentum, CPU", "", 40, ""),
    Target("rules_nodes", "fitted exponent of a tree over nodes", "", 1.1, ""),
    Target("rules_decisions", "fitted exponent of a tree over decisions", "", 1.1, ""),
    Target("rules_symbols", "fitted exponent of a tree over symbols", "", 1.1, ""),
    Target("exponent_symbols", "fitted exponent over symbols", "", 1.1, ""),
    Target("exponent_rebalances", "fitted exponent over rebalances", "", 1.1, ""),
)


def shown(value: float, unit: str) -> str:
    """Return a figure with its unit, three significant digits."""
    return f"{value:.3g} {unit}".strip()


def asked(target: Target) -> str:
    """Return the bound in words."""
    words = f"at {'least' if target.least else 'most'} {shown(target.bound, target.unit)}"
    return f"{words} ({shown(target.further, target.unit)})" if target.further is not None else words


def used(target: Target, value: float) -> float:
    """Return how much of its bound a figure uses: at most 1 where it is met."""
    return target.bound / value if target.least else value / target.bound


def verdict(target: Target, value: float | None, *, busy: bool) -> str:
    """Tell whether a figure meets its target. busy: the cores were not free."""
    if value is None:
        return "not measured"
    if target.free_cores and busy:
        return "not judged: the cores were busy"
    if used(target, value) > 1:
        return "MISSED"
    return "met, the stricter one too" if target.further is not None and value <= target.further else "met"
