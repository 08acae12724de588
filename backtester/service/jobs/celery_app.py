"""The Celery application, its queues, and the wake-up: the message on which a worker runs jobs for about a second.

A wake-up names no job. A free worker claims the next job from the store, so priority and round robin hold however long
the queue is, a cancelled job is not claimed, and a wake-up that is delivered twice, late or never does no harm: one too
many finds nothing to do, and every worker sends those that are missing once a second. MOST_WAKE_UPS is enough for as
many workers; a message for each of ten thousand small jobs would cost more than the jobs.
"""

from __future__ import annotations

from typing import Any

import redis
from celery import Celery, group

from backtester.service.jobs.stores.redis_connection import connection_options
from backtester.service.redis_url import celery_url
from backtester.service.service_settings import ServiceSettings

QUEUE = "backtests"  # requests of Celery clients: run_backtest_task
WAKE_UP_QUEUE = "wake-ups"
KEY_PREFIX = "backtest:celery:"  # Redis's key of a queue is this and its name: backtest:celery:wake-ups
WAKE_UP_TASK = "backtester.run_next"
REQUEST_TASK = "run_backtest_task"
MOST_WAKE_UPS = 128  # that wait for a worker; further workers wake up one second later
WAKE_UP_SECONDS = 1.0  # a worker claims jobs for so long after a wake-up, and finishes the last one
_GRACE_SECONDS = 30.0  # between the longest deadline of a run and Celery's own, which kills
# After this a message that was received and not acknowledged is delivered again: what a killed worker held, or one that
# lost its connection. Shorter than many a run, which does no harm: see above, the same request twice is one job, and a
# worker does not take a wake-up again that it has (`adapters.celery.deliveries`).
_REDELIVERY_SECONDS = 15.0


def celery_app(settings: ServiceSettings) -> Celery:
    """Return the application with its queues and the rules for lost messages. Nothing is connected to."""
    hard_limit = settings.runner.max_timeout_seconds + WAKE_UP_SECONDS + _GRACE_SECONDS
    app = Celery("backtester", broker=celery_url(settings.redis_url))
    app.conf.update(
        task_queues={name: {"exchange": name, "routing_key": name} for name in (WAKE_UP_QUEUE, QUEUE)},
        task_default_queue=QUEUE,
        task_ignore_result=True,  # the store has the results
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=hard_limit,
        worker_prefetch_multiplier=2,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,  # Redis refuses when its memory is full: connect again, do not end the worker
        broker_transport_options={
            "visibility_timeout": _REDELIVERY_SECONDS,
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "global_keyprefix": KEY_PREFIX,
            "socket_connect_timeout": 2.0,
            "socket_timeout": 4.0,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "max_retries": 2,
            "interval_start": 0.0,
            "interval_step": 0.1,
            "interval_max": 0.3,
        },
        broker_pool_limit=10,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=True,
        worker_send_task_events=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        accept_content=["json"],
        task_serializer="json",
    )
    return app


class WakeUps:
    """Sends wake-ups. One that cannot be sent now, a worker sends within seconds: `top_up`."""

    def __init__(self, app: Celery, settings: ServiceSettings) -> None:
        """Take the application. Nothing is connected to before the first use."""
        assert settings.redis_url is not None
        self._app = app
        self._redis = redis.Redis.from_url(settings.redis_url, **connection_options(settings.redis_url))

    def send(self, count: int, *, after_seconds: float = 0.0) -> None:
        """Send wake-ups for so many jobs, now or later, unless enough wait already."""
        from kombu.exceptions import OperationalError

        options: dict[str, Any] = {"queue": WAKE_UP_QUEUE, "retry": False, "ignore_result": True}
        if after_seconds > 0:
            options["countdown"] = after_seconds
        wake_up = self._app.signature(WAKE_UP_TASK)
        try:
            wanted = min(count, MOST_WAKE_UPS - self._waiting())
            if wanted == 1:
                wake_up.apply_async(**options)
            elif wanted > 1:
                group([wake_up] * wanted).apply_async(**options)
        except (OperationalError, OSError, redis.exceptions.RedisError):
            return  # the store, in the same Redis, logs why

    def top_up(self, jobs: int) -> None:
        """Send the missing wake-ups when so many jobs wait."""
        try:
            missing = min(jobs, MOST_WAKE_UPS) - self._waiting()
        except redis.exceptions.RedisError:
            return
        if missing > 0:
            self.send(missing)

    def _waiting(self) -> int:
        return int(self._redis.llen(KEY_PREFIX + WAKE_UP_QUEUE))
