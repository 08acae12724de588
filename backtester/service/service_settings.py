"""The settings of the service, read from the environment here alone. A spawned run never imports this."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from typing import Any

from backtester.model.record import Record
from backtester.settings import MOST, Setting, Settings, SettingsError, read_settings

SERVICE_SETTINGS: dict[str, Setting] = {
    "BACKTEST_REDIS_URL": Setting(
        None,
        "The Redis that stores the jobs: `redis://:password@host:6379/0`, `rediss://…`, whose certificate is checked, "
        "or `unix:///path?db=0`. When unset, a SQLite file stores them.",
    ),
    "BACKTEST_REDIS_URL_FILE": Setting(None, "A file with that URL, for secrets."),
    "BACKTEST_SERVICE_DIR": Setting(
        None, "The folder of that SQLite file; `service` in the price store's folder when unset."
    ),
    "BACKTEST_AUTH": Setting(
        "auto",
        "`on`: every caller needs a key or token; `off`: callers on this machine need none, and others are refused; "
        "`auto`: off while neither a key nor a secret exists.",
    ),
    "BACKTEST_API_KEYS_FILE": Setting(
        None, "The file of hashed API keys; `keys.json` in BACKTEST_SERVICE_DIR when unset."
    ),
    "BACKTEST_SECRET": Setting(None, "Signs and checks the tokens of browsers (HS256); at least 32 characters."),
    "BACKTEST_SECRET_FILE": Setting(None, "A file with that secret."),
    "BACKTEST_TOKEN_MAX_SECONDS": Setting("3600", "The longest life of a token, seconds."),
    "BACKTEST_RATE_LIMIT": Setting(
        "600/minute", "The most requests of one key, or of one owner's tokens; `0` for no limit."
    ),
    "BACKTEST_CORS_ORIGINS": Setting(
        "http://localhost:3000,http://127.0.0.1:3000",
        "The origins of web pages that may call REST and sockets, comma-separated.",
    ),
    "BACKTEST_ROOT_PATH": Setting(
        None,
        "The path prefix that a proxy takes away, such as `/backtests-api`: it is put before the links that go out.",
    ),
    "BACKTEST_TRUSTED_PROXIES": Setting(
        None,
        "Addresses and networks, comma-separated, whose `X-Forwarded-Prefix` counts as BACKTEST_ROOT_PATH; none "
        "when unset.",
    ),
    "BACKTEST_SYNC_SECONDS": Setting(
        "30", "The longest time of `POST /backtest`, seconds; longer runs go to `POST /backtests`."
    ),
    "BACKTEST_QUEUE_LIMIT": Setting("20000", "The most jobs that wait; the next is refused with 429."),
    "BACKTEST_QUEUE_LIMIT_PER_OWNER": Setting("10000", "The most jobs of one owner that wait."),
    "BACKTEST_BATCH_LIMIT": Setting("1000", "The most requests of one batch."),
    "BACKTEST_ATTEMPTS": Setting("3", "The most attempts of a job."),
    "BACKTEST_RETRY_SECONDS": Setting(
        "2", "The pause before the second attempt, seconds; it doubles with each further one."
    ),
    "BACKTEST_LEASE_SECONDS": Setting(
        "15", "After so long without a heartbeat of its worker another one runs the job, seconds."
    ),
    "BACKTEST_JOB_TTL_SECONDS": Setting("86400", "How long an ended job and its result are stored, seconds."),
    "BACKTEST_HEADER_SECONDS": Setting("10", "The longest time for the headers of a request, seconds."),
    "BACKTEST_BODY_SECONDS": Setting("30", "The longest time for its body, seconds."),
    "BACKTEST_WRITE_SECONDS": Setting(
        "30", "The longest time that a client may leave a part of a response unread, seconds."
    ),
    "BACKTEST_LOG_LEVEL": Setting("info", "`debug`, `info`, `warning` or `error`; logs are JSON lines on stderr."),
    "BACKTEST_OTLP_ENDPOINT": Setting(
        None, "The collector of traces (OTLP over HTTP, `http://collector:4318`); no traces when unset."
    ),
}

AUTH_MODES = ("auto", "on", "off")
LOG_LEVELS = ("debug", "info", "warning", "error")
LEAST_SECRET = 32
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_ROOT_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]*[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")  # no part is `.` or `..`
_LONGEST_ROOT_PATH = 200


class ServiceSettings(Record):
    """The service's settings, parsed, and beside them the runner's own. Times in seconds."""

    runner: Settings
    redis_url: str | None
    service_dir: str
    auth: str
    api_keys_file: str
    secret: str | None
    token_max_seconds: float
    rate_limit: str | None
    cors_origins: tuple[str, ...]
    root_path: str
    trusted_proxies: tuple[Network, ...]
    sync_seconds: float
    queue_limit: int
    queue_limit_per_owner: int
    batch_limit: int
    attempts: int
    retry_seconds: float
    lease_seconds: float
    job_ttl_seconds: float
    header_seconds: float
    body_seconds: float
    write_seconds: float
    log_level: str
    otlp_endpoint: str | None


def read_service_settings(environ: Mapping[str, str] | None = None) -> ServiceSettings:
    """Read the settings from `environ` (default: the process's own); SettingsError names a bad one."""
    env = os.environ if environ is None else environ
    runner = read_settings(env)
    service_dir = env.get("BACKTEST_SERVICE_DIR") or os.path.join(runner.cache_dir, "service")
    return ServiceSettings(
        runner=runner,
        redis_url=_redis_url(_secret(env, "BACKTEST_REDIS_URL")),
        service_dir=service_dir,
        auth=_one_of(env, "BACKTEST_AUTH", AUTH_MODES),
        api_keys_file=env.get("BACKTEST_API_KEYS_FILE") or os.path.join(service_dir, "keys.json"),
        secret=_long_enough(_secret(env, "BACKTEST_SECRET")),
        token_max_seconds=_number(env, "BACKTEST_TOKEN_MAX_SECONDS", float, 1),
        rate_limit=_rate(_text(env, "BACKTEST_RATE_LIMIT")),
        cors_origins=_origins(_text(env, "BACKTEST_CORS_ORIGINS")),
        root_path=_root_path(_text(env, "BACKTEST_ROOT_PATH")),
        trusted_proxies=_networks(_text(env, "BACKTEST_TRUSTED_PROXIES")),
        sync_seconds=_number(env, "BACKTEST_SYNC_SECONDS", float, 0.1),
        queue_limit=_number(env, "BACKTEST_QUEUE_LIMIT", int, 1),
        queue_limit_per_owner=_number(env, "BACKTEST_QUEUE_LIMIT_PER_OWNER", int, 1),
        batch_limit=_number(env, "BACKTEST_BATCH_LIMIT", int, 1),
        attempts=_number(env, "BACKTEST_ATTEMPTS", int, 1),
        retry_seconds=_number(env, "BACKTEST_RETRY_SECONDS", float, 0),
        lease_seconds=_number(env, "BACKTEST_LEASE_SECONDS", float, 1),
        job_ttl_seconds=_number(env, "BACKTEST_JOB_TTL_SECONDS", float, 1),
        header_seconds=_number(env, "BACKTEST_HEADER_SECONDS", float, 0.1),
        body_seconds=_number(env, "BACKTEST_BODY_SECONDS", float, 0.1),
        write_seconds=_number(env, "BACKTEST_WRITE_SECONDS", float, 0.1),
        log_level=_one_of(env, "BACKTEST_LOG_LEVEL", LOG_LEVELS),
        otlp_endpoint=env.get("BACKTEST_OTLP_ENDPOINT") or None,
    )


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name) or SERVICE_SETTINGS[name].default or ""


