"""Who gets in, who does not, and what nobody is told: keys, tokens, owners, limits, hosts, origins."""

import asyncio
import json
import subprocess
import sys
import time
import uuid

import httpx
import jwt
import pytest

from tests.service.clients import Ear, client, complaints, follow, raw_http, refused, running, slow_request
from tests.support.documents import assert_fits
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE, eventually
from tests.support.sample_requests import request
from tests.support.service_stack import Stack, stack

pytestmark = pytest.mark.full

SECRET = "a secret of the tests, which is long enough: 0123456789"
ORIGIN = "https://app.example.com"
ADDRESSES = iter(range(2, 250))  # of this machine, 127.0.0.x: failures are counted by address


def keys(service, *arguments):
    """Run `python -m backtester keys` on a service's file."""
    command = [sys.executable, "-m", "backtester", "keys", *arguments]
    return subprocess.run(command, cwd=ROOT, env=service.environ, capture_output=True, text=True, check=False)


def new_key(service, owner, scopes="run,read", *more):
    made = keys(service, "create", "--owner", owner, "--scopes", scopes, *more)
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert noticed(service, key) in (200, 403)
    return key


def noticed(service, key, *, good=True):
    """Ask until a change of the keys is noticed, not so often that asking is refused; return the last status."""
    with from_elsewhere(service) as http:
        for _ in range(15):
            status = http.get("/symbols", headers=bearer(key)).status_code
            if (status != 401) is good:
                break
            time.sleep(0.3)
        return status


def bearer(credential):
    return {"Authorization": f"Bearer {credential}"}


def token(owner="alice", scope="run read", seconds=600, secret=SECRET, algorithm="HS256", **claims):
    now = int(time.time())
    whole = {"aud": "backtest", "sub": owner, "scope": scope, "iat": now, "exp": now + seconds, **claims}
    return jwt.encode({key: value for key, value in whole.items() if value is not None}, secret, algorithm=algorithm)


@pytest.fixture(scope="module", params=["queue", "local"])
def service(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    settings = {"BACKTEST_AUTH": "on", "BACKTEST_SECRET": SECRET, "BACKTEST_API_KEYS_FILE": str(folder / "keys.json"),
                "BACKTEST_CORS_ORIGINS": ORIGIN}  # fmt: skip
    with stack(folder, kind=request.param, **settings) as running:
        running.alice = new_key(running, "alice")
        running.bob = new_key(running, "bob")
        yield running
        assert complaints(running) == []
        nothing_leaked(running)


def nothing_leaked(service):
    """Look for secrets in every log."""
    for path in service.folder.glob("*.log"):
        text = path.read_text("utf-8", "replace")
        for secret in (SECRET, service.alice.split("_", 2)[2], service.bob.split("_", 2)[2], "eyJhbGci"):
            assert secret not in text, path.name


def refusal(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert_fits(answer.json())
    for word in ("Traceback", ".py", str(ROOT), SECRET):
        assert word not in answer.text
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


def from_elsewhere(service):
    """Return a client with an address of its own."""
    transport = httpx.HTTPTransport(local_address=f"127.0.0.{next(ADDRESSES)}")
    return httpx.Client(base_url=service.url, transport=transport, timeout=PATIENCE)


ROUTES = [
    ("POST", "/backtest"), ("POST", "/backtests"), ("POST", "/backtests/batch"), ("GET", "/backtests"),
    ("GET", "/backtests/job_x"), ("GET", "/backtests/job_x/result"), ("GET", "/backtests/job_x/events"),
    ("DELETE", "/backtests/job_x"), ("GET", "/symbols"), ("GET", "/metrics"),
]  # fmt: skip


def test_nobody_gets_in_without_a_key(service):
    with from_elsewhere(service) as http:
        for method, path in ROUTES:
            refusal(http.request(method, path), 401, "UNAUTHENTICATED")
        for path in ("/health/live", "/health/ready", "/strategies", "/schemas/job", "/openapi.json", "/docs"):
            assert http.get(path).status_code == 200
        assert http.get("/health/live").json()["auth"] == "on"


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic YTpi", "Bearer x y", "Bearer btk_", "Bearer btk_aaaaaaaaaaaa_" + "a" * 43,
     "Bearer " + "x" * 20_000, "Bearer \xe9", "btk_aaaaaaaaaaaa_x"],
)  # fmt: skip
def test_what_is_no_key_gets_nobody_in(service, header):
    with from_elsewhere(service) as http:
        refusal(http.get("/backtests", headers={"Authorization": header.encode("latin-1")}), 401, "UNAUTHENTICATED")


