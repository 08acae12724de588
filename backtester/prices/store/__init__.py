"""The price store in SQLite. This module has its path alone, so that importing it costs nothing."""

from __future__ import annotations

import os

FILE_NAME = "prices.sqlite3"
SET_ASIDE = ".corrupt-"  # and a time, after the name


def store_path(cache_dir: str) -> str:
    """Return the path of the store's file."""
    return os.path.join(cache_dir, FILE_NAME)


def store_exists(cache_dir: str) -> bool:
    """Return whether `cache_dir` holds a price store, usable or not, without opening it.

    True for a link to nothing, and where it cannot be known: what was imported is not passed over unsaid.
    """
    try:
        os.lstat(store_path(cache_dir))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def set_aside_files(cache_dir: str) -> list[str]:
    """Return the names of the damaged stores that were set aside in `cache_dir` and are still there, sorted."""
    begin = f"{FILE_NAME}{SET_ASIDE}"
    try:
        names = os.listdir(cache_dir)
    except OSError:
        return []
    return sorted(name for name in names if name.startswith(begin) and not name.endswith(("-wal", "-shm")))


def set_aside_detail(names: list[str]) -> str:
    """Return what is to be done about damaged stores that were set aside. names: at least one, of the files."""
    return (
        "The price store was damaged and set aside. What was fetched is fetched again. What was imported has to be "
        f"imported again (`prices import`). Then delete {names[-1]} from BACKTEST_CACHE_DIR, which ends this message."
    )
