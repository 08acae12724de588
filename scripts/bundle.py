"""Make the folder that a serverless platform unpacks: the runner's wheel and what it needs, stripped, with bytecode.

python scripts/bundle.py FOLDER             all of it, under 250 MB
python scripts/bundle.py FOLDER --slim      without yfinance and what only it needs, pandas among it; under 120 MB
    --zip FILE         the same as a zip whose bytes depend on nothing but its content
    --platform NAME    for another machine, such as manylinux_2_28_aarch64
    --wheel FOLDER     only the wheel, for a platform that installs by itself (Vercel)

The bundle is for the Python that runs this: bytecode of another would be of no use.
"""

from __future__ import annotations

import argparse
import compileall
import platform
import py_compile
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from requirements import LOCK, ROOT, requirements

FULL_BYTES, SLIM_BYTES = 250_000_000, 120_000_000
# what checking and running need; pandas and the rest come with yfinance alone
SLIM = [
    "attrs", "charset-normalizer", "jsonschema", "jsonschema-specifications", "numpy", "referencing", "rpds-py",
    "typing-extensions",
]  # fmt: skip
# The optimiser. What it says that it needs beside numpy (scipy, cffi), the runner never touches.
EXTRA = ["clarabel"]
# Left out, by path inside the bundle. Licences stay, and what importlib.metadata reads.
STRIPPED = (
    r"bin/.*",
    r"(numpy|pandas)/(.*/)?tests/.*",
    r"numpy/_core/(include|lib)/.*",
    r"numpy/f2py/src/.*",
    r".*\.pyi",
    r".*/py\.typed",
    r"[\w-]+-stubs/.*",
    r"[^/]+\.dist-info/(RECORD|WHEEL|INSTALLER|REQUESTED|direct_url\.json|sboms/.*)",
    r"(.*/)?__pycache__/.*",
)


def pip(*arguments: str) -> None:
    """Run pip quietly, on stderr."""
    command = [sys.executable, "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    subprocess.run(command, check=True, stdout=sys.stderr)


def build_wheel(folder: Path) -> Path:
    """Build the runner's wheel, with the build backend that is installed, else with one that pip fetches."""
    try:
        import hatchling  # noqa: F401

        isolation = ["--no-build-isolation"]
    except ImportError:
        isolation = []
    with tempfile.TemporaryDirectory() as made:
        pip("wheel", "--no-deps", "--no-cache-dir", *isolation, "--wheel-dir", made, str(ROOT))
        (wheel,) = Path(made).glob("*.whl")
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(wheel, folder))


def install(folder: Path, *, slim: bool, machine: str) -> None:
    """Install as the platform would: binary wheels for it, nothing that is not pinned."""
    version = ".".join(map(str, sys.version_info[:3]))
    # a wheel may say that it runs on an older libc as well
    older = [f"manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)] + [f"manylinux2014_{machine}"]
    tags = [part for name in older for part in ("--platform", name)]
    with tempfile.TemporaryDirectory() as made:
        wheel = build_wheel(Path(made))
        options = [
            "install", "--constraint", str(LOCK), "--target", str(folder), "--only-binary", ":all:", "--no-compile",
            "--implementation", "cp", "--python-version", version, "--upgrade", *tags,
        ]  # fmt: skip
        if not slim:
            pip(*options, *requirements(["core"]))
        pip(*options, "--no-deps", *EXTRA, *(SLIM if slim else []), str(wheel))
    shutil.copy(ROOT / "examples/serverless/app.py", folder)


def strip(folder: Path) -> None:
    """Leave out what nothing runs."""
    unwanted = re.compile("|".join(STRIPPED))
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file() and unwanted.fullmatch(path.relative_to(folder).as_posix()):
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def compile_bytecode(folder: Path) -> None:
    """Write bytecode that is taken as it is: a zip and its unpacking lose the times that it is checked by otherwise."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(folder, quiet=2, invalidation_mode=mode, stripdir=str(folder)):
        print("some files have no bytecode", file=sys.stderr)


def write_zip(folder: Path, target: Path) -> None:
    """Write the folder as a zip: sorted, without times, readable by everybody as Lambda wants it."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
                entry.external_attr = (0o755 if path.suffix == ".so" else 0o644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of each top-level entry, largest first."""
    found: dict[str, int] = {}
    for path in folder.rglob("*"):
        if path.is_file():
            top = path.relative_to(folder).parts[0]
            found[top] = found.get(top, 0) + path.stat().st_size
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def report(folder: Path, *, slim: bool) -> bool:
    """Print what takes how much; tell whether it is within the limit."""
    found, most = sizes(folder), SLIM_BYTES if slim else FULL_BYTES
    total = sum(found.values())
    for name, size in [*found.items()][:12]:
        print(f"{size / 1e6:8.1f} MB  {name}")
    verdict = "under" if total < most else "OVER"
    print(f"{total / 1e6:8.1f} MB  {'slim' if slim else 'full'} bundle, {verdict} the limit of {most / 1e6:.0f} MB")
    return total < most


def main() -> int:
    """Run from the command line; exit status 1 for a bundle over its limit."""
    parser = argparse.ArgumentParser(description="Make a bundle for a serverless platform.")
    parser.add_argument("folder", type=Path, nargs="?", help="made anew")
    parser.add_argument("--slim", action="store_true", help="without yfinance and pandas")
    parser.add_argument("--zip", type=Path, metavar="FILE", help="write it as a zip, too")
    parser.add_argument("--platform", default=platform.machine(), metavar="NAME", help="default: this machine's")
    parser.add_argument("--wheel", type=Path, metavar="FOLDER", help="only build the wheel, into this folder")
    options = parser.parse_args()
    if options.wheel is not None:
        print(build_wheel(options.wheel))
        return 0
    if options.folder is None:
        parser.error("name the folder")
    shutil.rmtree(options.folder, ignore_errors=True)
    install(options.folder, slim=options.slim, machine=re.sub(r"^manylinux(_2_\d+|\d{4})_", "", options.platform))
    strip(options.folder)
    compile_bytecode(options.folder)
    if options.zip is not None:
        write_zip(options.folder, options.zip)
        print(f"{options.zip.stat().st_size / 1e6:8.1f} MB  {options.zip}")
    return 0 if report(options.folder, slim=options.slim) else 1


if __name__ == "__main__":
    sys.exit(main())
