"""Celery, and the one message that it carries: a permit to run the jobs whose turn it is, for about a second.

A permit names no job. Which job is next is the store's to say when a worker has its hands free, so priorities and
fairness hold however long the queue is, a cancelled job is simply not there any more, and a permit that is delivered
twice, late or never does no harm: too many find nothing to do, and the sweep of every worker issues those that are
missing. There need not be more of them than workers: a message for each of ten thousand small jobs would cost more than
the jobs.
"""

from __future__ import annotations

from typing import Any

import redis
from celery import Celery, group

from backtester.service.jobs.redis_connection import connection_options, store_errors
from backtester.service.settings import ServiceSettings

QUEUE = "backtests"
KEY_PREFIX = "backtest:celery:"  # the permits that nobody has taken yet are the list backtest:celery:backtests
TASK = "backtester.run_next"
MOST_PERMITS = 128  # that nobody has taken yet; more workers than that are woken by and by
TURN_SECONDS = 1.0  # so long a permit lasts; what has begun by then is finished
_GRACE_SECONDS = 30.0  # between the longest deadline of a run and Celery's own, which kills


def celery_app(settings: ServiceSettings) -> Celery:
    """Return the application: its queue and how it is to treat what is lost. Nothing is connected to."""
    hard_limit = settings.runner.max_timeout_seconds + TURN_SECONDS + _GRACE_SECONDS
    app = Celery("backtester", broker=settings.redis_url)
    app.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,  # the store has the results
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=hard_limit,
        worker_prefetch_multiplier=2,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,  # a Redis that is full refuses: connected to again, not the worker's end
        broker_transport_options={
            "visibility_timeout": hard_limit + _GRACE_SECONDS,
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
    """Issues permits. What cannot be issued now, the sweep of a worker will."""

    def __init__(self, app: Celery, settings: ServiceSettings) -> None:
        """Take the application. Nothing is connected to before it is used."""
        assert settings.redis_url is not None
        self._app = app
        self._redis = redis.Redis.from_url(settings.redis_url, **connection_options())

    def issue(self, count: int, *, after_seconds: float = 0.0) -> None:
        """Issue permits for so many jobs, for now or for later, as far as there are not enough already."""
        from kombu.exceptions import OperationalError

        options: dict[str, Any] = {"queue": QUEUE, "retry": False, "ignore_result": True}
        if after_seconds > 0:
            options["countdown"] = after_seconds
        permit = self._app.signature(TASK)
        try:
            wanted = min(count, MOST_PERMITS - int(self._redis.llen(KEY_PREFIX + QUEUE)))
            if wanted == 1:
                permit.apply_async(**options)
            elif wanted > 1:
                group([permit] * wanted).apply_async(**options)
        except (OperationalError, OSError, redis.exceptions.RedisError):
            return

    def top_up(self, waiting: int) -> None:
        """Issue what is missing when so many jobs wait. StoreError."""
        with store_errors():
            missing = min(waiting, MOST_PERMITS) - int(self._redis.llen(KEY_PREFIX + QUEUE))
        if missing > 0:
            self.issue(missing)
