"""Traces over OTLP. Without `otlp_endpoint` nothing is imported and every function does nothing."""

from __future__ import annotations

import atexit
import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from backtester.service.service_settings import ServiceSettings
from backtester.settings import SettingsError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

EXPORT_SECONDS = 5.0
FLUSH_SECONDS = 3.0  # the longest that a collector which is down delays the end of a process
NOT_TRACED = "/health/.*,/metrics"


class _Tracing(NamedTuple):
    provider: TracerProvider
    tracer: Tracer


_tracing: _Tracing | None = None


def configure_tracing(settings: ServiceSettings, process: str) -> None:
    """Send this process' spans to `settings.otlp_endpoint`, as the service `backtest-<process>`.

    A forked process calls it again. Spans for a collector that is slow or down are dropped. SettingsError where an
    endpoint is set and opentelemetry is not installed.
    """
    global _tracing
    if settings.otlp_endpoint is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise _not_installed("opentelemetry-sdk opentelemetry-exporter-otlp-proto-http") from None
    endpoint = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    resource = Resource.create({"service.name": f"backtest-{process}"})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)  # at exit it would wait for 30 seconds
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS)))
    _tracing = _Tracing(provider, provider.get_tracer("backtester"))
    atexit.register(_end, provider)


def instrument(app: FastAPI) -> None:
    """Trace the requests of a FastAPI application, except health and metrics."""
    if _tracing is None:
        return
    try:
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    except ImportError:
        raise _not_installed("opentelemetry-instrumentation-fastapi") from None
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=_tracing.provider,
        excluded_urls=NOT_TRACED,
        exclude_spans=["receive", "send"],  # a stream would make a span for each event
    )


def current_traceparent() -> str | None:
    """Return the current span as W3C's `traceparent`, to be stored with a job; None outside of one."""
    if _tracing is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


@contextlib.contextmanager
def span(name: str, traceparent: str | None = None, **attributes: str | int | float | bool | None) -> Iterator[None]:
    """Trace the block as a child of `traceparent`, else of the current span.

    attributes: those that are None are left out. Of an exception, which passes, the span has the class alone: its text
    may repeat the request.
    """
    if _tracing is None:
        yield
        return
    from opentelemetry.trace import Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent}) if traceparent else None
    with _tracing.tracer.start_as_current_span(
        name,
        context=context,
        attributes={key: value for key, value in attributes.items() if value is not None},
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _not_installed(packages: str) -> SettingsError:
    return SettingsError(f"BACKTEST_OTLP_ENDPOINT is set, but opentelemetry is not installed; pip install {packages}")


def _end(provider: TracerProvider) -> None:
    """Send the remaining spans, for FLUSH_SECONDS at most."""
    ending = threading.Thread(target=provider.shutdown, name="traces-end", daemon=True)
    with contextlib.suppress(RuntimeError):  # the interpreter ends and starts no thread
        ending.start()
        ending.join(FLUSH_SECONDS)
