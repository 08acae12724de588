"""What the system refuses a process that has reached a limit: memory, open files, processes and threads.

`errors` imports it from the start: at such a limit nothing more can be imported.
"""

from __future__ import annotations

import errno

# what a module's library says that cannot be loaded within the memory limit
_NO_MEMORY = ("failed to map segment", "annot allocate memory")
_NO_THREAD = "can't start new thread"
_STACK_BYTES = 16 << 20  # that of a thread, and what has been freed since it was refused
_REFUSED: dict[int, tuple[str, str, bool]] = {
    errno.EMFILE: (
        "The system lets this process open no more files.", "Raise its limit of open files (`ulimit -n`).", False,
    ),
    errno.ENFILE: ("The system can open no more files.", "Try again later.", True),
}  # fmt: skip
_NO_PROCESS = (
    "The system lets this user start no more processes or threads.",
    "Try again later, or raise the limit of processes (`ulimit -u`, or that of the container).", True,
)  # fmt: skip


class NoProcessError(OSError):
    """A process could not be forked: the system lets this user start no more of them."""


def lacks_memory(error: BaseException) -> bool:
    """Tell whether an exception says that there is no memory left: Python's, the system's, or a library's."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if _wanted_a_thread(error):
        return not _has_room_for_a_stack()
    no_room = isinstance(error, ImportError) and any(each in str(error) for each in _NO_MEMORY)
    return no_room or isinstance(error, MemoryError)


def refused_by_system(error: BaseException) -> tuple[str, str, bool] | None:
    """Return detail, remedy and `retryable` where the system refused a file, a process or a thread; else None."""
    if _wanted_a_thread(error) or isinstance(error, NoProcessError):
        return _NO_PROCESS
    return _REFUSED.get(error.errno or 0) if isinstance(error, OSError) else None


def _wanted_a_thread(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and str(error) == _NO_THREAD


def _has_room_for_a_stack() -> bool:
    try:
        import mmap

        mmap.mmap(-1, _STACK_BYTES).close()
    except (OSError, MemoryError, ImportError):
        return False
    return True
