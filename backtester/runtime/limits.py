"""What a run may take: what its request asks for, as far as the operator allows it, and the cores there are."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from backtester.contract.check import CheckedRequest
from backtester.model.errors import BacktestError, RunWarning
from backtester.model.record import replace
from backtester.settings import Settings


def default_timeout() -> float:
    """Return the deadline that the schema gives a request that names none, seconds."""
    from backtester.contract.schemas import read_schema

    limits = read_schema("request")["properties"]["limits"]["properties"]
    return float(limits["timeout_seconds"]["default"])


def available_cores() -> int:
    """Return how many cores this process may use, by its affinity and the quota of its container (cgroup v2)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError), open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
        quota, period = map(int, file.read().split())  # "max" stands for no quota
        cores = min(cores, max(quota // period, 1))
    return cores


def known_request_id(document: Any) -> str | None:
    """Return the request's id if it has one that an answer may carry."""
    request_id = document.get("request_id") if isinstance(document, dict) else None
    return request_id if isinstance(request_id, str) and 0 < len(request_id) <= 128 else None


def id_in(raw: bytes, settings: Settings) -> str | None:
    """Return the id of a request that is not decoded yet, if it has one."""
    from backtester.codec.decode import decode

    try:
        return known_request_id(decode(raw, max_bytes=settings.max_request_bytes))
    except BacktestError:
        return None


def own_timeout(document: Any, settings: Settings) -> float | None:
    """Return the deadline that a decoded document asks for, as far as it is allowed; None: it names no valid one.

    For what is done before the document is checked: the request's own limit binds its check too.
    """
    limits = document.get("limits") if isinstance(document, dict) else None
    seconds = limits.get("timeout_seconds") if isinstance(limits, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not seconds > 0:
        return None
    return float(min(seconds, settings.max_timeout_seconds))


def within_limits(checked: CheckedRequest, settings: Settings) -> tuple[CheckedRequest, float, int]:
    """Return the request with a warning for each limit that the operator caps, and the limits that apply.

    Seconds, and MiB beyond what the interpreter takes.
    """
    warnings = list(checked.warnings)
    timeout = checked.timeout_seconds if checked.timeout_seconds is not None else settings.timeout_seconds
    if timeout > settings.max_timeout_seconds:
        timeout = settings.max_timeout_seconds
        # a request that says what it would get anyway, as every echoed one does, asks for nothing more
        if checked.timeout_seconds not in (None, default_timeout()):
            detail = f"The operator allows at most {timeout:g} seconds."
            warnings.append(RunWarning(code="TIMEOUT_CAPPED", detail=detail, pointer="/limits/timeout_seconds"))
    memory = checked.memory_mb if checked.memory_mb is not None else settings.memory_mb
    if memory > settings.memory_mb:
        memory = settings.memory_mb
        detail = f"The operator allows at most {memory} MiB."
        warnings.append(RunWarning(code="MEMORY_CAPPED", detail=detail, pointer="/limits/memory_mb"))
    return replace(checked, warnings=tuple(warnings)), timeout, memory
