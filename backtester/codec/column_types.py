"""What a result holds in columns until it is written or handed to a Python caller: arrays, and rows."""

from __future__ import annotations

from typing import Any


class IsoDates(list[str]):
    """Dates as ISO strings, with nothing in them that JSON escapes."""


class ColumnarRows:
    """Objects of the same keys, column by column. columns: by key, arrays of numbers (n,) or lists of strings."""

    def __init__(self, **columns: Any) -> None:
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the objects, with plain numbers."""
        values = zip(*map(plain, self.columns.values()), strict=True)
        return [dict(zip(self.columns, row, strict=True)) for row in values]


def is_array(value: Any) -> bool:
    """Return whether this is an array of numbers (n,), without an import of numpy: there is none where numpy is not."""
    return getattr(value, "ndim", 0) == 1


def plain(value: Any) -> Any:
    """Return a document, or a part of one, in the types that JSON has. Its columns stand in objects, not in lists."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, ColumnarRows):
        return value.as_dicts()
    if type(value) is IsoDates:
        return [*value]
    return value.tolist() if is_array(value) else value
