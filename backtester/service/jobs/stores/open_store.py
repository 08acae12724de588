"""Which store of jobs the settings name."""

from __future__ import annotations

from backtester.service.jobs.stores.job_store import JobStore
from backtester.service.service_settings import ServiceSettings


def open_store(settings: ServiceSettings) -> JobStore:
    """Return the store: Redis where `redis_url` is set, else the SQLite file.

    Nothing is connected to before its first use. SettingsError for a file that another version has written.
    """
    if settings.redis_url is not None:
        from backtester.service.jobs.stores.redis_store import RedisStore

        return RedisStore(settings)
    from backtester.service.jobs.stores.sqlite_store import SqliteStore

    return SqliteStore(settings)