def test_a_key_with_another_secret_and_half_a_key_get_nobody_in(service):
    with from_elsewhere(service) as http:
        for wrong in (service.alice[:-1], service.alice + "x", service.alice[:16] + service.bob[16:]):
            refusal(http.get("/backtests", headers=bearer(wrong)), 401, "UNAUTHENTICATED")
        assert http.get("/backtests", headers=bearer(service.alice)).status_code == 200
        assert http.get("/backtests", headers={"authorization": f"bearer   {service.alice}"}).status_code == 200


def test_tokens_are_taken_for_what_they_say_and_no_longer(service):
    with from_elsewhere(service) as http:
        assert http.get("/backtests", headers=bearer(token())).status_code == 200
        refusal(http.post("/backtests", headers=bearer(token(scope="read")), json=request()), 403, "FORBIDDEN")
        now = int(time.time())
        for wrong in (
            token(secret=SECRET + "x"), token(seconds=-10), token(aud="other"), token(seconds=4000), token(owner=None),
            token(exp=None), token(iat=None), token(iat=now + 3600, exp=now + 3700), token(nbf=now + 3600),
            token(owner="a b"), token(scope=5), token(secret=SECRET * 2, algorithm="HS512"),
            token(exp=float(now) * 1e300),
            jwt.encode({"aud": "backtest", "sub": "a", "iat": now, "exp": now + 60}, None, algorithm="none"),
        ):  # fmt: skip
            refusal(http.get("/backtests", headers=bearer(wrong)), 401, "UNAUTHENTICATED")


def test_every_scope_opens_what_it_is_for_and_nothing_else(service):
    wanted = {"run": (202, 403, 403, 403), "read": (403, 200, 403, 403), "metrics": (403, 403, 200, 403),
              "run,priority": (202, 403, 403, 202)}  # fmt: skip
    for scopes, statuses in wanted.items():
        headers = bearer(new_key(service, "carol", scopes))
        answers = (
            service.post("/backtests", request(), headers=headers), service.get("/backtests", headers=headers),
            service.get("/metrics", headers=headers),
            service.post("/backtests?priority=high", request(), headers=headers),
        )  # fmt: skip
        assert tuple(answer.status_code for answer in answers) == statuses
        for answer in answers:
            if answer.status_code == 403:
                refusal(answer, 403, "FORBIDDEN")
    assert service.post("/backtests?priority=low", request(), headers=bearer(service.alice)).status_code == 202


def test_another_owners_job_cannot_be_told_from_one_that_never_was(service):
    alice, bob = bearer(service.alice), bearer(service.bob)
    job = service.post("/backtests", slow_request(), headers=alice).json()
    batch = service.post("/backtests/batch", {"requests": [request()]}, headers=alice).json()
    running(service, job["id"], headers=alice)
    never = job["id"][:-1] + ("a" if job["id"][-1] != "a" else "b")

    def asked(job_id):
        ways = (("GET", ""), ("GET", "?wait=5"), ("GET", "/result"), ("GET", "/events"), ("DELETE", ""))
        answers = [service.http.request(method, f"/backtests/{job_id}{tail}", headers=bob) for method, tail in ways]
        return [(answer.status_code, answer.content, sorted(answer.headers)) for answer in answers]

    assert asked(job["id"]) == asked(never) == asked(batch["id"])
    assert {status for status, _, _ in asked(job["id"])} == {404}
    listed = [one["id"] for one in service.get("/backtests", headers=bob).json()["jobs"]]
    assert job["id"] not in listed
    assert batch["id"] not in listed
    cursor = service.get(f"/backtests?cursor={'9' * 15}.{job['id']}", headers=bob).json()["jobs"]
    assert job["id"] not in [one["id"] for one in cursor]
    again = service.post("/backtests", request(), headers={**bob, "Idempotency-Key": "shared"}).json()
    other = service.post("/backtests", request(), headers={**alice, "Idempotency-Key": "shared"}).json()
    assert again["id"] != other["id"]  # keys are each owner's own
    assert service.get(f"/backtests/{job['id']}", headers=alice).json()["status"] == "running"

    async def talk():
        async with Ear(service.sockets_url, token=service.bob) as ear:
            await ear.ask("subscribe")
            acks = [
                [await ear.ask(event, {"id": job_id}) for event in ("subscribe", "cancel_backtest")]
                for job_id in (job["id"], never)
            ]
            assert acks[0] == acks[1]
            assert acks[0][0]["error"]["code"] == "NOT_FOUND"
            await asyncio.to_thread(service.delete, f"/backtests/{job['id']}", headers=alice)
            await asyncio.sleep(1)
            return ear

    ear = asyncio.run(talk())
    assert not any(data["id"] == job["id"] for _, data in ear.heard)
    assert service.ended(job["id"], headers=alice)["status"] == "cancelled"
    same_owner = service.get(f"/backtests/{job['id']}", headers=bearer(token("alice")))
    assert same_owner.json()["status"] == "cancelled"


