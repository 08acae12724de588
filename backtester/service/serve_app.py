"""The common part of the commands `api` and `sockets`: options, logs, traces, the server."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from backtester.runtime.command_parser import CommandParser
from backtester.runtime.signals import StopFlag
from backtester.service.http.server import serve
from backtester.service.service_settings import ServiceSettings, read_service_settings
from backtester.service.telemetry.logs import configure_logging
from backtester.service.telemetry.traces import configure_tracing


def serve_app(
    arguments: list[str],
    stop: StopFlag,
    create_app: Callable[[ServiceSettings], Any],
    *,
    name: str,
    about: str,
    port: int,
) -> int:
    """Serve an application, whose `state.service` is the Service, until SIGTERM or SIGINT; return the exit status."""
    parser = CommandParser.of(name, description=about)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=port, help="the port (%(default)s; 0 for any)")
    parser.add_argument("--port-option", default="--port", help=argparse.SUPPRESS)  # that of `serve`, in messages
    options = parser.parse_args(arguments)
    settings = read_service_settings()
    configure_logging(settings, name)
    configure_tracing(settings, name)
    app = create_app(settings)
    service = app.state.service
    service.authenticator.check_start(options.host)
    return serve(
        app, host=options.host, port=options.port, port_option=options.port_option, settings=settings, stop=stop,
        on_stop=service.stop,
    )  # fmt: skip
