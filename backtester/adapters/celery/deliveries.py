"""Messages that Redis would lose, or delivers twice.

kombu takes a message out of its queue, and writes then that it has not been acknowledged. Where Redis goes in between,
the message would be lost: it is put back into its queue with the next connection.

A message that is not acknowledged within some seconds is delivered again, also to the worker that still works on it.
Celery knows its work by the message's id: once the second had ended, the first could not be revoked any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import bootsteps
from celery.utils.log import get_logger
from celery.worker import state
from celery.worker.strategy import default
from kombu.transport.redis import Channel, QoS

ONCE = f"{__name__}:once"  # the option Strategy of a task
_log = get_logger(__name__)

_unwritten: list[tuple[dict[str, Any], str, str]] = []  # message, exchange, routing key


class RedeliveringQoS(QoS):
    """Remembers the messages of which Redis could not be told that they are unacknowledged."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Write that a message is unacknowledged."""
        try:
            super().append(message, delivery_tag)  # type: ignore[no-untyped-call]
        except self.channel.connection_errors:
            info = message.delivery_info
            _unwritten.append((message._raw, info["exchange"], info["routing_key"]))
            raise


class Redelivery(bootsteps.StartStopStep):  # type: ignore[misc]
    """Puts these messages back, in the worker's main process, whenever it is connected.

    One that was written all the same is delivered twice: the same id twice is one job.
    """

    requires = ("celery.worker.consumer.connection:Connection",)

    def start(self, parent: Any) -> None:
        """Put them back. The connection's errors."""
        redeliver(parent.connection.default_channel)

    def stop(self, parent: Any) -> None:
        """Do nothing: what is remembered waits for the next connection."""


def redeliver(channel: Any) -> None:
    """Put the remembered messages back into their queues, to be taken next. The connection's errors."""
    while _unwritten:
        message, exchange, routing_key = _unwritten[-1]
        with channel.conn_or_acquire() as client, client.pipeline() as pipe:
            channel._do_restore_message(message, exchange, routing_key, pipe)
            pipe.execute()
        _unwritten.pop()


def once(task: Any, app: Any, consumer: Any, **options: Any) -> Callable[..., None]:
    """Return what receives a task's messages: as Celery does, but for those that this worker has.

    Such a one is acknowledged, as the first would be at its end: for a task whose message may be lost with its worker.
    """
    receive = default(task, app, consumer, **options)

    def receive_once(message: Any, body: Any, ack: Any, *rest: Any) -> None:
        held = state.requests.get(message.headers.get("id"))  # also what was given up with a connection that was lost
        if held in state.active_requests or held in state.reserved_requests:
            ack(_log, consumer.connection_errors)
        else:
            receive(message, body, ack, *rest)

    return receive_once


def install(steps: Any) -> None:
    """Have the workers of an app do so. steps: its `steps`."""
    Channel.QoS = RedeliveringQoS
    steps["consumer"].add(Redelivery)
