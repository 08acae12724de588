"""A message is neither lost when Redis dies at a bad moment, nor taken twice by a worker that has it."""

from __future__ import annotations

from types import SimpleNamespace

import kombu
import pytest
from celery.worker import state

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


def test_what_a_worker_has_it_does_not_take_again_and_what_it_lost_with_its_connection_it_does(monkeypatch):
    class Work:  # as Celery's Request: equal to itself alone
        id, name = "mine", "task"

    taken, acknowledged = [], []
    monkeypatch.setattr(deliveries, "default", lambda *_, **__: lambda message, *_: taken.append(message))
    receive = deliveries.once(None, None, SimpleNamespace(connection_errors=()))

    def arrives():
        receive(SimpleNamespace(headers={"id": "mine"}), b"", lambda *_: acknowledged.append("mine"), None, None)
        return len(taken), len(acknowledged)

    waiting, running = Work(), Work()
    try:
        assert arrives() == (1, 0)
        state.task_reserved(waiting)
        assert arrives() == (1, 1)
        state.reserved_requests.clear()  # when a connection breaks off; `requests` still has it
        assert arrives() == (2, 1)
        state.task_accepted(running)
        assert arrives() == (2, 2)
    finally:
        state.reset_state()
