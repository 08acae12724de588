"""Imports numpy, in a single run's child without what serves its documentation alone."""

from __future__ import annotations

import contextlib
import mmap
import os
import sys
from types import ModuleType
from typing import Any

_NUMPY_BYTES = 128 << 20  # of addresses that importing numpy takes, with OpenBLAS's buffer
# Of the standard library: what numpy imports and a run does not use, and what is replaced of it meanwhile.
_STOOD_IN_FOR: dict[str, dict[str, Any]] = {
    "inspect": {"cleandoc": str, "signature": lambda function: None},
    "textwrap": {"dedent": str},
    "ast": {}, "ctypes": {}, "pickle": {}, "platform": {},
}  # fmt: skip


def import_numpy() -> None:
    """Import numpy, without threads of OpenBLAS. MemoryError where this process was given no room for it (`ulimit -v`).

    Asked beforehand: OpenBLAS, which comes with it, would end the process. So it would later: its buffer is mapped with
    the first product, which is therefore computed here, before the memory of a run is limited.
    """
    # halves the cost of the import; a process with threads cannot be forked safely
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with contextlib.suppress(ImportError):  # Windows
        import resource

        if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
            try:
                mmap.mmap(-1, _NUMPY_BYTES).close()
            except OSError as error:
                raise MemoryError(*error.args) from None
    import numpy as np

    square = np.ones((2, 2))
    square.T @ square  # of a matrix with itself: other products of this size need no buffer


def import_numpy_undocumented() -> None:
    """Import numpy, in four fifths of the time, with docstrings as they are indented in its code.

    Some functions that are written in C have no signature for `inspect`. Whatever is raised, this process cannot import
    numpy any more.
    """
    stand_ins = [_StandIn(name) for name in _STOOD_IN_FOR if name not in sys.modules]
    try:
        import_numpy()
    finally:
        for stand_in in stand_ins:
            stand_in.retire()


class _StandIn(ModuleType):
    """Has a module's place in `sys.modules` until it is asked for an attribute, which the real module then gives."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__dict__.update(_STOOD_IN_FOR[name])
        sys.modules[name] = self

    def __getattr__(self, attribute: str) -> Any:
        self._give_up_its_place()
        return getattr(__import__(self.__name__), attribute)

    def retire(self) -> None:
        """Give its place up, and give those who hold it what the real module has."""
        self._give_up_its_place()
        for attribute in _STOOD_IN_FOR[self.__name__]:
            del self.__dict__[attribute]

    def _give_up_its_place(self) -> None:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