def _number(env: Mapping[str, str], name: str, convert: type[int] | type[float], least: float) -> Any:
    try:
        value = convert(_text(env, name))
    except ValueError:
        raise SettingsError(f"{name} must be a number") from None
    if not least <= value <= MOST:
        raise SettingsError(f"{name} must be at least {least:g} and at most {MOST:g}")
    return value


def _one_of(env: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = _text(env, name).lower()
    if value not in allowed:
        raise SettingsError(f"{name} must be one of {', '.join(allowed)}")
    return value


def _secret(env: Mapping[str, str], name: str) -> str | None:
    """Return the value of `name`, or of the file that `name_FILE` names, as Docker and Kubernetes mount secrets."""
    path = env.get(f"{name}_FILE")
    if not path:
        return env.get(name) or None
    if env.get(name):
        raise SettingsError(f"set {name} or {name}_FILE, not both")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip() or None
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"the file that {name}_FILE names cannot be read") from None


def is_root_path(text: str) -> bool:
    """Return whether a text can be a path prefix: `/` and names, without a slash at its end, at most 200 characters."""
    return len(text) <= _LONGEST_ROOT_PATH and _ROOT_PATH.fullmatch(text) is not None


def _root_path(text: str) -> str:
    path = text.removesuffix("/")
    if path and not is_root_path(path):
        raise SettingsError("BACKTEST_ROOT_PATH must be a path such as /backtests-api")
    return path


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SettingsError("BACKTEST_TRUSTED_PROXIES must name addresses or networks, such as 10.0.0.0/8") from None


def _redis_url(url: str | None) -> str | None:
    if url is None:
        return None
    from backtester.service.redis_url import checked_redis_url

    return checked_redis_url(url)


def _long_enough(secret: str | None) -> str | None:
    if secret is not None and len(secret) < LEAST_SECRET:
        raise SettingsError(f"BACKTEST_SECRET must have at least {LEAST_SECRET} characters; try: openssl rand -hex 32")
    return secret


def _rate(text: str) -> str | None:
    if text.strip() == "0":
        return None
    from limits import parse

    try:
        parse(text)
    except ValueError:
        raise SettingsError("BACKTEST_RATE_LIMIT must be like 600/minute, or 0") from None
    return text


def _origins(text: str) -> tuple[str, ...]:
    origins = tuple(origin.strip().rstrip("/") for origin in text.split(",") if origin.strip())
    if "*" in origins:
        raise SettingsError("BACKTEST_CORS_ORIGINS must list origins; `*` would let any page use a visitor's token")
    for origin in origins:
        if not origin.startswith(("http://", "https://")) or "/" in origin.split("://", 1)[1]:
            raise SettingsError("BACKTEST_CORS_ORIGINS must be origins like https://app.example.com, comma-separated")
    return origins
