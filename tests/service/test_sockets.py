"""Live updates as docs/how-to/service.md has them, by Socket.IO clients against the servers as they are run."""

import asyncio
import contextlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import socketio
import websockets

from tests.service.clients import Ear, client, complaints, running, slow_request
from tests.service.proxy import proxy_to
from tests.support.documents import assert_fits, assert_of_the_service, assert_schema
from tests.support.processes import PATIENCE, eventually
from tests.support.redis_server import free_port
from tests.support.sample_requests import request
from tests.support.service_stack import stack

pytestmark = pytest.mark.full

BAD = request(holdings=[{"symbol": "NOSUCH", "allocation": 1}], request_id="bad")
FAR = request(start_date="2015-01-02", end_date="2019-03-04")


@pytest.fixture(scope="module", params=["queue", "local"])
def service(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    with stack(folder, kind=request.param, workers=1, BACKTEST_HEADER_SECONDS="2") as running:
        running.other_url = running.sockets_url
        if request.param == "queue":
            port = free_port()
            running.start_sockets("sockets2", port)
            running.other_url = f"http://127.0.0.1:{port}"
        yield running
        assert complaints(running) == []


def test_a_backtest_that_is_started_is_acknowledged_and_followed_to_its_end(service):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            asked = slow_request(request_id="slow")
            ack = await ear.ask("start_backtest", asked)
            assert (ack["ok"], ack["job"]["id"]) == (True, ack["id"])
            assert_schema(ack["job"], "job")
            await ear.until(lambda heard: len(heard) > 3)
            assert set(ear.names) == {"backtest_progress"}
            cancelled = await ear.ask("cancel_backtest", ack["id"])
            assert cancelled["ok"] is True
            await ear.until("backtest_failed")
            await asyncio.sleep(0.3)
            return ack["id"], ear

    job_id, ear = asyncio.run(talk())
    assert ear.names[-1] == "backtest_failed"
    assert ear.ends(job_id) == ["backtest_failed"]
    said = ear.heard[-1][1]
    assert (said["id"], said["request_id"], said["status"]) == (job_id, "slow", "cancelled")
    assert said["error"]["code"] == "CANCELLED"
    assert_fits(said["error"])
    assert_of_the_service(said["error"])
    events = [data for name, data in ear.heard if name == "backtest_progress"]
    for event in events:
        assert_schema(event, "progress")
    assert [event["seq"] for event in events] == sorted({event["seq"] for event in events})
    shares = [event["progress"] for event in events]
    assert shares == sorted(shares)


def test_many_backtests_each_end_exactly_once_by_whichever_way_they_are_followed(service):
    async def talk():
        async with Ear(service.sockets_url) as ear, Ear(service.other_url) as other:
            assert await other.ask("subscribe") == {"ok": True, "id": None}
            assert (await ear.ask("subscribe"))["ok"]
            acks = await asyncio.gather(*(ear.ask("start_backtest", FAR) for _ in range(40)))  # computed once, at most
            ids = [ack["id"] for ack in acks]
            for one in (ear, other):
                await one.until(lambda heard: sum(name == "backtest_complete" for name, _ in heard) >= 40)
            await asyncio.sleep(0.5)
            return ids, ear, other

    ids, ear, other = asyncio.run(talk())
    for one in (ear, other):
        for job_id in ids:
            assert one.ends(job_id) == ["backtest_complete"]
            last = max(at for at, (_, data) in enumerate(one.heard) if data["id"] == job_id)
            assert one.heard[last][0] == "backtest_complete"  # and nothing after it
    result = next(data for name, data in ear.heard if name == "backtest_complete")
    assert (result["status"], result["results"]["success"]) == ("completed", True)
    assert_fits(result["results"])


def test_a_late_subscriber_gets_the_state_and_the_last_event(service):
    done = service.post("/backtests", request(request_id="late")).json()["id"]
    failed = service.post("/backtests", BAD).json()["id"]
    service.ended(done)
    service.ended(failed)

    async def talk():
        async with Ear(service.sockets_url) as ear:
            ack = await ear.ask("subscribe", {"id": done})
            assert ack["job"] == service.get(f"/backtests/{done}").json()
            await ear.until("backtest_complete")
            assert (await ear.ask("subscribe", failed))["job"]["result"]["code"] == "SYMBOL_NOT_FOUND"
            await ear.until("backtest_failed")
            await ear.ask("subscribe", done)  # and once more, because it was asked once more
            await ear.until(lambda _: len(ear.ends(done)) == 2)
            await asyncio.sleep(0.3)
            return ear

    ear = asyncio.run(talk())
    ends = [(name, data) for name, data in ear.heard if name != "backtest_progress"]
    assert [name for name, _ in ends] == ["backtest_complete", "backtest_failed", "backtest_complete"]
    assert ends[1][1]["request_id"] == "bad"


def test_who_lets_go_hears_nothing_more_and_who_comes_back_hears_the_rest(service):
    job = service.post("/backtests", slow_request()).json()
    running(service, job["id"])

    async def talk():
        async with Ear(service.sockets_url) as first:
            await first.ask("subscribe", job["id"])
            await first.until("backtest_progress")
            assert await first.ask("unsubscribe", job["id"]) == {"ok": True, "id": job["id"]}
            await asyncio.sleep(0.2)
            heard = len(first.heard)
            await asyncio.sleep(0.7)
            assert len(first.heard) == heard
        async with Ear(service.other_url) as again:
            ack = await again.ask("subscribe", job["id"])
            assert ack["job"]["status"] == "running"
            await again.until("backtest_progress")
            service.delete(job["links"]["self"])
            await again.until("backtest_failed")
            await asyncio.sleep(0.3)
            return again

    ear = asyncio.run(talk())
    assert ear.ends(job["id"]) == ["backtest_failed"]


def test_a_job_of_one_server_is_heard_on_every_other_and_over_rest(service):
    async def talk():
        async with Ear(service.sockets_url) as here, Ear(service.other_url) as there:
            await there.ask("subscribe")
            ack = await here.ask("start_backtest", json.dumps(request(request_id="far")))
            answer = await asyncio.to_thread(service.post, "/backtests", request(request_id="rest"))
            for job_id in (ack["id"], answer.json()["id"]):
                await there.until(lambda _, job_id=job_id: there.ends(job_id))
            batch = await asyncio.to_thread(service.post, "/backtests/batch", {"requests": [request(), BAD]})
            batch = batch.json()
            await there.until(lambda _: there.ends(batch["id"]))
            await here.until("backtest_complete")
            assert here.ends(ack["id"]) == ["backtest_complete"]
            return batch, there

    batch, there = asyncio.run(talk())
    told = next(data for name, data in there.heard if name == "backtest_complete" and data["id"] == batch["id"])
    assert told["status"] == "completed"
    assert_schema(told["results"], "job")
    assert told["results"]["counts"]["failed"] == 1


def test_a_client_that_wants_no_acknowledgement_hears_of_a_refusal_by_an_event(service):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            await ear.client.emit("start_backtest", request(strategy=5, request_id="wrong"))
            await ear.until("backtest_failed")
            await ear.client.emit("start_backtest", "{not json")
            await ear.until(lambda heard: len(heard) == 2)
            await ear.client.emit("start_backtest")
            await ear.until(lambda heard: len(heard) == 3)
            refused = await ear.ask("start_backtest", request(strategy=5))  # it says so; once is enough
            assert refused["error"]["code"] == "VALIDATION_FAILED"
            await asyncio.sleep(0.2)
            return ear

    ear = asyncio.run(talk())
    assert ear.names == ["backtest_failed"] * 3
    codes = [data["error"]["code"] for _, data in ear.heard]
    assert codes == ["VALIDATION_FAILED", "INVALID_JSON", "VALIDATION_FAILED"]
    for _, data in ear.heard:
        assert (data["id"], data["status"]) == (None, "failed")
        assert_fits(data["error"])
        assert_of_the_service(data["error"])
    assert ear.heard[0][1]["request_id"] == "wrong"


@pytest.mark.parametrize(
    ("event", "given", "code"),
    [
        ("start_backtest", ["\ud800"], "INVALID_JSON"), ("start_backtest", [b"{}"], "INVALID_JSON"),
        ("start_backtest", [{"a": b"x"}], "INVALID_JSON"), ("start_backtest", [float("nan")], "INVALID_JSON"),
        ("start_backtest", [json.loads("[" * 200 + "]" * 200)], "INVALID_JSON"),
        ("start_backtest", [None], "VALIDATION_FAILED"),
        ("start_backtest", [request(), {"priority": "now"}], "VALIDATION_FAILED"),
        ("start_backtest", [request(), {"priority": ["high"]}], "VALIDATION_FAILED"),
        ("start_backtest", [request(), {"other": 1}], "VALIDATION_FAILED"),
        ("start_backtest", [request(), [1]], "VALIDATION_FAILED"),
        ("start_backtest", [request(), {"idempotency_key": "\ud800"}], "VALIDATION_FAILED"),
        ("start_backtest", [request(), {"idempotency_key": "k" * 256}], "VALIDATION_FAILED"),
        ("start_backtest", [request(), {"idempotency_key": ""}], "VALIDATION_FAILED"),
        ("subscribe", ["job_x"], "NOT_FOUND"), ("subscribe", ["\0\ud800"], "NOT_FOUND"),
        ("subscribe", [5], "VALIDATION_FAILED"), ("subscribe", [b"x"], "VALIDATION_FAILED"),
        ("subscribe", [{"id": {}}], "VALIDATION_FAILED"),
        ("cancel_backtest", [], "VALIDATION_FAILED"), ("cancel_backtest", ["job_" + "a" * 34], "NOT_FOUND"),
        ("unsubscribe", [[1]], "VALIDATION_FAILED"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_acknowledged_as_refused(service, event, given, code):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            return await ear.ask(event, *given)

    ack = asyncio.run(talk())
    assert (ack["ok"], ack["error"]["code"]) == (False, code)
    assert_fits(ack["error"])
    assert_of_the_service(ack["error"])


def test_options_are_those_of_rest(service):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            options = {"idempotency_key": "over a socket", "priority": "high"}
            acks = [await ear.ask("start_backtest", request(), options) for _ in range(3)]
            other = await ear.ask("start_backtest", FAR, options)
            assert other["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
            return acks

    acks = asyncio.run(talk())
    assert len({ack["id"] for ack in acks}) == 1
    assert acks[0]["job"]["priority"] == "high"
    answer = service.post("/backtests", request(), headers={"Idempotency-Key": "over a socket"})
    assert answer.json()["id"] == acks[0]["id"]


def test_a_thousand_subscriptions_are_a_thousand_answers(service):
    jobs = [service.post("/backtests", request()).json()["id"] for _ in range(3)]
    for job_id in jobs:
        service.ended(job_id)

    async def talk():
        async with Ear(service.sockets_url) as ear:
            acks = await asyncio.gather(*(ear.ask("subscribe", jobs[at % 3]) for at in range(1000)))
            await ear.until(lambda heard: len(heard) >= 3)
            return acks

    acks = asyncio.run(talk())
    assert all(ack["ok"] for ack in acks)


async def opened(url):
    """Connect a bare websocket, as far as the handshake of Engine.IO."""
    websocket = await websockets.connect(f"{url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket",
                                         max_size=None, open_timeout=PATIENCE)  # fmt: skip
    assert (await websocket.recv()).startswith("0{")
    return websocket


async def until_closed(websocket):
    """Read until the other side closes."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await websocket.recv()


async def named(url):
    websocket = await opened(url)
    await websocket.send("40")
    assert (await websocket.recv()).startswith("40{")
    return websocket


MALFORMED = [
    "4", "42", "42{", "42[", "42[]", "42{}", '42"x"', "42[1]", "42[null]", '42[{"a":1}]', '42["connect",{}]', "43",
    "431", '42["disconnect"]', '42["connect",{"asgi.scope":{"headers":[],"client":["127.0.0.1",1]}},{}]', "439[]",
    "44", "45",
    '459999999999-["a"]', '451-["start_backtest",{"_placeholder":true,"num":9}]', "451-", "46", "47", "49", "4x", "4{}",
    "4[1]", '42/x,["start_backtest"]', "40/x,", "41/x,", "42" + "[" * 100_000, "42" + '{"a":' * 50_000, "4\0", "x", "",
    '42["start_backtest",' + "9" * 5000 + "]", "42" + "1" * 200 + '["subscribe"]', "9", "0", "1", "2", "3", "5", "6",
    b"\0\1\2", b"", b"4", "bAAAA", "b%%%", "\ud83d\ude00", '42["start_backtest (no acknowledgement)",{}]',
]  # fmt: skip


def test_a_malformed_packet_ends_its_connection_at_most_and_no_other(service):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            for way in (opened, named):
                for packet in MALFORMED:
                    websocket = await way(service.sockets_url)
                    try:
                        await websocket.send(packet)
                        if isinstance(packet, str) and packet.startswith("451-["):
                            await websocket.send(b"x")
                        await websocket.send('421["unsubscribe","x"]')
                        while "431" not in str(await asyncio.wait_for(websocket.recv(), 0.05)):
                            pass
                    except (websockets.ConnectionClosed, TimeoutError):
                        pass
                    finally:
                        await websocket.close()
            assert (await ear.ask("subscribe"))["ok"]

    asyncio.run(talk())


def test_an_event_that_nobody_knows_is_passed_over(service):
    async def talk():
        websocket = await named(service.sockets_url)
        await websocket.send('425["no_such_event",{"a":1}]')
        await websocket.send('426["*"]')
        await websocket.send('427["unsubscribe","x"]')
        assert await websocket.recv() == '437[{"ok": true, "id": "x"}]'.replace(": ", ":").replace(", ", ",")
        await websocket.close()

    asyncio.run(talk())


def test_a_connection_that_never_says_who_it_is_is_ended(service):
    async def talk():
        websocket = await opened(service.sockets_url)
        await asyncio.wait_for(until_closed(websocket), PATIENCE)

    asyncio.run(talk())


LIMIT = 5 << 20  # BACKTEST_MAX_REQUEST_BYTES


def assert_too_large(error):
    assert (error["code"], error["retryable"]) == ("REQUEST_TOO_LARGE", False)
    assert error["detail"] == f"The request is larger than {LIMIT} bytes."
    assert_fits(error)
    assert_of_the_service(error)


def test_a_request_beyond_the_limit_is_answered_and_the_connection_goes_on(service):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            for large in (
                request(strategy="x" * LIMIT), " " * LIMIT + json.dumps(request()),
                "[" + '"",' * (LIMIT // 3) + '""]',  # as text in JSON it is escaped, and nearly twice as long
                "x" * (4 * LIMIT),
            ):  # fmt: skip
                ack = await ear.ask("start_backtest", large)
                assert ack["ok"] is False
                assert_too_large(ack["error"])
            await ear.client.emit("start_backtest", request(strategy="x" * LIMIT))
            await ear.until("backtest_failed")
            assert (ear.heard[0][1]["id"], ear.heard[0][1]["status"]) == (None, "failed")
            assert_too_large(ear.heard[0][1]["error"])
            almost = request(strategy="x" * (LIMIT - 1000))
            assert (await ear.ask("start_backtest", almost))["error"]["code"] != "REQUEST_TOO_LARGE"
            assert (await ear.ask("subscribe"))["ok"]

    asyncio.run(talk())


def test_over_polling_a_request_beyond_the_limit_is_answered_too(service):
    with client(service.sockets_url) as http:
        at = "/socket.io/?EIO=4&transport=polling"
        sid = json.loads(http.get(at).text[1:])["sid"]
        assert http.post(f"{at}&sid={sid}", content="40").text == "OK"
        assert http.get(f"{at}&sid={sid}").text.startswith("40{")
        for size in (LIMIT + 1, 4 * LIMIT):
            assert http.post(f"{at}&sid={sid}", content=f'427["start_backtest","{"x" * size}"]').text == "OK"
            (ack,) = json.loads(http.get(f"{at}&sid={sid}").text.removeprefix("437"))
            assert_too_large(ack["error"])


def test_a_message_beyond_four_times_the_limit_ends_its_connection_alone(service):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            websocket = await named(service.sockets_url)
            with contextlib.suppress(websockets.ConnectionClosed):
                await websocket.send('421["start_backtest","' + "x" * (4 * LIMIT + (1 << 17)) + '"]')
            await asyncio.wait_for(until_closed(websocket), PATIENCE)
            assert (await ear.ask("subscribe"))["ok"]

    asyncio.run(talk())


def test_polling_is_bounded_and_answered_whatever_is_posted(service):
    with client(service.sockets_url) as http:
        at = "/socket.io/?EIO=4&transport=polling"
        sid = json.loads(http.get(at).text[1:])["sid"]
        assert http.post(f"{at}&sid={sid}", content="40").text == "OK"
        assert http.get(f"{at}&sid={sid}").text.startswith("40{")
        assert http.post(f"{at}&sid={sid}", content='421["unsubscribe","x"]').text == "OK"
        assert http.get(f"{at}&sid={sid}").text == '431[{"ok":true,"id":"x"}]'
        statuses = [
            http.post(f"{at}&sid={sid}", content=body).status_code
            for body in (b"garbage", b"\xff\xfe", b"4{" * 10, b"\x1e" * 100, b"2probe", b"", b"[" * 100_000)
        ]
        assert all(status < 500 for status in statuses)
        assert http.post(f"{at}&sid={sid}", content=b"x" * (40 << 20)).status_code == 413
        for query in ("", "?EIO=3", "?EIO=4&transport=x", f"{at}&sid=x", "?EIO=4&transport=polling&j=x"):
            assert http.get(f"/socket.io/{query.removeprefix('/socket.io/')}").status_code == 400
        for method in ("PUT", "DELETE", "TRACE", "PATCH"):
            assert 400 <= http.request(method, at).status_code < 500
        for path in ("/", "/nothing", "/backtests"):
            answer = http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
        answer = http.post("/health/live")
        assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert http.get("/health/ready").json()["status"] == "ok"


def test_a_client_that_does_not_read_holds_up_nobody(service):
    done = service.post("/backtests", request()).json()["id"]
    service.ended(done)

    async def talk():
        websocket = await named(service.sockets_url)
        websocket.transport.pause_reading()
        for at in range(300):  # some forty megabytes of answers that nobody reads
            await websocket.send(f'42{at}["subscribe","{done}"]')
        async with Ear(service.sockets_url) as ear:
            ack = await ear.ask("start_backtest", FAR)
            await ear.until("backtest_complete")
            assert ear.ends(ack["id"]) == ["backtest_complete"]
        websocket.transport.abort()
        await asyncio.sleep(0.1)

    asyncio.run(talk())
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(service.get, "/health/live").result().status_code == 200


def test_every_connection_that_was_counted_in_is_counted_out(service):
    def balance():
        lines = [json.loads(line) for line in service.log("sockets" if service.redis else "serve").splitlines()
                 if line.startswith("{")]  # fmt: skip
        events = [line.get("event") for line in lines if line.get("process") == "sockets"]
        return events.count("connected") - events.count("disconnected")

    # One that went without a word is missed by its pings: some 80 seconds at most.
    assert eventually(lambda: balance() == 0, within=150), balance()


@pytest.mark.parametrize("everything", [False, True])
def test_a_socket_that_reconnects_hears_of_its_jobs_again_and_of_an_end_in_between(service, everything):
    """A client of Socket.IO connects anew by itself, and does not ask again for what it had asked for."""

    async def talk():
        with proxy_to(service.sockets_port) as proxy:
            async with Ear(f"http://127.0.0.1:{proxy.port}", reconnection=True) as ear:
                if everything:
                    assert (await ear.ask("subscribe"))["ok"]
                    start = [(await asyncio.to_thread(service.post, "/backtests", slow_request())).json()["id"]
                             for _ in range(2)]  # fmt: skip
                else:
                    start = [(await ear.ask("start_backtest", slow_request()))["id"] for _ in range(2)]
                ended, going = start
                await ear.until("backtest_progress")
                ear.ended.clear()
                proxy.cut()
                await asyncio.wait_for(ear.ended.wait(), PATIENCE)
                await asyncio.to_thread(service.delete, f"/backtests/{ended}")
                await asyncio.to_thread(service.ended, ended)
                assert ear.ends(ended) == []
                proxy.restore()
                await ear.until(lambda _: ear.ends(ended))
                await asyncio.to_thread(service.delete, f"/backtests/{going}")
                await ear.until(lambda _: ear.ends(going))
                return [ear.ends(job_id) for job_id in start], ear

    ends, ear = asyncio.run(talk())
    assert ends == [["backtest_failed"]] * 2  # each once
    for name, data in ear.heard:
        if name == "backtest_failed":
            assert data["error"]["code"] == "CANCELLED"


def test_a_socket_that_left_hands_its_jobs_to_nobody(service):
    async def talk():
        async with Ear(service.sockets_url) as ear:
            job_id = (await ear.ask("start_backtest", slow_request()))["id"]
        async with Ear(service.sockets_url) as ear:
            await asyncio.to_thread(service.delete, f"/backtests/{job_id}")
            await asyncio.to_thread(service.ended, job_id)
            assert (await ear.ask("unsubscribe", "x"))["ok"]
            return job_id, ear.ends(job_id)

    assert asyncio.run(talk())[1] == []


@pytest.mark.parametrize("left", [False, True])
def test_a_client_that_polls_holds_up_no_server_that_is_to_stop(tmp_path, left):
    with stack(tmp_path, kind="local") as service:

        async def come() -> socketio.AsyncClient:
            client = socketio.AsyncClient(request_timeout=PATIENCE)
            await client.connect(service.sockets_url, transports=["polling"], wait_timeout=PATIENCE)
            assert (await client.call("subscribe", timeout=PATIENCE))["ok"]
            if left:
                await client.disconnect()
            return client

        with asyncio.Runner() as runner:
            client = runner.run(come())
            assert service.stop("serve", within=12) == 0  # a poll would wait for three times as long
            runner.run(client.disconnect())
