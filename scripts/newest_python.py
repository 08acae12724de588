"""Print the path of the newest released Python on this machine: of PATH, pyenv and uv, and the one that runs this."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ASK = "import sys; v = sys.version_info; print(*v[:3], v.releaselevel, sys.executable)"


def candidates() -> set[Path]:
    """Return what may be an interpreter. A shim of pyenv on PATH may lead to none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or data / "uv/python")
    folders = [*map(Path, os.get_exec_path()), *pyenv.glob("*/bin"), *uv.glob("*/bin")]
    found = (path for folder in folders for path in folder.glob("python3*"))
    return {*(path for path in found if re.fullmatch(r"python3(\.\d+)?", path.name)), Path(sys.executable)}


def version(path: Path) -> tuple[tuple[int, ...], str] | None:
    """Return the version of an interpreter and its path; None where it does not run, or is no release."""
    try:
        done = subprocess.run([path, "-IS", "-c", ASK], capture_output=True, text=True, timeout=20, check=True)
        *numbers, level, executable = done.stdout.strip().split(" ", 4)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return (tuple(map(int, numbers)), executable) if level == "final" else None


if __name__ == "__main__":
    numbers, executable = max(filter(None, map(version, candidates())))
    newer = numbers > sys.version_info[:3]
    found = "the newest that was found" if newer else "as nothing newer was found on PATH, in pyenv or in uv"
    print(f"Python {'.'.join(map(str, numbers))}, {found}", file=sys.stderr)
    print(executable)
