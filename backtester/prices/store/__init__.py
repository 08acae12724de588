"""The price store in SQLite. This module has its path alone, so that importing it costs nothing."""

from __future__ import annotations

import os

FILE_NAME = "prices.sqlite3"


def store_path(cache_dir: str) -> str:
    """Return the path of the store's file."""
    return os.path.join(cache_dir, FILE_NAME)


def store_exists(cache_dir: str) -> bool:
    """Return whether `cache_dir` holds a price store, sound or not, without opening it."""
    return os.path.exists(store_path(cache_dir))
