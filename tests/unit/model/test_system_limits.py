"""What the system refuses a process that has reached a limit, as a caller is told of it."""

import errno
import os
import subprocess
import sys

import pytest

from backtester.model.errors import from_exception

NO_THREAD = RuntimeError("can't start new thread")


def explained_apart(statements: str) -> list[str]:
    """Return the code and `retryable` of what the statements raise, in a process that they may limit."""
    lines = "".join(f"    {line}\n" for line in statements.splitlines())
    script = (
        "import mmap, os, resource, threading\nfrom backtester.model.errors import from_exception\n"
        f"try:\n{lines}except Exception as error:\n    found = from_exception(error)\n"
        "    os.write(1, f'{found.code} {found.retryable}'.encode())\n"
    )
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="RLIMIT_AS")
def test_a_thread_without_room_for_its_stack_lacks_memory():
    assert explained_apart("""\
mapped = int(open("/proc/self/statm").read().split()[0]) * mmap.PAGESIZE
resource.setrlimit(resource.RLIMIT_AS, (mapped + (4 << 20), -1))
threading.Thread(target=print).start()""") == ["MEMORY_LIMIT", "False"]


def test_a_thread_that_has_room_is_one_too_many():
    error = from_exception(NO_THREAD)
    assert (error.code, error.retryable) == ("ENVIRONMENT", True)
    assert "ulimit -u" in error.remedy


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_NOFILE")
def test_a_file_too_many_is_a_fault_of_the_environment_that_no_retry_heals():
    assert explained_apart("""\
resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
os.pipe()""") == ["ENVIRONMENT", "False"]


@pytest.mark.parametrize(("number", "retryable"), [(errno.ENFILE, True), (errno.EMFILE, False)])
def test_what_the_system_refuses_is_no_fault_of_the_program(number, retryable):
    error = from_exception(OSError(number, os.strerror(number)))
    assert (error.code, error.retryable) == ("ENVIRONMENT", retryable)
    assert error.remedy != "Send the request to the maintainers."


@pytest.mark.skipif(os.name == "nt", reason="RLIMIT_NPROC")
def test_a_process_too_many_is_a_fault_of_the_environment_that_a_retry_may_heal():
    assert explained_apart("""\
from backtester.runtime.process import fork
if os.geteuid() == 0:
    os.setuid(65534)  # to whom the limit applies
resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
if fork() == 0:
    os._exit(0)""") == ["ENVIRONMENT", "True"]


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("another"), OSError("without a number"), OSError(errno.EPERM, "no"),
        BlockingIOError(errno.EAGAIN, "of a socket"),
    ],
)  # fmt: skip
def test_any_other_exception_stays_unexpected(error):
    assert from_exception(error).code == "INTERNAL"
