"""Why a store fails: in the error, without secrets, and in the log once until it works again."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis as client
from structlog.testing import capture_logs

from backtester.service.jobs.stores.job_store import JobStore, StoreError
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import read_service_settings
from tests.support.paths import ROOT
from tests.support.processes import eventually
from tests.support.redis_server import free_port, redis_server
from tests.unit.service.jobs.stores.test_job_store import admitted


def store_at(url: str) -> JobStore:
    return open_store(read_service_settings({"BACKTEST_REDIS_URL": url}))


def failure(store: JobStore) -> str:
    """Return the detail of a ping's error."""
    try:
        with pytest.raises(StoreError) as raised:
            store.ping()
    finally:
        store.close()
    assert (raised.value.code, raised.value.retry_after, raised.value.retryable) == ("SERVICE_UNAVAILABLE", 5, True)
    assert raised.value.detail.startswith("The job store fails. ")
    assert raised.value.detail.endswith(" Retry in 5 seconds.")
    return raised.value.detail.removeprefix("The job store fails. ").removesuffix(" Retry in 5 seconds.")


@pytest.mark.parametrize("credentials", ["", ":hush@", "hush:hush@"])
def test_a_password_that_is_wrong_or_missing(tmp_path, credentials):
    with redis_server(tmp_path, "--requirepass", "right") as server:
        url = f"redis://{credentials}127.0.0.1:{server.port}/0"
        assert failure(store_at(url)) == "Redis refuses the password, or needs one."


def test_a_user_who_may_not_write(tmp_path):
    with redis_server(tmp_path) as server, client.Redis.from_url(server.url) as operator:
        operator.acl_setuser("reader", enabled=True, passwords="+hush", keys="*", categories=["+@read", "+@connection"])
        url = f"redis://reader:hush@127.0.0.1:{server.port}"
        assert failure(store_at(url)) == "Redis does not allow its user the command."


def test_a_database_that_is_not_there(redis):
    assert failure(store_at(f"redis://127.0.0.1:{redis.port}/99")) == "Redis has no database of this number."


def test_nobody_listens(tmp_path):
    assert failure(store_at(f"redis://127.0.0.1:{free_port()}")) == "Redis refuses connections."
    missing = "A file of the connection to Redis, its socket or a certificate, does not exist."
    assert failure(store_at(f"unix://{tmp_path}/hush.sock")) == missing
    assert failure(store_at("redis://no.such.host.invalid")) == "The host name of Redis is unknown."


def test_a_redis_that_does_not_answer():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert failure(store_at(f"redis://127.0.0.1:{silent.getsockname()[1]}")) == "Redis does not answer in time."


def test_a_certificate_that_nobody_trusts_and_no_tls_at_all(tls_redis):
    server, certificate = tls_redis
    assert failure(store_at(f"rediss://127.0.0.1:{server.port}")) == "The certificate of Redis is not trusted."
    trusted = f"rediss://127.0.0.1:{server.port}/0?ssl_ca_certs={certificate}"
    assert failure(store_at(trusted)) == "Redis refuses the password, or needs one."
    missing = "A file of the connection to Redis, its socket or a certificate, does not exist."
    assert failure(store_at(f"{trusted}.hush")) == missing
    with socket.create_server(("127.0.0.1", 0)) as plain, ThreadPoolExecutor(1) as pool:

        def answer() -> None:
            for _ in range(2):  # and the second try
                with plain.accept()[0] as connection:
                    connection.recv(4096)
                    connection.sendall(b"-ERR no TLS here\r\n")

        answering = pool.submit(answer)
        store = store_at(f"rediss://127.0.0.1:{plain.getsockname()[1]}")
        assert failure(store) == "The TLS connection to Redis failed."
        answering.result()


def test_a_full_redis_and_a_replica_can_be_read_and_are_not_ready(tmp_path):
    with redis_server(tmp_path) as server, client.Redis.from_url(server.url) as operator:
        for name, value, reason in (
            ("maxmemory", "1", "Redis is full: its memory is used up."),
            ("replicaof", f"127.0.0.1 {free_port()}", "Redis is read-only."),
        ):
            store = store_at(server.url)
            store.ping()
            assert eventually(lambda: operator.keys("*") == [])  # the ping's key lasts a millisecond
            if name == "replicaof":
                operator.execute_command("REPLICAOF", *value.split())
            else:
                operator.config_set(name, value)
            assert store.job("job_x") is None
            with pytest.raises(StoreError, match=reason):
                admitted(store)
            assert failure(store) == reason
            operator.config_set("maxmemory", "0")


