"""Requests that arrive while Redis goes away.

kombu takes a message out of its queue, and writes then that it has not been acknowledged. Where Redis goes in between,
the message would be lost: it is put back into its queue with the next connection.
"""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from kombu.transport.redis import Channel, QoS

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


def install(steps: Any) -> None:
    """Have the workers of an app do so. steps: its `steps`."""
    Channel.QoS = RedeliveringQoS
    steps["consumer"].add(Redelivery)
