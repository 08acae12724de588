"""The stack while nothing goes wrong: its start, its limits, the ways that are closed, a backtest every way there is.

The tests go on from one another, in this order.
"""

import json

import httpx
import pytest
import socketio

from tests.deploy.compose.jobs import long_request, request, right_results, without_times
from tests.deploy.compose.stack import PATIENCE, SERVICES
from tests.support.processes import eventually

each_service = pytest.mark.parametrize("service", SERVICES)


def status(url):
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.TransportError:
        return 0


def test_without_redis_the_api_lives_and_says_that_it_is_not_ready(stack):
    assert eventually(lambda: status(f"{stack.api}/health/live") == 200, within=PATIENCE, every=0.2)
    assert status(f"{stack.api}/health/ready") == 503


def test_without_redis_a_worker_waits_for_it_and_is_not_healthy(stack):
    name = stack.name("worker")
    assert eventually(lambda: "Cannot connect" in stack.podman.logs(name), within=PATIENCE, every=0.2)
    assert not stack.healthy("worker")


def test_everything_is_healthy_once_redis_has_started_last_of_all(stack):
    stack.compose("up", "--detach", "redis")
    assert stack.all_healthy()
    assert {stack.podman.inspect(stack.name(name))["RestartCount"] for name in SERVICES} == {0}


@each_service
def test_a_service_has_limits_and_a_root_that_cannot_be_written_to(stack, service):
    host = stack.podman.inspect(stack.name(service))["HostConfig"]
    assert all(host[name] for name in ("Memory", "NanoCpus", "PidsLimit"))
    assert host["ReadonlyRootfs"]
    assert stack.inside(service, "sh", "-c", "touch /new || touch /etc/new || touch /var/new").returncode != 0


@each_service
def test_a_service_is_not_root_and_has_no_capability_and_no_new_privilege(stack, service):
    lines = stack.inside(service, "cat", "/proc/1/status").stdout.decode().splitlines()
    rights = dict(line.split(":\t") for line in lines if ":\t" in line)
    kept = [rights[name] for name in ("CapBnd", "CapEff", "NoNewPrivs", "Seccomp")]
    assert kept == ["0" * 16, "0" * 16, "1", "2"]
    assert rights["Uid"].split()[0] != "0"


@each_service
def test_a_service_is_published_on_this_machine_alone_or_not_at_all(stack, service):
    bindings = stack.podman.inspect(stack.name(service))["HostConfig"]["PortBindings"] or {}
    assert {place["HostIp"] for some in bindings.values() for place in some or ()} <= {"127.0.0.1"}


def test_no_secret_is_in_a_containers_settings_environment_or_command_line(stack):
    secrets = [(stack.secrets / name).read_text() for name in ("redis_password", "token_secret")]
    everything = json.dumps([stack.podman.inspect(stack.name(service)) for service in SERVICES])
    everything += stack.podman.text("top", stack.name("redis"), "args")
    assert not any(secret in everything for secret in secrets)


@pytest.mark.parametrize(("service", "port", "exit_status"), [("redis", 6379, 1), ("python", 8000, 0)])
def test_the_web_app_reaches_the_api_and_not_redis(stack, service, port, exit_status):
    reach = f"net.connect({port}, '{service}').on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
    assert stack.inside("nextjs", "node", "-e", reach).returncode == exit_status


def redis_cli(stack, *command):
    password = (stack.secrets / "redis_password").read_text()
    return stack.inside("redis", "env", f"REDISCLI_AUTH={password}", "redis-cli", *command).stdout.decode()


def test_redis_asks_for_a_password_and_takes_no_orders(stack):
    assert b"NOAUTH" in stack.inside("redis", "redis-cli", "dbsize").stdout
    for command in (["config", "get", "dir"], ["flushall"], ["shutdown", "nosave"], ["acl", "list"]):
        assert "NOPERM" in redis_cli(stack, *command), command


def test_redis_keeps_a_file_and_refuses_rather_than_forgets_when_it_is_full(stack):
    told = redis_cli(stack, "info", "everything").split()
    assert {"aof_enabled:1", "maxmemory_policy:noeviction", "maxmemory:536870912"} <= set(told)


def test_redis_has_no_way_out_of_its_network(stack):
    routes = stack.inside("redis", "cat", "/proc/net/route").stdout.decode().split("\n")[1:]
    assert routes
    assert [route for route in routes if route.split()[1:2] == ["00000000"]] == []


def test_the_api_knows_nobody_without_key_or_token(stack):
    assert status(f"{stack.api}/backtests") == 401


def test_the_web_app_has_its_page_which_may_ask_the_api_and_the_live_updates(stack):
    page = stack.service.web.get("/")
    assert page.is_success
    policy = page.headers["Content-Security-Policy"]
    assert stack.api in policy
    assert stack.sockets.replace("http", "ws") in policy


def test_a_backtest_through_the_web_apps_route_has_the_right_result(stack):
    asked = request(1)
    answer = stack.service.web.post("/api/python-backtest", json=asked)
    assert answer.is_success, answer.text
    assert without_times(answer.content) == right_results([asked])[asked["request_id"]]


def test_a_wrong_one_has_its_error_document(stack):
    answer = stack.service.web.post("/api/python-backtest", json={"strategy": "momentum"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_the_web_apps_stream_tells_of_progress_and_ends_with_the_result(stack):
    told = stack.service.web.post("/api/python-backtest/stream", json=request(2)).text
    assert "event: progress" in told
    assert told.count("event: result") == 1


def test_live_updates_tell_of_a_jobs_progress_and_its_right_result(stack):
    asked = long_request(1)
    heard = {"backtest_progress": [], "backtest_complete": [], "backtest_failed": []}
    client = socketio.Client(
        reconnection=False, request_timeout=PATIENCE, websocket_extra_options={"origin": stack.web}
    )
    for event, told in heard.items():
        client.on(event, told.append)
    login = {"token": stack.service.log_in()}
    client.connect(stack.sockets, transports=["websocket"], auth=login, wait_timeout=PATIENCE)
    connection = client.eio.ws  # a client that gave up a slow server leaves it open
    try:
        client.emit("start_backtest", asked)
        eventually(lambda: heard["backtest_complete"] or heard["backtest_failed"], within=PATIENCE, every=0.1)
    finally:
        client.disconnect()
        connection.shutdown()
    assert heard["backtest_failed"] == []
    (ended,) = heard["backtest_complete"]
    assert without_times(ended["results"]) == right_results([asked])[asked["request_id"]]
    assert heard["backtest_progress"]


def test_a_key_that_is_made_is_known_at_once_and_its_owner_sees_no_job_of_others(stack):
    stack.service.log_in()
    job = stack.service.ended(stack.service.submit(request(3)))
    assert job["status"] == "completed", job
    making = ("run", "--rm", "-T", "--no-deps", "keys", "create", "--owner", "alice")
    key = stack.compose(*making, options=("--profile", "tools")).strip()
    with httpx.Client(base_url=stack.api, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE) as alice:
        assert eventually(lambda: alice.get("/backtests").status_code == 200, every=0.2)
        assert alice.get(f"/backtests/{job['id']}").status_code == 404