def test_a_key_that_is_revoked_or_expires_ends_what_it_has_open(service):
    key = new_key(service, "dave")
    job = service.post("/backtests", slow_request(), headers=bearer(service.alice)).json()  # keeps the worker busy
    mine = service.post("/backtests", request(), headers=bearer(key)).json()

    async def talk():
        async with (
            Ear(service.sockets_url, token=key) as one,
            Ear(service.sockets_url, token=token("dave", seconds=10)) as two,
            Ear(service.sockets_url, token=service.alice) as three,
        ):
            for ear in (one, two, three):
                assert (await ear.ask("subscribe"))["ok"]
            stream = asyncio.create_task(asyncio.to_thread(follow, service, mine["id"], headers=bearer(key)))
            await asyncio.sleep(0.3)
            revoked = await asyncio.to_thread(keys, service, "revoke", key)
            assert revoked.returncode == 0
            await asyncio.wait_for(asyncio.gather(one.ended.wait(), two.ended.wait()), PATIENCE)
            heard = await asyncio.wait_for(stream, PATIENCE)
            assert (await three.ask("cancel_backtest", job["id"]))["ok"]  # nobody else's is touched
            return heard

    heard = asyncio.run(talk())
    assert {event["event"] for event in heard} <= {"progress", "result"}
    assert noticed(service, key, good=False) == 401


def test_a_socket_needs_a_key_a_token_or_a_header(service):
    async def talk():
        for credential in (service.alice, token()):
            async with Ear(service.sockets_url, token=credential) as ear:
                assert (await ear.ask("subscribe"))["ok"]
        async with Ear(service.sockets_url, headers=bearer(service.alice)) as ear:
            assert (await ear.ask("subscribe"))["ok"]
        for wrong in (None, "", "x", "btk_x", service.alice[:-1], token(seconds=-60), {"a": 1}, ["x"], 5):
            async with refused(service.sockets_url, token=wrong) as ear:
                assert ear.refused["data"]["code"] == "UNAUTHENTICATED"
                assert_fits(ear.refused["data"])
        async with Ear(service.sockets_url, token=token(scope="read")) as ear:
            assert (await ear.ask("start_backtest", request()))["error"]["code"] == "FORBIDDEN"
            await ear.client.emit("start_backtest", request())
            await ear.until("backtest_failed")
        async with Ear(service.sockets_url, token=token(scope="run")) as ear:
            assert (await ear.ask("subscribe"))["error"]["code"] == "FORBIDDEN"
            high = await ear.ask("start_backtest", request(), {"priority": "high"})
            assert high["error"]["code"] == "FORBIDDEN"

    asyncio.run(talk())


