"""What a hostile plug-in would do: each deed raises OSError where it is refused.

`try_all` says on stderr which were refused (REFUSED name errno) and which were not (DID name).
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable

DEEDS: dict[str, Callable[[], object]] = {}
C = ctypes.CDLL(None, use_errno=True)


def deed(act: Callable[[], object]) -> Callable[[], object]:
    DEEDS[act.__name__] = act
    return act


def call(number: int, *arguments: object) -> int:
    done = C.syscall(ctypes.c_long(number), *arguments)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def child(pid: int) -> None:
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def target(name: str) -> str:
    return os.path.join(os.environ["DEEDS"], name)


@deed
def read_the_users():
    open("/etc/passwd").close()


@deed
def read_the_users_through_proc():
    open("/proc/self/root/etc/passwd").close()


@deed
def read_the_users_through_a_link():
    open(target("link")).close()


@deed
def read_the_environment_of_the_parent():
    open(f"/proc/{os.getppid()}/environ", "rb").close()


@deed
def read_a_secret():
    open(target("secret")).close()


@deed
def read_the_csv_folder():
    open(os.path.join(os.environ["BACKTEST_CSV_DIR"], "X.csv")).close()


@deed
def read_the_price_store():
    open(os.path.join(os.environ["BACKTEST_CACHE_DIR"], "prices.sqlite3"), "rb").close()


@deed
def list_the_root():
    os.listdir("/")


@deed
def write_a_temporary_file():
    with tempfile.TemporaryFile() as file:
        file.write(b"x")


@deed
def write_into_shared_memory():
    descriptor = os.open("/dev/shm", os.O_TMPFILE | os.O_RDWR)
    os.close(descriptor)


@deed
def write_into_the_store():
    open(os.path.join(os.environ["BACKTEST_CACHE_DIR"], "more"), "w").close()


@deed
def write_into_the_package():
    import backtester

    name = os.path.join(os.path.dirname(backtester.__file__), "deed.tmp")
    os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    os.unlink(name)


@deed
def cut_a_file():
    os.truncate(target("cut"), 0)


@deed
def delete_a_file():
    os.unlink(target("deleted"))


@deed
def make_a_folder():
    os.mkdir(target("folder"))


@deed
def make_a_link():
    os.symlink("/etc", target("made"))


@deed
def open_a_file_to_all():
    os.chmod(target("modes"), 0o777)


@deed
def memory_without_a_limit():
    os.close(os.memfd_create("deed"))


@deed
def memory_that_outlives():
    get, control = (29, 31) if os.uname().machine == "x86_64" else (194, 195)
    number = call(get, ctypes.c_int(0), ctypes.c_size_t(4096), ctypes.c_int(0o1600))
    call(control, ctypes.c_int(number), ctypes.c_int(0), None)


@deed
def connect_out():
    socket.create_connection(("127.0.0.1", int(os.environ["DEEDS_PORT"])), timeout=5).close()


@deed
def send_a_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", ("127.0.0.1", int(os.environ["DEEDS_PORT"])))


@deed
def listen():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        made.listen()


@deed
def use_a_local_socket():
    socket.socket(socket.AF_UNIX).close()


@deed
def fork():
    child(os.fork())


@deed
def start_a_program():
    subprocess.run(["/bin/true"], check=True)


@deed
def start_a_program_otherwise():
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


@deed
def signal_the_parent():
    os.kill(os.getppid(), 0)


@deed
def signal_by_descriptor():
    descriptor = os.pidfd_open(os.getppid())
    try:
        call(424, ctypes.c_int(descriptor), ctypes.c_int(0), None, ctypes.c_uint(0))
    finally:
        os.close(descriptor)


@deed
def take_more_memory():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@deed
def limit_the_parent():
    resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE))


@deed
def outlive_the_parent():
    if C.prctl(1, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


@deed
def be_traced():
    if C.prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


@deed
def trace_the_parent():
    number = 101 if os.uname().machine == "x86_64" else 117
    seize = 0x4206  # which stops nobody; it ends with this process
    call(number, *map(ctypes.c_long, (seize, os.getppid(), 0, 0)))


@deed
def change_its_priority():
    os.setpriority(os.PRIO_PROCESS, 0, 5)


@deed
def slow_the_parent_down():
    os.setpriority(os.PRIO_PROCESS, os.getppid(), os.getpriority(os.PRIO_PROCESS, os.getppid()))


@deed
def choose_its_processor():
    os.sched_setaffinity(0, os.sched_getaffinity(0))


@deed
def move_the_parent():
    os.sched_setaffinity(os.getppid(), os.sched_getaffinity(0))


@deed
def choose_its_scheduler():
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


@deed
def change_its_input_priority():
    call(251 if os.uname().machine == "x86_64" else 30, ctypes.c_int(1), ctypes.c_int(0), ctypes.c_int(3 << 13))


@deed
def read_the_memory_of_the_parent():
    open(f"/proc/{os.getppid()}/mem", "rb").close()


@deed
def open_the_pipes_of_the_parent():
    os.listdir(f"/proc/{os.getppid()}/fd")


@deed
def a_name_space_of_its_own():
    call(272 if os.uname().machine == "x86_64" else 97, ctypes.c_int(0x10000000))


@deed
def calls_around_the_filter():
    os.close(call(425, ctypes.c_uint(1), ctypes.create_string_buffer(120)))


def try_all() -> None:
    """Try each deed, those that change this very process last, and say how it went."""
    for name, act in DEEDS.items():
        try:
            act()
        except (OSError, ValueError) as error:
            refused = getattr(error, "errno", None) or getattr(error.__context__, "errno", None) or errno.EPERM
            sys.stderr.write(f"REFUSED {name} {errno.errorcode[refused]}\n")
        else:
            sys.stderr.write(f"DID {name}\n")
    sys.stderr.flush()
