"""Finds the file that stands in the place of a module of the standard library: `signal.py` in the caller's folder.

Such a file breaks any import, so this module needs `os` and `sys` alone, which are loaded before any path is searched.
"""

from __future__ import annotations

import os
import sys


def shadow_of(error: BaseException) -> tuple[str, str] | None:
    """Return the detail and the remedy where a file in the place of a standard module explains the exception."""
    files = _shadows()
    blamed = {os.path.realpath(file) for file in _files_of(error)} if files else set()
    for name, file in files.items():
        if os.path.realpath(file) in blamed:
            shown = file.encode("utf-8", "replace").decode("utf-8")
            detail = f"The file {shown} stands in the place of the module {name} of the standard library."
            return detail, "Rename it, or take its folder off PYTHONPATH or start the runner in another folder."
    return None


def _shadows() -> dict[str, str]:
    """Return the files with the name of a standard module in the folders that are searched before it."""
    found: dict[str, str] = {}
    library = os.path.dirname(os.path.realpath(os.__file__))
    for folder in sys.path:
        if os.path.realpath(folder or os.curdir) == library:
            break
        try:
            names = os.listdir(folder or os.curdir)
        except OSError:  # a zip file, or no folder at all
            continue
        for entry in names:
            name = entry.removesuffix(".py")
            file = os.path.join(os.path.abspath(folder), entry, *([] if name != entry else ["__init__.py"]))
            if name in sys.stdlib_module_names and os.path.isfile(file):
                found.setdefault(name, file)
    return found


def _files_of(error: BaseException) -> list[str]:
    """Return the files that ran when the exceptions of a chain were raised, and those of the modules that they name."""
    files = []
    before: BaseException | None = error
    seen: list[BaseException] = []
    while before is not None and before not in seen:
        seen.append(before)
        trace = before.__traceback__
        while trace is not None:
            files.append(trace.tb_frame.f_code.co_filename)
            trace = trace.tb_next
        named = getattr(before, "obj", None) if isinstance(before, AttributeError) else None
        if isinstance(before, ImportError):
            files.append(str(before.path))
            named = sys.modules.get(str(before.name).partition(".")[0])
        files.append(str(getattr(named, "__file__", "") or ""))
        if isinstance(before, SyntaxError):
            files.append(str(before.filename))
        before = before.__cause__ or before.__context__
    return files
