"""Builds the images, brings the Compose stack up with podman, breaks things on the way, and takes everything down.

    .venv/bin/python tests/deploy/compose [--store FOLDER]

Exit status 0: every check passed. --store keeps podman's store there, so that the next run need not build what has not
changed; without it everything is in a scratch folder that is removed. To be run as root (`make compose-test`).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import NoReturn

from build import build, fetch_bases, lint, missing_programs
from faults import check_faults, check_hang, check_memory, check_stops
from images import check_images
from podman import Podman
from report import Report
from stack import Stack, check_limits, check_start, check_walls, check_work, made_secrets

_LINES, _WIDTH = 40, 300


def main() -> int:
    """Return the exit status."""
    parser = argparse.ArgumentParser(prog="compose_test", description="Test the images and the Compose stack.")
    parser.add_argument("--store", type=Path, help="keep podman's store in this folder, for the next run")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("this makes base images and networks: run it as root", file=sys.stderr)
        return 1
    if missing := missing_programs():
        print(f"these programs are not on PATH: {' '.join(missing)}; see scripts/system_packages.sh", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGINT, _interrupted)
    # not /tmp, which may be memory: a store is some gigabytes
    folder = options.store or Path(tempfile.mkdtemp(prefix="backtest-compose-", dir="/var/tmp"))
    report = Report()
    podman = Podman(folder.resolve())
    try:
        _check_all(report, podman)
    except KeyboardInterrupt:
        report.failed.append("interrupted")
    except Exception:
        traceback.print_exc()
        report.failed.append("the test itself came to an end")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # what is taken down is taken down to the end
        if report.failed:
            _show_logs(podman)
        report.step("Taking down")
        podman.remove_all()
        left = podman.left()
        report.check("nothing is left of containers, volumes and networks", not left, left)
        if options.store is None:
            podman.remove_store()
    return report.end()


def _check_all(report: Report, podman: Podman) -> None:
    programs = Path(sys.executable).parent
    report.step("Lints")
    lint(report, programs)
    report.step("Base images")
    fetch_bases(report, podman)
    report.step("Builds")
    build(report, podman)
    report.step("Each image alone")
    check_images(report, podman)
    report.step("The stack")
    with made_secrets(podman.folder) as secrets:
        stack = Stack(podman, programs, secrets)
        for check in (check_start, check_limits, check_walls, check_work):
            check(report, stack)
        report.step("Faults")
        for check in (check_faults, check_hang, check_stops, check_memory):
            check(report, stack)


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _show_logs(podman: Podman) -> None:
    for name in podman.containers():
        print(f"\n--- the last lines of {name}", file=sys.stderr)
        print("\n".join(line[:_WIDTH] for line in podman.logs(name).splitlines()[-_LINES:]), file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
