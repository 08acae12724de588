"""seccomp: system calls that no run needs fail with EPERM from here on.

The filter is classic BPF, written here rather than by libseccomp: that is a system library and a binding to it, in
every run's start, for one list of numbers. A test holds the numbers against libseccomp's own, and the filter against
what it refuses. Source: https://docs.kernel.org/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from typing import NamedTuple

from backtester.runtime.sandbox.kernel import syscall


class Architecture(NamedTuple):
    """What differs from machine to machine: the audit number, seccomp's own system call, capget's and capset's."""

    audit: int
    seccomp: int
    capabilities: tuple[int, int]
    column: int  # of its numbers in the tables below


ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, 317, (125, 126), 0),
    "aarch64": Architecture(0xC00000B7, 277, (90, 91), 1),
}

# never needed by a run, whatever it does: number on x86_64, on aarch64; None where there is no such call
NEVER: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280), "chroot": (161, 51),
    "clock_adjtime": (305, 266), "clock_settime": (227, 112), "delete_module": (176, 106), "execve": (59, 221),
    "execveat": (322, 281), "fanotify_init": (300, 262), "finit_module": (313, 273), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fsopen": (430, 430), "init_module": (175, 105), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "io_uring_setup": (425, 425), "ioperm": (173, None), "iopl": (172, None),
    "kcmp": (312, 272), "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219),
    "memfd_secret": (447, 447), "modify_ldt": (154, None), "mount": (165, 40), "mount_setattr": (442, 442),
    "move_mount": (429, 429), "mq_open": (240, 180), "msgget": (68, 186), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265), "open_tree": (428, 428), "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "pivot_root": (155, 41),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "ptrace": (101, 117), "quotactl": (179, 60),
    "reboot": (169, 142), "request_key": (249, 218), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "semget": (64, 190), "setdomainname": (171, 162), "sethostname": (170, 161),
    "setns": (308, 268), "settimeofday": (164, 170), "shmget": (29, 194), "swapoff": (168, 225),
    "swapon": (167, 224), "umount2": (166, 39), "unshare": (272, 97), "userfaultfd": (323, 282),
}  # fmt: skip
# not needed by a run that takes its prices from this machine
NETWORK: dict[str, tuple[int | None, int | None]] = {"socket": (41, 198)}
# not needed where nothing more is forked; threads still begin (`clone`, below)
PROCESSES: dict[str, tuple[int | None, int | None]] = {"fork": (57, None), "vfork": (58, None)}
# not needed by a strategy while it decides
DECIDING: dict[str, tuple[int | None, int | None]] = {
    "chmod": (90, None), "chown": (92, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "fchown": (93, 55), "fchownat": (260, 54), "fremovexattr": (199, 16), "fsetxattr": (190, 7),
    "futimesat": (261, None), "ioprio_set": (251, 30), "lchown": (94, None), "lremovexattr": (198, 15),
    "lsetxattr": (189, 6), "memfd_create": (319, 279), "migrate_pages": (256, 238), "move_pages": (279, 239),
    "process_madvise": (440, 440), "removexattr": (197, 14), "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274), "sched_setparam": (142, 118), "sched_setscheduler": (144, 119),
    "setpgid": (109, 154), "setpriority": (141, 140), "setsid": (112, 157), "setxattr": (188, 5),
    "utime": (132, None), "utimensat": (280, 88), "utimes": (235, None),
}  # fmt: skip
# looked at with their first argument
CLONE, CLONE3 = (56, 220), (435, 435)
TO_A_PROCESS: dict[str, tuple[int, int]] = {"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)}
LIMITS = (302, 261)  # prlimit64
PRCTL = (157, 167)
# names of threads and of memory; what else it does is about how a process ends, is traced and is scheduled
_NAMING = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA

_LOAD, _JUMP, _EQUAL, _AT_LEAST, _BIT_SET, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_CLONE_THREAD = 0x00010000
_X32 = 0x40000000  # a second set of numbers for x86_64's calls
_SET_FILTER, _ALL_THREADS = 1, 1


def architecture() -> Architecture | None:
    """Return this machine's, None where its numbers are not in the tables."""
    return ARCHITECTURES.get(os.uname().machine) if hasattr(os, "uname") else None


def refuse(machine: Architecture, *, network: bool, processes: bool, deciding: bool) -> None:
    """Refuse what no run needs, to every thread of this process. OSError.

    network, processes: True leaves sockets and forks alone. deciding: refuse also what a strategy does not need
    while it decides: signals to others and their limits, modes and dates of files, memory outside its limit,
    priorities, whether it ends with its parent.
    """
    tables = [NEVER, {} if network else NETWORK, {} if processes else PROCESSES, DECIDING if deciding else {}]
    numbers = [entry[machine.column] for table in tables for entry in table.values()]
    refused = [number for number in numbers if number is not None]
    program = build(machine, refused, processes=processes, own=os.getpid() if deciding else None)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    syscall(machine.seccomp, ctypes.c_uint(_SET_FILTER), ctypes.c_uint(_ALL_THREADS), header)


def build(machine: Architecture, refused: list[int], *, processes: bool, own: int | None) -> bytes:
    """Return the filter's program. refused: numbers. own: the one process whose signals and limits it may touch."""
    no, column = (_RETURN, 0, 0, _REFUSE | errno.EPERM), machine.column
    program = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, machine.audit), no]
    program += [(_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _X32), no]
    program += [(_EQUAL, len(refused) - position, 0, number) for position, number in enumerate(refused)]
    program += [(_JUMP, 0, 0, 1), no]  # what matched arrives at the refusal, everything else steps over it
    if not processes:
        program += [(_EQUAL, 0, 1, CLONE3[column]), (_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]  # libc then takes clone
        program += _unless(CLONE[column], (_BIT_SET, 1, 0, _CLONE_THREAD))
    if own is not None:
        for numbers in TO_A_PROCESS.values():
            program += _unless(numbers[column], (_EQUAL, 1, 0, own))
        program += _unless(LIMITS[column], (_EQUAL, 2, 0, own), (_EQUAL, 1, 0, 0))
        program += _unless(PRCTL[column], *((_EQUAL, 3 - at, 0, option) for at, option in enumerate(_NAMING)))
    program.append((_RETURN, 0, 0, _ALLOW))
    return struct.pack("=" + "HBBI" * len(program), *(field for instruction in program for field in instruction))


def _unless(number: int, *tests: tuple[int, int, int, int]) -> list[tuple[int, int, int, int]]:
    """Refuse a call unless its first argument passes one of the tests, each of which jumps over the refusal."""
    refusal = [(_RETURN, 0, 0, _REFUSE | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(tests) + 3, number), (_LOAD, 0, 0, _FIRST_ARGUMENT), *tests, *refusal]
