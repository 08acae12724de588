"""A request that has left its queue when Redis dies is in it again: a real Redis, killed at that moment."""

from __future__ import annotations

import kombu
import pytest

from backtester.adapters.celery import deliveries
from tests.support.processes import PATIENCE
from tests.support.redis_server import redis_server

pytestmark = pytest.mark.full


def test_a_message_that_could_not_be_written_as_unacknowledged_is_put_back(tmp_path, monkeypatch):
    with redis_server(tmp_path, keep=True) as server:

        class Killed(deliveries.RedeliveringQoS):
            def append(self, message, delivery_tag):
                server.stop()
                super().append(message, delivery_tag)

        with kombu.Connection(server.url) as connection, connection.SimpleQueue("backtests") as queue:
            queue.put({"id": "mine"})
        monkeypatch.setattr(deliveries.Channel, "QoS", Killed)
        with (
            kombu.Connection(server.url) as connection,
            connection.SimpleQueue("backtests") as queue,
            pytest.raises(connection.connection_errors),
        ):
            queue.get(timeout=PATIENCE)
        monkeypatch.setattr(deliveries.Channel, "QoS", deliveries.RedeliveringQoS)
        server.start()

        with kombu.Connection(server.url) as connection, connection.SimpleQueue("backtests") as queue:
            with pytest.raises(queue.Empty):
                queue.get(block=False)
            deliveries.redeliver(connection.default_channel)
            message = queue.get(timeout=PATIENCE)
            message.ack()
            assert message.payload == {"id": "mine"}
            deliveries.redeliver(connection.default_channel)
            with pytest.raises(queue.Empty):
                queue.get(block=False)
