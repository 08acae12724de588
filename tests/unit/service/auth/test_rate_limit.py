"""Rate limits: in memory and in a Redis of the tests' own, over TLS too, and while that is away."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from backtester.model.errors import AccessError
from backtester.service.auth.principal import Principal
from backtester.service.auth.rate_limit import PREFIX, Allowance, RateLimiter, connection_pool, network
from tests.unit.service.conftest import PASSWORD, PASSWORD_IN_URL

ALICE = Principal(owner="alice", scopes=frozenset(), key="key:a", expires_at=None)
BOB = Principal(owner="bob", scopes=frozenset(), key="token:bob", expires_at=None)


@pytest.fixture(params=["memory", "redis"])
def store(request) -> dict[str, str]:
    """The settings of one store, then of the other."""
    return {} if request.param == "memory" else {"BACKTEST_REDIS_URL": url_of(request.getfixturevalue("redis"))}


def url_of(redis, path: str = "/0") -> str:
    return f"redis://:{PASSWORD_IN_URL}@127.0.0.1:{redis.port}{path}"


def run(rates: RateLimiter, *steps):
    """Do the steps one after the other in one loop, and return what each returned or raised."""

    async def all_of_them():
        try:
            return [await outcome(step) for step in steps]
        finally:
            await rates.close()

    return asyncio.run(all_of_them())


async def outcome(step):
    try:
        return await step()
    except AccessError as error:
        return error


def test_what_is_allowed_is_counted_down_and_then_refused(settings_of, store):
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="5/hour", **store))
    *allowed, refused, bobs = run(rates, *[lambda: rates.spend(ALICE)] * 6, lambda: rates.spend(BOB))
    assert [allowance.limit for allowance in allowed] == [5] * 5
    assert [allowance.remaining for allowance in allowed] == [4, 3, 2, 1, 0]
    assert all(1 <= allowance.reset_seconds <= 3600 for allowance in allowed)
    assert refused.code == "TOO_MANY_REQUESTS"
    assert 1 <= refused.retry_after <= 3600
    assert refused.detail.startswith("You sent more than 5 requests in 3600 seconds. Retry in ")
    assert bobs.remaining == 4


def test_after_the_seconds_that_it_names_it_goes_on(settings_of, store):
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="3/2 seconds", **store))

    async def until_refused() -> int:
        try:
            while True:
                await rates.spend(ALICE)
        except AccessError as error:
            await asyncio.sleep(error.retry_after)
            return error.retry_after

    waited, then = run(rates, until_refused, lambda: rates.spend(ALICE))
    assert 1 <= waited <= 2
    assert then.limit == 3


def test_of_a_hundred_at_once_as_many_pass_as_may(settings_of, store):
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="30/hour", **store))

    async def all_at_once():
        return await asyncio.gather(*[outcome(lambda: rates.spend(ALICE)) for _ in range(300)])

    (outcomes,) = run(rates, all_at_once)
    assert sum(isinstance(one, Allowance) for one in outcomes) == 30
    assert rates.trouble is None


def test_two_processes_on_one_redis_count_together(settings_of, redis):
    settings = settings_of(BACKTEST_RATE_LIMIT="4/hour", BACKTEST_REDIS_URL=url_of(redis))
    first, second = RateLimiter(settings), RateLimiter(settings)
    assert [one.remaining for one in run(first, *[lambda: first.spend(ALICE)] * 2)] == [3, 2]
    assert [one.remaining for one in run(second, *[lambda: second.spend(ALICE)] * 2)] == [1, 0]


def test_what_is_written_to_redis_has_our_prefix_and_goes_away(settings_of, redis):
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="4/minute", BACKTEST_REDIS_URL=url_of(redis)))
    run(rates, lambda: rates.spend(ALICE), lambda: rates.spend_failure("10.0.0.1"))

    async def keys_with_seconds():
        from redis.asyncio import Redis

        async with Redis.from_url(url_of(redis)) as client:
            return {key.decode(): await client.ttl(key) for key in await client.keys("*")}

    found = asyncio.run(keys_with_seconds())
    assert len(found) == 2
    assert all(key.startswith(f"{PREFIX}:") and 0 < seconds <= 120 for key, seconds in found.items())


def test_without_a_limit_nothing_is_counted(settings_of, store):
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="0", **store))
    assert run(rates, *[lambda: rates.spend(ALICE)] * 50) == [Allowance()] * 50


def test_failures_of_one_address_are_limited_even_without_a_limit(settings_of, store):
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="0", **store))
    of_one, of_another = (lambda: rates.spend_failure("203.0.113.9")), (lambda: rates.spend_failure("203.0.113.8"))
    failures = run(rates, *[of_one] * 21, of_another)
    assert [isinstance(one, Allowance) for one in failures] == [True] * 20 + [False, True]
    assert failures[20].code == "TOO_MANY_REQUESTS"
    assert 1 <= failures[20].retry_after <= 60


@pytest.mark.parametrize(
    ("peer", "counted_as"),
    [
        ("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"), ("2001:db8:1:3::9", "2001:db8:1:3::"), (None, "unknown"),
        ("", "unknown"), ("x" * 10_000, "unknown"), ("fe80::1%eth0", "fe80::"),
    ],
)  # fmt: skip
def test_addresses_that_one_caller_has_are_counted_as_one(peer, counted_as):
    assert network(peer) == counted_as


def test_over_tls_with_a_password_it_counts_too(settings_of, tls_redis):
    redis, certificate = tls_redis
    url = f"rediss://default:{PASSWORD_IN_URL}@127.0.0.1:{redis.port}/0?ssl_ca_certs={certificate}"
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="5/hour", BACKTEST_REDIS_URL=url))
    assert [one.remaining for one in run(rates, *[lambda: rates.spend(ALICE)] * 2)] == [4, 3]


def test_a_certificate_that_nobody_trusts_counts_nothing(settings_of, tls_redis):
    url = f"rediss://:{PASSWORD_IN_URL}@127.0.0.1:{tls_redis[0].port}"
    rates = RateLimiter(settings_of(BACKTEST_REDIS_URL=url))
    assert run(rates, lambda: rates.spend(ALICE)) == [Allowance()]
    assert rates.trouble is not None


def test_while_redis_is_away_requests_pass_and_are_counted_again_when_it_is_back(settings_of, redis):
    rates = RateLimiter(settings_of(BACKTEST_RATE_LIMIT="5/hour", BACKTEST_REDIS_URL=url_of(redis)))

    async def whole_story():
        before = await rates.spend(ALICE)
        redis.stop()
        away = await rates.spend(ALICE)
        told = rates.trouble
        redis.start()
        async with asyncio.timeout(20):
            while (back := await rates.spend(ALICE)) == Allowance():
                await asyncio.sleep(0.05)
        return before, away, told, back

    ((before, away, told, back),) = run(rates, whole_story)
    assert before.remaining == 4
    assert away == Allowance()
    assert "Redis does not answer" in told
    assert PASSWORD not in told
    assert back.remaining == 4
    assert rates.trouble is None


def test_a_redis_that_hangs_holds_up_the_first_request_and_not_each(settings_of):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        rates = RateLimiter(settings_of(BACKTEST_REDIS_URL=f"redis://:secret@127.0.0.1:{silent.getsockname()[1]}"))
        assert run(rates, *[lambda: rates.spend(ALICE)] * 100) == [Allowance()] * 100
        assert len(waiting_on(silent)) == 2, "the first request, and its second try"


def waiting_on(server: socket.socket) -> list[socket.socket]:
    """Return the connections that were opened to a server that took none of them."""
    server.setblocking(False)
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            connection, _ = server.accept()
            connection.close()
            found.append(connection)
    return found


def test_a_wrong_password_counts_nothing_and_is_not_repeated(settings_of, redis):
    rates = RateLimiter(settings_of(BACKTEST_REDIS_URL=f"redis://:hush-hush@127.0.0.1:{redis.port}"))
    assert run(rates, lambda: rates.spend(ALICE)) == [Allowance()]
    assert rates.trouble is not None
    assert "hush" not in rates.trouble


@pytest.mark.parametrize(
    "url", ["redis://localhost", "redis://h/3", "rediss://u:p@h:1", "unix:///run/redis.sock?db=2", "redis://[::1]:6379"]
)
def test_every_usual_address_is_taken(url):
    asyncio.run(connection_pool(url).aclose())
