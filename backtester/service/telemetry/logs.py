"""Logs of structlog, logging and warnings: one JSON object a line on stderr, without secrets."""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import structlog
from structlog.types import EventDict, Processor

from backtester.service.service_settings import ServiceSettings
from backtester.service.telemetry.redaction import redact
from backtester.service.telemetry.writer import LineWriter

# Libraries with handlers of their own, or that make them where no level is set (socketio, engineio).
_LOUD = ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "celery.task", "celery.redirected", "kombu", "redis")
_CHATTY = ("socketio", "socketio.server", "socketio.client", "engineio", "engineio.server", "engineio.client")
_FIRST = ("timestamp", "level", "process", "event")


def configure_logging(settings: ServiceSettings, process: str) -> Callable[[], object]:
    """Write the events of structlog, logging and warnings to stderr, as JSON lines at `settings.log_level` and above.

    process: a field of every line: `api`, `sockets`, `worker`. A forked child may call it again. Returns a function
    that waits, two seconds at most, until everything is written; it is called at a regular exit. A thread writes the
    lines, so that a stderr that is blocked or closed holds up nothing.
    """
    level = logging.getLevelName(settings.log_level.upper())
    writer = LineWriter(_stderr())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        _named(process),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, redact, _render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _LogLines(writer),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, _render],
    )
    _configure_stdlib(_Handler(writer, formatter), level)
    _configure_hooks()
    atexit.register(writer.flush)
    return writer.flush


class _LogLines:
    """Passes structlog's lines to the writer."""

    def __init__(self, writer: LineWriter) -> None:
        self._writer = writer

    def msg(self, line: str) -> None:
        self._writer.write(line.encode("ascii"))

    debug = info = warning = error = critical = exception = fatal = warn = log = msg


class _Handler(logging.Handler):
    """Passes logging's records to the writer."""

    def __init__(self, writer: LineWriter, formatter: logging.Formatter) -> None:
        super().__init__()
        self._writer = writer
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:  # a message that does not fit its arguments; logging's own report would not be JSON
            event = {"level": "error", "event": "a log record could not be written", "error": type(error).__name__}
            line = _render(None, "", {**event, "logger": record.name})
        self._writer.write(line.encode("ascii"))


def _render(_logger: Any, _method: str, event: EventDict) -> str:
    ordered = {key: event[key] for key in _FIRST if key in event}
    return json.dumps({**ordered, **event}, separators=(",", ":"), default=repr)


def _named(process: str) -> Processor:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        event["pid"] = os.getpid()
        return event

    return add


def _configure_stdlib(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in (*_LOUD, *_CHATTY):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    for name in _CHATTY:  # at `info` they log every packet, bodies included
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)


def _configure_hooks() -> None:
    """Log uncaught exceptions of the process and its threads."""
    log = structlog.get_logger(__name__)

    def on_crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if issubclass(kind, Exception):
            log.critical("the process ends with an unexpected error", exc_info=(kind, error, traceback))

    def on_thread_crash(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and issubclass(args.exc_type, Exception):
            about = (args.exc_type, args.exc_value, args.exc_traceback)
            log.error("a thread ends with an unexpected error", exc_info=about)

    sys.excepthook = on_crash
    threading.excepthook = on_thread_crash


def _stderr() -> int:
    """Return the descriptor of stderr; a closed one is opened on /dev/null.

    Otherwise the next file or socket would get its number, and the logs.
    """
    try:
        os.fstat(2)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        if nowhere != 2:
            os.dup2(nowhere, 2)
            os.close(nowhere)
        return 2
    return 2 if sys.stderr is not None else os.open(os.devnull, os.O_WRONLY)
