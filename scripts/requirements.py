"""Install what pyproject.toml names, at the versions that the lock pins. It runs on a bare Python 3.11.

python scripts/requirements.py list NAME...               print the requirements
python scripts/requirements.py install NAME... [-- ARG…]  install them by pip into this Python; ARG… goes to pip

NAME is `core` (the project's dependencies), an extra or a dependency group. pip knows groups by itself from 25.1 on.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "deploy/constraints.txt"
# These need older versions of what the product installs (peewee, pydantic, python-dateutil), and must not hold it back.
APART = ("peers", "sam", "sample")
APART_LOCK = ROOT / "deploy/constraints-apart.txt"


def table() -> dict[str, list[Any]]:
    """Return the requirements of every name; a group may include another: {"include-group": NAME}."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    return {"core": project["dependencies"], **project["optional-dependencies"], **document["dependency-groups"]}


def requirements(names: list[str]) -> list[str]:
    """Return the requirements of the names, each once. KeyError for a name that pyproject.toml does not have."""
    known, found = table(), dict[str, None]()
    for name in names:
        for entry in known[name]:
            found.update(dict.fromkeys([entry] if isinstance(entry, str) else requirements([entry["include-group"]])))
    return list(found)


def main() -> int:
    """Run from the command line; return pip's exit status."""
    command, *names = sys.argv[1:] or [""]
    if "--" in names:
        names, more = names[: names.index("--")], names[names.index("--") + 1 :]
    else:
        more = []
    unknown = [name for name in names if name not in table()]
    if command not in ("list", "install") or unknown or not names:
        print(f"{__doc__}\nThe names: {' '.join(table())}", file=sys.stderr)
        return 2
    if command == "list":
        print(*requirements(names), sep="\n")
        return 0
    lock = APART_LOCK if set(names) & set(APART) else LOCK
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", str(lock)]
    return subprocess.run([*pip, *more, *requirements(names)], check=False, stdout=sys.stderr).returncode


if __name__ == "__main__":
    sys.exit(main())