def test_only_pages_on_the_list_are_answered(service):
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    good = service.http.options("/backtests", headers={"Origin": ORIGIN, **asks})
    assert (good.status_code, good.headers["access-control-allow-origin"]) == (200, ORIGIN)
    answer = service.get("/backtests", headers={"Origin": ORIGIN, **bearer(service.alice)})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "etag" in answer.headers["access-control-expose-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers
    refused_answer = service.get("/symbols", headers={"Origin": ORIGIN})
    assert refused_answer.headers["access-control-allow-origin"] == ORIGIN  # a page can read why
    at = "/socket.io/?EIO=4&transport=polling"
    with client(service.sockets_url) as sockets:
        assert sockets.get(at, headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN
        for foreign in ("https://evil.example", "null", ORIGIN + ".evil.example", "http://app.example.com", "*"):
            bad = service.http.options("/backtests", headers={"Origin": foreign, **asks})
            assert bad.status_code == 400
            plain = service.get("/health/live", headers={"Origin": foreign})
            polled = sockets.get(at, headers={"Origin": foreign})
            assert polled.status_code == 400
            for answer in (bad, plain, polled):
                assert "access-control-allow-origin" not in answer.headers

    async def talk():
        async with Ear(service.sockets_url, token=service.alice, headers={"Origin": ORIGIN}) as ear:
            assert (await ear.ask("subscribe"))["ok"]
        async with refused(service.sockets_url, token=service.alice, headers={"Origin": "https://evil.example"}):
            pass

    asyncio.run(talk())


def test_keys_are_made_listed_and_revoked_and_a_running_service_notices(service):
    made = keys(service, "create", "--owner", "erin", "--name", "a laptop", "--expires", "30m")
    key = made.stdout.strip()
    assert key.count("\n") == 0
    assert key not in made.stderr
    listed = json.loads(keys(service, "list", "--json").stdout)
    entry = next(one for one in listed if one["owner"] == "erin")
    assert (entry["name"], entry["scopes"], entry["status"]) == ("a laptop", ["run", "read"], "valid")
    secret = key.split("_", 2)[2]
    assert secret not in keys(service, "list", "--json").stdout
    stored = (service.folder / "keys.json").read_text()
    assert secret not in stored
    assert (service.folder / "keys.json").stat().st_mode & 0o077 == 0
    assert noticed(service, key) == 200
    keys(service, "revoke", entry["id"])
    assert noticed(service, key, good=False) == 401
    for wrong in (["revoke", "nosuch"], ["create", "--owner", "a b"], ["create", "--owner", "a", "--scopes", "all"],
                  ["create", "--owner", "a", "--expires", "0d"], ["create"], [], ["frobnicate"]):  # fmt: skip
        ran = keys(service, *wrong)
        assert ran.returncode == 2
        assert "Traceback" not in ran.stderr


def test_failures_to_get_in_are_counted_and_good_keys_are_not_shut_out_by_them(service):
    to_the_turn = 60 - time.time() % 60  # of the minute, where failures are forgotten
    if to_the_turn < 20:
        time.sleep(to_the_turn + 0.1)
    with from_elsewhere(service) as http:
        answers = [http.get("/backtests", headers=bearer("btk_x")) for _ in range(25)]
        assert [answer.status_code for answer in answers].count(429) == 5
        refusal(answers[-1], 429, "TOO_MANY_REQUESTS")
        assert int(answers[-1].headers["retry-after"]) > 0
        assert http.get("/backtests", headers=bearer(service.alice)).status_code == 200


@pytest.mark.parametrize("kind", ["queue", "local"])
def test_a_limit_holds_over_rest_and_sockets_and_says_when_there_is_more(kind, tmp_path):
    # An hour: at the turn of a window, which is at the clock's, one more is let in.
    with stack(tmp_path, kind=kind, workers=1, BACKTEST_RATE_LIMIT="6/hour") as service:
        answers = [service.get("/backtests") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429]
        assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["5", "4", "3", "2", "1", "0", "0"]
        assert {answer.headers["ratelimit-limit"] for answer in answers} == {"6"}
        assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
        assert answers[-1].headers["ratelimit-reset"] == answers[-1].headers["retry-after"]
        refusal(answers[-1], 429, "TOO_MANY_REQUESTS")
        assert service.get("/health/ready").status_code == 200

        async def talk():
            if kind == "queue":  # Redis counts for all processes together
                async with refused(service.sockets_url) as ear:
                    assert ear.refused["data"]["code"] == "TOO_MANY_REQUESTS"
                return
            async with Ear(service.sockets_url) as ear:
                acks = [await ear.ask("subscribe") for _ in range(6)]
                assert [ack["ok"] for ack in acks] == [True] * 5 + [False]
                assert acks[-1]["error"]["code"] == "TOO_MANY_REQUESTS"

        asyncio.run(talk())
        assert complaints(service) == []


@pytest.fixture(scope="module")
def open_service(tmp_path_factory):
    """Return a service on which nobody is asked who they are, and no page is on the list."""
    with stack(tmp_path_factory.mktemp("open"), kind="local", BACKTEST_CORS_ORIGINS=",") as running:
        yield running
        assert complaints(running) == []


def test_an_open_service_says_so_and_lets_in_this_machine(open_service):
    assert open_service.get("/health/live").json()["auth"] == "off"
    assert eventually(lambda: "Every caller on this machine is admitted" in open_service.log("serve"))
    assert open_service.get("/backtests").status_code == 200


def test_a_page_of_the_sockets_own_host_is_let_in_and_no_foreign_one(open_service):
    """A foreign name that resolves to this machine (DNS rebinding) is its own origin, and is refused by its name."""
    at, port = "/socket.io/?EIO=4&transport=polling", open_service.sockets_port
    with client(open_service.sockets_url) as sockets:
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LocalHost:{port}", "[::1]"):
            for scheme in ("http", "https"):  # a proxy may have ended TLS
                own = f"{scheme}://{host.lower()}"
                answer = sockets.get(at, headers={"Host": host, "Origin": own})
                assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, own)
        for foreign in (f"http://127.0.0.1:{port + 1}", "http://127.0.0.1", f"ftp://127.0.0.1:{port}", "null", "",
                        f"http://127.0.0.1:{port}.evil.example", f"http://x@127.0.0.1:{port}", "http://"):  # fmt: skip
            assert sockets.get(at, headers={"Origin": foreign}).status_code == (200 if foreign == "" else 400), foreign

    async def talk():
        async with Ear(open_service.sockets_url, headers={"Origin": open_service.sockets_url}) as ear:
            assert (await ear.ask("subscribe"))["ok"]
        rebound = {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}"}
        async with refused(open_service.sockets_url, headers=rebound) as ear:
            assert ear.refused["data"]["code"] == "FORBIDDEN"

    asyncio.run(talk())


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}, {"Via": "1.1 proxy"},
     {"X-Forwarded-Host": "localhost"}, {"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example"},
     {"Host": "localhost.evil.example:8000"}, {"Host": "10.0.0.1"}, {"Host": "[::2]"}, {"Host": "localhost@evil"}],
)  # fmt: skip
def test_an_open_service_lets_in_no_proxy_and_no_foreign_name(open_service, headers):
    refusal(open_service.get("/backtests", headers=headers), 403, "FORBIDDEN")
    refusal(open_service.post("/backtests", request(), headers=headers), 403, "FORBIDDEN")

    async def talk():
        async with refused(open_service.sockets_url, headers=headers) as ear:
            assert ear.refused["data"]["code"] == "FORBIDDEN"

    asyncio.run(talk())


