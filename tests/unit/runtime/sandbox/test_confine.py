"""The first step of confinement, by itself: what a process keeps that asked for it, and what it gives up."""

from __future__ import annotations

import ctypes
import mmap
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from backtester.runtime.sandbox import paths, seccomp
from backtester.runtime.sandbox.confine import drop_privileges, lock_down
from backtester.runtime.sandbox.kernel import leave_memory, shared_memory
from backtester.settings import Settings, read_settings
from tests.support.processes import apart


def settings(folder: Path) -> Settings:
    return read_settings({"BACKTEST_CACHE_DIR": str(folder / "store"), "BACKTEST_CSV_DIR": str(folder / "csv")})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("csv", "store", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x")
    return tmp_path


KEEPS_NOTHING: dict[str, Any] = {"store": False, "csv": False, "network": False, "processes": False}


@pytest.mark.parametrize(
    ("keeps", "path", "mode", "said"),
    [
        ({}, "csv/file", "r", "EACCES"), ({"csv": True}, "csv/file", "r", "x"),
        ({"csv": True}, "csv/file", "w", "EACCES"), ({}, "store/file", "r", "EACCES"),
        ({"store": True}, "store/file", "r", "x"), ({"store": True}, "store/new", "x", ""),
        ({"csv": True, "store": True, "network": True}, "other/file", "r", "EACCES"),
        ({"also": "other"}, "other/file", "r", "x"), ({"also": "other"}, "other/file", "w", "EACCES"),
    ],
)  # fmt: skip
def test_a_run_reaches_the_folders_it_asked_for_and_no_other(
    folder: Path, keeps: dict[str, Any], path: str, mode: str, said: str
) -> None:
    also = (str(folder / keeps.pop("also")),) if "also" in keeps else ()

    def work() -> Any:
        drop_privileges(settings(folder), **(KEEPS_NOTHING | keeps), also=also)
        with open(folder / path, mode) as file:
            return file.read() if mode == "r" else ""

    assert apart(work) == said


def test_only_who_may_ask_yahoo_opens_a_connection_and_only_to_its_ports(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def connect(*, network: bool, proxy: int | None) -> Any:
            if proxy:
                os.environ["HTTPS_PROXY"] = f"http://127.0.0.1:{proxy}"
            drop_privileges(settings(folder), **(KEEPS_NOTHING | {"network": network}))
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return "connected"

        assert apart(lambda: connect(network=True, proxy=port)) == "connected"
        assert apart(lambda: connect(network=True, proxy=None)) == "EACCES"
        assert apart(lambda: connect(network=False, proxy=port)) == "EPERM"


@pytest.mark.parametrize(
    ("proxy", "port"),
    [("http://127.0.0.1:3128", 3128), ("proxy.example:81", 81), ("socks5://u:p@host:9", 9), ("http://host", 1080),
     ("http://[", 1080), ("http://host:99999", 1080)],
)  # fmt: skip
def test_the_ports_are_those_of_https_names_and_the_proxies(
    proxy: str, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    assert paths.ports() == {443, 53}
    monkeypatch.setenv("ALL_PROXY", proxy)
    assert paths.ports() == {443, 53, port}


def test_threads_begin_where_processes_cannot(folder: Path) -> None:
    def work() -> Any:
        drop_privileges(settings(folder), **KEEPS_NOTHING)
        ran: list[bool] = []
        thread = threading.Thread(target=ran.append, args=(True,))
        thread.start()
        thread.join()
        try:
            os.fork()
        except PermissionError:
            return ran
        return "forked"

    assert apart(work) == [True]


def test_the_second_step_closes_what_the_first_left_open(folder: Path) -> None:
    def work() -> Any:
        drop_privileges(settings(folder), **(KEEPS_NOTHING | {"store": True, "processes": True}))
        inside = (folder / "store/file").read_text()
        steps = lock_down(seconds=1)
        try:
            (folder / "store/file").read_text()
        except PermissionError:
            return [inside, *(step.lacking for step in steps)]
        return "still open"

    assert apart(work) == ["x", None, None, None, None, None]


def test_signals_reach_this_process_and_no_other(folder: Path) -> None:
    def work() -> Any:
        drop_privileges(settings(folder), **KEEPS_NOTHING)
        lock_down(seconds=1)
        os.kill(os.getpid(), 0)
        found = []
        for pid in (os.getppid(), 0, -1, 1):
            try:
                os.kill(pid, 0)
            except PermissionError:
                found.append(pid)
        return len(found)

    assert apart(work) == 4


def test_a_strategy_that_decides_names_its_threads_and_does_nothing_else_to_its_process(folder: Path) -> None:
    def work() -> Any:
        drop_privileges(settings(folder), **(KEEPS_NOTHING | {"processes": True}))
        lock_down(seconds=1)
        library = ctypes.CDLL(None, use_errno=True)
        name = ctypes.create_string_buffer(b"thinks")
        options = {option: library.prctl(option, name, 0, 0, 0) for option in (15, 16, 1, 4, 26, 36, 0x59616D61)}
        return [*options.values()]

    assert apart(work) == [0, 0, -1, -1, -1, -1, -1]


def test_shared_memory_is_left_to_those_who_share_it() -> None:
    shared = mmap.mmap(-1, 8192)

    def work() -> Any:
        leave_memory(shared_memory())
        shared[:5] = b"other"
        return [shared_memory(), shared[:5].decode()]

    shared[:4] = b"mine"
    assert apart(work) == [[], "other"]
    assert shared[:5] == b"mine\0"


@pytest.mark.parametrize("asked", [0o170000, 1 << 40])
def test_a_log_that_is_a_large_file_already_is_written_on(folder: Path, asked: int) -> None:
    """RLIMIT_FSIZE is about the offset in a file, and stderr may be a log that others write."""

    def work() -> Any:
        log = os.open(folder / "log", os.O_CREAT | os.O_RDWR | os.O_APPEND)
        os.ftruncate(log, asked)
        os.dup2(log, 2)
        drop_privileges(settings(folder), **KEEPS_NOTHING)
        return os.write(2, b"a line\n")

    assert apart(work) == 7


@pytest.mark.parametrize(
    "path", ["/", "/ho", "/home", "/home/", "/home/me", "/home/me/", "/home/me/project", "/usr/lib/python3", "/homes"]
)
def test_the_home_folder_and_those_above_it_are_not_readable_for_being_on_the_path(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr("sys.path", [path])

    assert (path in paths.code()) == (path in ("/ho", "/home/me/project", "/usr/lib/python3", "/homes"))


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_the_numbers_are_those_that_libseccomp_knows(machine: str) -> None:
    library = ctypes.CDLL("libseccomp.so.2")
    found = seccomp.ARCHITECTURES[machine]

    def number(name: str) -> int:
        return int(library.seccomp_syscall_resolve_name_arch(ctypes.c_uint32(found.audit), name.encode()))

    tables = seccomp.NEVER | seccomp.NETWORK | seccomp.PROCESSES | seccomp.DECIDING | seccomp.TO_A_PROCESS
    tables = tables | {"clone": seccomp.CLONE, "clone3": seccomp.CLONE3}
    tables = tables | {"prlimit64": seccomp.LIMITS, "prctl": seccomp.PRCTL}
    for name, numbers in tables.items():
        ours, theirs = numbers[found.column], number(name)
        if name == "fchmodat2" and theirs == -1:  # younger than this libseccomp
            continue
        assert ours == (theirs if theirs >= 0 else None), name
    assert (number("capget"), number("capset")) == found.capabilities
    assert number("seccomp") == found.seccomp
    assert number("landlock_create_ruleset") == 444


def test_the_program_is_short_enough_for_its_jumps() -> None:
    tables = seccomp.NEVER | seccomp.NETWORK | seccomp.PROCESSES | seccomp.DECIDING
    for machine in seccomp.ARCHITECTURES.values():
        numbers = [entry[machine.column] for entry in tables.values()]
        program = seccomp.build(machine, [n for n in numbers if n is not None], processes=False, own=1)
        assert len(program) // 8 < 256


def test_an_unknown_processor_loses_two_steps_and_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "ARCHITECTURES", {})

    steps = lambda: (*drop_privileges(settings(folder), **KEEPS_NOTHING), *lock_down(seconds=1))  # noqa: E731
    lacking = apart(lambda: [step.lacking for step in steps()])

    assert [bool(why) for why in lacking] == [False, False, True, False, True] * 2


def test_elsewhere_than_on_linux_nothing_is_given_up_and_nothing_breaks(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.delattr("os.uname")

    steps = (*drop_privileges(settings(folder), **KEEPS_NOTHING), *lock_down(seconds=1))

    assert {step.lacking for step in steps} == {"only Linux has it"}


def test_root_keeps_no_power_but_over_its_own_files(folder: Path) -> None:
    def work() -> Any:
        drop_privileges(settings(folder), **(KEEPS_NOTHING | {"store": True}))
        (folder / "store/more").touch()
        refused = []
        for act in (lambda: os.setuid(1), lambda: os.nice(-1), lambda: os.chroot("/")):
            try:
                act()
            except PermissionError:
                refused.append(True)
        return refused

    assert apart(work) == [True, True, True]
