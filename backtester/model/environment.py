"""Explains an exception by the Python that raised it: a module is missing, too old or broken.

Only a run that fails imports this. What the runner needs stands in pyproject.toml, or in the metadata of the installed
package; the command in the remedy is one that works for the very interpreter that fails.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shlex
import shutil
import sys
import sysconfig
from types import ModuleType, TracebackType
from typing import NamedTuple

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TYPED = ".venv/bin/python -m backtester"  # how a person starts the program in a checkout
_CORE = "core"
_MODULES = {"pyjwt": "jwt", "python-socketio": "socketio", "opentelemetry-exporter-otlp-proto-http": "opentelemetry"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_LONGEST_REASON = 100


class _Needed(NamedTuple):
    """One requirement: as pip takes it, the distribution's name, its module, the oldest version."""

    text: str
    name: str
    module: str
    least: str


def explanation(error: BaseException) -> tuple[str, str] | None:
    """Return the detail and the remedy of an ENVIRONMENT error; None where the environment explains nothing."""
    needed = _requirements()
    module = _module_of(error, needed)
    if module in sys.stdlib_module_names:  # this Python was built without it, or a library of the system is missing
        return f"{_python()} lacks the module {module} of the standard library.", _remedy_of_another_python()
    own = next((one for ones in needed.values() for one in ones if one.module == module), None)
    group = next((name for name, ones in needed.items() if own in ones), _CORE)
    if module is not None and not _exists(module):
        return _of_missing(error, module, needed[group] if own else [], group)
    old = next(((one, has) for one in needed[group] if (has := _too_old(one))), None)
    if old is not None:
        one, version = old
        detail = f"{one.name} {version} of {_python()} is too old. The runner needs {one.name} {one.least} or newer."
        return detail, _remedy([one.text], group)
    if module is None:
        return None
    text = own.text if own is not None else _distribution(module) or module
    detail = f"The module {module} of {_python()} cannot be imported: {_reason(error)}."
    return detail, _remedy([text], group, again=True)


def as_typed_here(text: str) -> str:
    """Return a text with TYPED, as the documentation has it, in the words that start this very interpreter here."""
    python = sys.executable or "python3"
    try:
        nearby = os.path.relpath(python)
    except (OSError, ValueError):  # the folder has gone, or is on another drive
        nearby = python
    python = python if nearby.startswith(os.pardir) else nearby
    return text.replace(TYPED, f"{shlex.quote(_printable(python))} -m backtester")


def missing(module: str) -> tuple[str, str]:
    """Return the detail and the remedy for a module of an extra that was looked for and is not installed."""
    found = explanation(ModuleNotFoundError(name=module))
    assert found is not None
    return found


def _of_missing(error: BaseException, module: str, together: list[_Needed], group: str) -> tuple[str, str]:
    """Return the two sentences. together: what is installed with it, so that one command brings all that is missing."""
    absent = [one for one in together if not _exists(one.module)]
    # else it is another distribution's need, or a plug-in's: pip looks after what that one lacks
    texts = [one.text for one in absent] or [_distribution(_importer(error.__traceback__)) or module]
    modules = [module, *(one.module for one in absent if one.module != module)]
    if len(modules) == 1:
        return f"The module {module} is not installed for {_python()}.", _remedy(texts, group)
    named = f"{', '.join(modules[:-1])} and {modules[-1]}"
    return f"The modules {named} are not installed for {_python()}.", _remedy(texts, group)


def _python() -> str:
    return f"{_printable(sys.executable or 'this interpreter')} (Python {'.'.join(map(str, sys.version_info[:3]))})"


def _printable(path: str) -> str:
    return path.encode("utf-8", "replace").decode("utf-8")  # a name of other bytes has lone surrogates


def _module_of(error: BaseException, needed: dict[str, list[_Needed]]) -> str | None:
    """Return the top-level module that is missing or broken; None where the exception is no fault of one.

    A broken module may raise anything while it is imported: then it is the outermost one whose body was running.
    """
    required = {one.module for ones in needed.values() for one in ones}
    named = [each.name.partition(".")[0] for each in _chain(error) if isinstance(each, ImportError) and each.name]
    found = next((name for name in named if name in required and not _exists(name)), None)
    ours = _importer(error.__traceback__) in {"backtester", *required}  # else a plug-in asks for what is not there
    if found is None and isinstance(error, ImportError) and error.name:
        lacks_a_name = str(error.path).endswith(".py")
        found = named[0] if not lacks_a_name or (ours and named[0] in required) else None
    elif found is None and isinstance(error, AttributeError) and isinstance(error.obj, ModuleType) and ours:
        name = error.obj.__name__.partition(".")[0]  # what an uninstallation left of it, or another of its name
        found = name if name in required else None
    if found is None:
        names = (str(body.get("__name__")).partition(".")[0] for body in _bodies(error.__traceback__))
        found = next((name for name in names if name in required), None)
    return found if found and found != "backtester" and _NAME.fullmatch(found) else None


def _chain(error: BaseException) -> list[BaseException]:
    """Return the exception and those that it was raised from or after, the first of all last."""
    chain: list[BaseException] = []
    before: BaseException | None = error
    while before is not None and before not in chain:
        chain.append(before)
        before = before.__cause__ or before.__context__
    return chain


def _bodies(trace: TracebackType | None) -> list[dict[str, object]]:
    """Return the names in each module whose body was running, outermost first."""
    found = []
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "<module>":
            found.append(trace.tb_frame.f_globals)
        trace = trace.tb_next
    return found


