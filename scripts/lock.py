"""Write the locks, or check them: every package that gets installed, pinned for the oldest Python that is promised.

python scripts/lock.py            write them; a pin stays where it fits: delete its line to move it
python scripts/lock.py --check    write nothing; exit 1 where a pin does not fit, is missing or has no use

uv resolves them (group `lock`). They name no registry, so that pip asks the one of its own settings.
"""

from __future__ import annotations

import difflib
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from requirements import APART, APART_LOCK, LOCK, ROOT
from uv import find_uv_bin

PROJECT = ROOT / "pyproject.toml"
VERCEL = ROOT / "examples/web/requirements.txt"
SERVICE = ROOT / "examples/serverless/services/engine/requirements.txt"
HEADERS = {
    LOCK: """\
# Every version that this repository installs, but for those of constraints-apart.txt. Written by `make lock`.
""",
    APART_LOCK: """\
# The versions of the groups peers, sam and sample. They need an older peewee, pydantic and python-dateutil, and must
# not hold back those of the product. Written by `make lock`.
""",
    VERCEL: """\
# What the function in api/ needs; Vercel reads no other file. Written by `make lock`. The wheel is made by
# python scripts/bundle.py --wheel examples/web/vendor
./vendor/backtest_runner-{version}-py3-none-any.whl
""",
    SERVICE: """\
# What the service needs; Vercel reads no other file. Written by `make lock`. The wheel is made by
# python scripts/bundle.py --wheel examples/serverless/services/engine/vendor
./vendor/backtest_runner-{version}-py3-none-any.whl
""",
}


def options(document: dict[str, Any]) -> dict[Path, list[str]]:
    """Return what uv is asked for each file."""
    groups = document["dependency-groups"]
    return {
        LOCK: ["--all-extras", *_groups(name for name in groups if name not in APART)],
        APART_LOCK: [*_groups(APART)],
        VERCEL: ["--constraint", str(LOCK)],
        SERVICE: ["--group", "vercel", "--constraint", str(LOCK)],
    }


def _groups(names: Iterable[str]) -> list[str]:
    return [option for name in names for option in ("--group", name)]


def resolve(wanted: list[str], *, oldest: str, kept: str = "") -> str:
    """Return the pins, one a line. kept: pins that stay where they fit. RuntimeError with uv's reason where none do."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "pins.txt")
        output.write_text(kept)
        command = [
            find_uv_bin(), "pip", "compile", str(PROJECT), "--output-file", str(output), "--quiet",
            "--universal", "--fork-strategy", "fewest", "--python-version", oldest, "--no-emit-package", "pip",
            "--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", *wanted,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return output.read_text()


def main() -> int:
    """Run from the command line; return the exit status."""
    check = "--check" in sys.argv[1:]
    document = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    oldest = document["project"]["requires-python"].removeprefix(">=") + ".0"
    version = re.findall(r'__version__ = "(.+)"', (ROOT / "backtester/_version.py").read_text())[0]
    status = 0
    for file, wanted in options(document).items():
        written, name = file.read_text(), file.relative_to(ROOT)
        pinned = ["--constraint", str(file)] if check and file not in (VERCEL, SERVICE) else []
        try:
            pins = resolve([*wanted, *pinned], oldest=oldest, kept="" if check else written)
        except RuntimeError as error:
            print(f"{name} does not fit Python {oldest}:\n{error}", file=sys.stderr)
            return 1
        text = HEADERS[file].format(version=version) + pins
        if not check:
            file.write_text(text)
        elif text != written:
            before, after = written.splitlines(), text.splitlines()
            print(
                *difflib.unified_diff(before, after, str(name), "as resolved", lineterm="", n=0),
                sep="\n",
                file=sys.stderr,
            )
            print("`make lock` writes it", file=sys.stderr)
            status = 1
        else:
            print(f"{name}: {pins.count('==')} pins fit Python {oldest}")
    return status


if __name__ == "__main__":
    sys.exit(main())
