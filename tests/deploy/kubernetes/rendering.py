"""A rendering of the manifests, and what the program says that it has to fit: what all the rules look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

WORKLOADS = ("Deployment", "StatefulSet")

Document = dict[str, Any]


class Facts(NamedTuple):
    """What the program itself says, which the manifests have to fit."""

    settings: frozenset[str]  # of the runner and the service
    web_settings: frozenset[str]
    routes: Mapping[str, frozenset[str]]  # that answer GET, by the container that has them
    subcommands: frozenset[str]
    version: str
    sorted_sets: frozenset[str]  # of Redis, with their prefix
    turn_seconds: float
    refused: Callable[[Mapping[str, str]], str | None]  # what the program says of settings that it cannot read


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

    def labels(self, workload: Document) -> dict[str, str]:
        """Return the labels of a workload's pods."""
        return dict(workload["spec"]["template"]["metadata"]["labels"])

    def settings(self, container: Document) -> dict[str, str]:
        """Return the environment of a container, as far as it stands in the manifests."""
        maps = [self.one("ConfigMap", source["configMapRef"]["name"]) for source in sources(container, "configMapRef")]
        found = {name: value for one in maps if one for name, value in one["data"].items()}
        return found | {one["name"]: one["value"] for one in container.get("env", ()) if "value" in one}


def least_of(scaler: Document) -> int:
    """Return how many replicas an autoscaler leaves."""
    return int(scaler["spec"].get("minReplicas", scaler["spec"].get("minReplicaCount", 0)))


def containers_of(workload: Document) -> list[Document]:
    """Return the containers of a Deployment's pods."""
    return list(workload["spec"]["template"]["spec"]["containers"])


def option(container: Document, name: str) -> str | None:
    """Return what follows an option among a container's arguments."""
    arguments = container.get("args", [])
    return str(arguments[arguments.index(name) + 1]) if name in arguments[:-1] else None


def mebibytes(quantity: Any) -> float:
    """Return a quantity of Kubernetes' as MiB."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)).groups()  # type: ignore[union-attr]
    return float(number) * {"": 2**-20, "k": 1e3 / 2**20, "M": 1e6 / 2**20, "G": 1e9 / 2**20, "Ki": 2**-10, "Mi": 1,
                            "Gi": 2**10}[unit]  # fmt: skip


def sources(container: Document, kind: str) -> list[Document]:
    """Return what a container's environment is filled from, of a kind."""
    return [source for source in container.get("envFrom", ()) if kind in source]