def _importer(trace: TracebackType | None) -> str:
    """Return the top-level module in whose code the exception was raised."""
    name = ""
    while trace is not None:
        name = str(trace.tb_frame.f_globals.get("__name__"))
        trace = trace.tb_next
    return name.partition(".")[0]


def _reason(error: BaseException) -> str:
    """Return what the first failed import of the chain says, on one line and without folders."""
    error = next((each for each in reversed(_chain(error)) if isinstance(each, (ImportError, OSError))), error)
    line = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    bare = re.sub(r"(?:[A-Za-z]:)?[\\/](?:[^\s\\/:]+[\\/])*", "", _printable(line)).rstrip(".")
    return bare if len(bare) <= _LONGEST_REASON else bare[: _LONGEST_REASON - 1] + "…"


def _exists(module: str) -> bool:
    try:
        return sys.modules.get(module) is not None or importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _too_old(one: _Needed) -> str | None:
    """Return the version that is installed where it is older than the least."""
    try:
        version = importlib.metadata.version(one.name)
    except importlib.metadata.PackageNotFoundError:
        return None
    return version if _numbers(version) < _numbers(one.least) else None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3]]


def _distribution(module: str) -> str | None:
    """Return the name of the distribution that a module came with."""
    names = importlib.metadata.packages_distributions().get(module) if module != "backtester" else None
    return names[0] if names else None


def _requirements() -> dict[str, list[_Needed]]:
    """Return what the runner needs by group: the core, then each extra."""
    groups: dict[str, list[_Needed]] = {_CORE: []}
    for text in _requirement_texts():
        match = re.match(r"([A-Za-z0-9._-]+)>=([0-9.]+)", text.replace(" ", ""))
        if match is None or (os.name == "nt" and "win32" in text):
            continue
        name = match[1].lower()
        extra = re.search(r"extra == ['\"](\w+)", text)
        needed = _Needed(match[0], name, _MODULES.get(name, name.replace("-", "_")), match[2])
        groups.setdefault(extra[1] if extra else _CORE, []).append(needed)
    return groups


def _requirement_texts() -> list[str]:
    try:
        with open(os.path.join(_ROOT, "pyproject.toml"), "rb") as file:
            import tomllib

            project = tomllib.load(file)["project"]
    except OSError:
        try:
            return importlib.metadata.requires("backtest-runner") or []
        except importlib.metadata.PackageNotFoundError:
            return []
    extras = project["optional-dependencies"].items()
    return [*project["dependencies"], *(f"{text}; extra == '{name}'" for name, texts in extras for text in texts)]


# --- the command that helps


def _remedy(requirements: list[str], group: str, *, again: bool = False) -> str:
    """Return how to install requirements: into this Python where it allows that, else into an environment."""
    arguments = ["--force-reinstall"] if again else []
    installs = _installer()
    if installs is not None:
        return f"Run `{installs} {_joined([*arguments, *requirements])}`."
    makes, python, has_core = _new_environment()
    if group != _CORE or not has_core:
        makes += f" && {_joined([python, '-m', 'pip', 'install', *requirements])}"
    return f"Run `{makes}`, and start the runner with {_printable(python)} (PYTHON_PATH)."


def _installer() -> str | None:
    """Return the command that installs into this Python, up to its arguments; None where it is not to be changed."""
    python, virtual = sys.executable, sys.prefix != sys.base_prefix
    managed = os.path.join(sysconfig.get_path("stdlib", sysconfig.get_default_scheme()), "EXTERNALLY-MANAGED")
    if not virtual and os.path.exists(managed):
        return None
    pip = _joined([python, "-m", "pip", "install"])
    if importlib.util.find_spec("pip") is not None:
        return pip
    if shutil.which("uv"):  # its environments have no pip
        return _joined(["uv", "pip", "install", "--python", python])
    if importlib.util.find_spec("ensurepip") is not None:
        return f"{_joined([python, '-m', 'ensurepip'])} && {pip}"
    return None


def _new_environment() -> tuple[str, str, bool]:
    """Return the command that makes an environment of this Python's, its interpreter, and whether it has the core."""
    before = ""
    if importlib.util.find_spec("ensurepip") is None and shutil.which("apt-get"):  # Debian has it apart
        before = "sudo apt-get install python3-venv && "
    if os.path.exists(os.path.join(_ROOT, "Makefile")) and shutil.which("make"):
        make = _joined(["make", "-C", _ROOT, f"PYTHON={sys.executable}", "demo"])
        return before + make, os.path.join(_ROOT, ".venv", "bin", "python"), True
    folder = os.path.join(os.path.expanduser("~"), ".backtest-runner")
    python = os.path.join(folder, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
    return before + _joined([sys.executable, "-m", "venv", "--system-site-packages", folder]), python, False


def _remedy_of_another_python() -> str:
    if os.path.exists(os.path.join(_ROOT, "Makefile")):
        make = _joined(["make", "-C", _ROOT, "PYTHON=python3", "demo"])
        return f"Install a complete Python 3.11 or newer, and run `{make}` with it as python3."
    return "Install a complete Python 3.11 or newer, and the runner for it. PYTHON_PATH names the interpreter."


def _joined(words: list[str]) -> str:
    if os.name == "nt":
        return " ".join(word if re.fullmatch(r"[\w.:\\/-]+", word) else f'"{word}"' for word in map(_printable, words))
    return shlex.join(map(_printable, words))