def test_a_redis_on_a_unix_socket_stores_jobs(tmp_path):
    path = tmp_path / "redis.sock"
    with redis_server(tmp_path, "--unixsocket", str(path), "--requirepass", "p@w"):
        store = store_at(f"unix://:p%40w@{path}?db=3")
        store.ping()
        (job_id,) = admitted(store)
        assert store.job(job_id).status == "queued"
        assert store.claim("w").id == job_id
        store.close()


def test_each_reason_is_logged_once_until_the_store_works_again(tmp_path):
    with redis_server(tmp_path) as server, client.Redis.from_url(server.url) as operator, capture_logs() as logged:
        store = store_at(server.url)
        for memory in ("1", "0", "1"):
            operator.config_set("maxmemory", memory)
            for _ in range(5):
                if memory == "1":
                    with pytest.raises(StoreError):
                        admitted(store)
                    store.job("job_x")
                else:
                    admitted(store)
        store.close()
    assert [(line["event"], line.get("reason")) for line in logged] == [
        ("store_unreachable", "Redis is full: its memory is used up."),
        ("store_recovered", None),
        ("store_unreachable", "Redis is full: its memory is used up."),
    ]


def file_store(folder: Path) -> JobStore:
    return open_store(read_service_settings({"BACKTEST_SERVICE_DIR": str(folder)}))


def test_a_file_that_is_none(tmp_path):
    (tmp_path / "jobs.sqlite").write_bytes(b"no database at all" * 1000)
    assert failure(file_store(tmp_path)) == "The file of jobs is no SQLite file."
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "jobs.sqlite").mkdir()
    assert failure(file_store(tmp_path / "sub")) == "The file of jobs cannot be opened."
    (tmp_path / "file").touch()
    assert failure(file_store(tmp_path / "file")) == "The folder of the file of jobs cannot be used."


def test_a_file_that_another_process_holds(tmp_path):
    store = file_store(tmp_path)
    store.ping()
    holder = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert failure(store) == "Another process holds the file of jobs."
    holder.close()


_IN_A_SMALL_DISK = """
import os, pathlib, subprocess, sys
from backtester.service.jobs.stores.job_store import StoreError
from tests.unit.service.jobs.stores.test_job_store import admitted
from tests.unit.service.jobs.stores.test_store_failures import failure, file_store

folder = sys.argv[1]
store = file_store(folder)
store.ping()
(job_id,) = admitted(store)
with open(f"{folder}/filler", "wb", buffering=0) as filler:
    try:
        while filler.write(b"x" * 4096):
            pass
    except OSError:
        pass
details = set()
for _ in range(50):  # what the write-ahead log has room for is taken first
    try:
        admitted(store)
    except StoreError as error:
        details.add(error.detail)
try:
    store.ping()
except StoreError as error:
    details.add(error.detail)
assert details == {"The job store fails. The disk is full. Retry in 5 seconds."}, details
assert store.job(job_id).status == "queued"
os.unlink(f"{folder}/filler")
store.ping()
admitted(store)
store.close()
assert subprocess.run(["mount", "-o", "remount,ro", folder]).returncode == 0
assert failure(file_store(folder)) in (
    "The file of jobs, or its folder, may not be written.", "The file of jobs cannot be opened."
)
"""


def test_a_full_disk_and_a_read_only_one_are_not_ready(tmp_path):
    inner = f'mount -t tmpfs -o size=600k none {tmp_path} && exec {sys.executable} -c "$0" {tmp_path}'
    ran = subprocess.run(["unshare", "-Urm", "sh", "-c", inner, _IN_A_SMALL_DISK], cwd=ROOT, capture_output=True,
                         text=True, timeout=120, check=False)  # fmt: skip
    if "unshare" in ran.stderr or "mount:" in ran.stderr:
        pytest.skip("this system gives no mounts of one's own")
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