def test_an_open_service_is_no_page_s_to_use(open_service):
    for origin in ("https://evil.example", "null", "http://localhost:3000"):
        at = {"Origin": origin}
        with client(open_service.sockets_url) as sockets:
            assert sockets.get("/socket.io/?EIO=4&transport=polling", headers=at).status_code == 400

        async def talk(at=at):
            async with refused(open_service.sockets_url, headers=at):
                pass

        asyncio.run(talk())
        preflight = {**at, "Access-Control-Request-Method": "DELETE"}
        assert open_service.http.options("/backtests/x", headers=preflight).status_code == 400
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):  # need no preflight
            answer = open_service.post("/backtests", request(), headers={**at, "Content-Type": kind})
            refusal(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_second_host_header_does_not_get_a_foreign_name_in(open_service):
    for first, second in (("localhost", "evil.example"), ("evil.example", "localhost")):
        sent = f"GET /backtests HTTP/1.1\r\nHost: {first}\r\nHost: {second}\r\nConnection: close\r\n\r\n"
        answer = raw_http(open_service.port, sent.encode())
        assert b" 200 " not in answer.split(b"\r\n")[0] or first == "localhost"


@pytest.mark.parametrize("command", ["serve", "api", "sockets"])
def test_an_open_service_does_not_start_where_others_could_reach_it(command, tmp_path):
    service = Stack(tmp_path, redis=None, environ={})
    service.http.close()
    for settings in ({}, {"BACKTEST_AUTH": "off", "BACKTEST_SECRET": SECRET}):
        ran = subprocess.run(
            [sys.executable, "-m", "backtester", command, "--host", "0.0.0.0", "--port", "0"], cwd=ROOT,
            env={**service.environ, **settings, "TEST_RUN_MARK": uuid.uuid4().hex}, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert ran.returncode == 1
        lines = ran.stderr.strip().splitlines()
        assert "keys create" in lines[-1]
        assert "Traceback" not in ran.stderr
        assert SECRET not in ran.stderr
