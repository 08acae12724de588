"""deploy/Dockerfile and deploy/compose.yaml as they are written; the tests beside this build and run them."""

import hashlib
import http.server
import re
import stat
import subprocess
import sys
import threading

import pytest
import yaml

from backtester._version import __version__
from backtester.service.service_settings import SERVICE_SETTINGS
from backtester.settings import SETTINGS
from tests.support.paths import ROOT

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]
each_service = pytest.mark.parametrize("name", SERVICES)


def instructions(word):
    """Return the arguments of every instruction of a kind, its lines joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE))
    return re.findall(rf"(?m)^{word} (.*)$", joined)


def test_there_are_the_services_that_are_meant():
    assert set(SERVICES) == {"nextjs", "python", "sockets", "worker", "redis", "keys"}
    assert [name for name, one in SERVICES.items() if "profiles" in one] == ["keys"], "a tool, started by hand"


@each_service
def test_a_service_is_shut_in_and_has_limits(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "container_name"} & set(service)
    assert all("size=" in place for place in service["tmpfs"])
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"] > 0
    assert service["logging"]["options"]["max-size"]


@each_service
def test_a_service_is_started_again_and_looked_after(name):
    service = SERVICES[name]
    if "profiles" in service:
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries", "start_period"} <= set(service["healthcheck"])
    assert service["stop_grace_period"]
    assert not isinstance(service.get("depends_on", []), dict), "a condition: every process waits for Redis by itself"


@each_service
def test_every_variable_that_is_set_is_a_setting(name):
    app = (ROOT / "examples" / "web" / "lib" / "server" / "settings.ts").read_text("utf-8")
    known = set(re.findall(r"(?:env\.|env, ')(\w+)", app)) if name == "nextjs" else {*SETTINGS, *SERVICE_SETTINGS}
    given = set(SERVICES[name].get("environment", {}))
    assert given <= known
    assert not given & {"BACKTEST_SECRET", "BACKTEST_REDIS_URL"}, "secrets come from files"


@each_service
def test_secrets_are_files_that_are_declared_and_made(name, tmp_path):
    for secret in SERVICES[name].get("secrets", []):
        assert COMPOSE["secrets"][secret] == {"file": f"${{SECRETS_DIR:-./secrets}}/{secret}"}
    paths = re.findall(r"/run/secrets/(\w+)", str(SERVICES[name]))
    assert set(paths) == set(SERVICES[name].get("secrets", [])), "each is mounted where it is read, and nowhere else"


@each_service
def test_ports_are_published_on_this_machine_alone(name):
    for port in SERVICES[name].get("ports", []):
        assert port["host_ip"] == "${BIND_ADDRESS:-127.0.0.1}"
        assert re.fullmatch(rf"\$\{{[A-Z]+_PORT:-{port['target']}\}}", port["published"])


def test_redis_is_on_a_network_of_its_own_that_leads_nowhere():
    assert SERVICES["redis"]["networks"] == ["queue"]
    assert COMPOSE["networks"]["queue"] == {"internal": True}
    assert [name for name, one in SERVICES.items() if "queue" in one.get("networks", [])] == [
        "python", "sockets", "worker", "redis",
    ]  # fmt: skip
    assert "ports" not in SERVICES["redis"]


def test_redis_keeps_what_it_was_given_and_refuses_rather_than_forgets():
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "--maxmemory ${" in command


@each_service
def test_an_image_has_a_target_and_the_version(name):
    image, target = SERVICES[name]["image"], SERVICES[name].get("build", {}).get("target")
    if name == "redis":
        assert re.fullmatch(r"docker\.io/library/redis:7\.\d+-bookworm", image)
        return
    assert image.split(":") == [f"backtest-runner/{target or 'api'}", __version__]
    assert any(stage.endswith(f" AS {target or 'api'}") for stage in instructions("FROM"))


def test_base_images_are_pinned():
    arguments = dict(argument.split("=") for argument in instructions("ARG") if "=" in argument)
    assert arguments
    for image in arguments.values():
        assert re.fullmatch(r"docker\.io/library/\w+:\d[\w.]*-[\w-]+", image)
    stages = [stage.split() for stage in instructions("FROM")]
    names = {stage[-1] for stage in stages}
    assert all(stage[0] in names or stage[0].strip("${}") in arguments for stage in stages)


def test_no_image_runs_as_root_or_through_a_shell():
    assert set(instructions("USER")) == {"10001:10001"}
    final = dict(re.findall(r"(?ms)^FROM \S+ AS (\w+)$(.*?)(?=^FROM |\Z)", DOCKERFILE))
    for target in ("runner", "api", "worker", "nextjs"):
        assert re.search(r"(?m)^(ENTRYPOINT|CMD) \[\"", final[target]), f"{target} would not get SIGTERM"
        assert target == "runner" or "HEALTHCHECK" in final[target]


def test_what_is_copied_is_there_and_let_through():
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert "*" in allowed, "what is not named stays out: secrets above all"
    open_paths = [line[1:] for line in allowed if line.startswith("!")]
    assert all((ROOT / path).exists() for path in open_paths)
    for copied in instructions("COPY"):
        if copied.startswith("--from="):
            continue
        for path in copied.split()[:-1]:
            assert (ROOT / path).exists(), path
            assert any(path == one or path.startswith(f"{one}/") for one in open_paths), path


def test_secrets_are_made_once_and_fit_together(tmp_path):
    folder = tmp_path / "secrets"
    make = [str(DEPLOY / "make_secrets.sh"), str(folder)]
    subprocess.run(make, check=True, capture_output=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700, "what keeps others out, for the files are read by other users"
    made = {path.name: path for path in folder.iterdir()}
    assert set(COMPOSE["secrets"]) == set(made) - {".gitignore"}
    assert all(stat.S_IMODE(made[name].stat().st_mode) == 0o444 for name in COMPOSE["secrets"])
    texts = {name: path.read_text() for name, path in made.items()}
    password = texts["redis_password"]
    assert len(password) == len(texts["token_secret"]) == 64
    assert texts["redis_url"] == f"redis://:{password}@redis:6379/0"
    assert f"#{hashlib.sha256(password.encode()).hexdigest()} " in texts["redis_users"]
    assert password not in texts["redis_users"]
    assert texts[".gitignore"] == "*\n"
    again = subprocess.run(make, capture_output=True, text=True)
    assert again.returncode == 1
    assert "already" in again.stderr
    assert {name: path.read_text() for name, path in made.items()} == texts


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health/live" else 503)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_health_check_tells_a_server_that_is_well_from_others():
    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def status(path):
        command = [sys.executable, "-IS", str(DEPLOY / "container_health.py"), str(server.server_port), path]
        done = subprocess.run(command, capture_output=True)
        assert done.stderr == b""
        return done.returncode

    try:
        assert status("/health/live") == 0
        assert status("/health/ready") == 1
    finally:
        server.shutdown()
        server.server_close()
    assert status("/health/live") == 1
