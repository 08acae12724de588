"""What no schema knows: whether the objects of a rendering fit one another and the program, and stay in bounds."""

from __future__ import annotations

from collections.abc import Iterator

from network import flow_problems
from program import program_problems
from references import reference_problems
from rendering import Facts, Rendering, sources
from scaling import scaling_problems

UID = 10001  # the images' user


def problems(rendering: Rendering, facts: Facts) -> Iterator[str]:
    """Yield what is wrong, each in a line."""
    yield from reference_problems(rendering)
    yield from scaling_problems(rendering, facts)
    yield from _security(rendering)
    yield from _containers(rendering)
    yield from program_problems(rendering, facts)
    yield from flow_problems(rendering.all("NetworkPolicy"), rendering.pods, rendering.overlay)


def _security(of: Rendering) -> Iterator[str]:
    for name, template in of.pods.items():
        pod = template["spec"]
        own = pod.get("securityContext", {})
        for right, what in (
            (own.get("runAsNonRoot") is True, "runAsNonRoot"), (own.get("runAsUser") == UID, f"runAsUser {UID}"),
            (own.get("runAsGroup") == UID, f"runAsGroup {UID}"), (own.get("fsGroup") == UID, f"fsGroup {UID}"),
            (own.get("seccompProfile") == {"type": "RuntimeDefault"}, "seccompProfile RuntimeDefault"),
            (pod.get("automountServiceAccountToken") is False, "automountServiceAccountToken false"),
            (pod.get("enableServiceLinks") is False, "enableServiceLinks false"),
            (not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")), "namespaces of its own"),
        ):  # fmt: skip
            if not right:
                yield f"{name}: the pod lacks {what}"
        for container in pod["containers"]:
            context = container.get("securityContext", {})
            for key, value in (
                ("allowPrivilegeEscalation", False), ("privileged", False), ("readOnlyRootFilesystem", True),
                ("capabilities", {"drop": ["ALL"]}),
            ):  # fmt: skip
                if context.get(key) != value:
                    yield f"{name}: securityContext.{key} is {context.get(key)}"
            if overridden := {"runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile"} & set(context):
                yield f"{name}: the container overrides the pod's {', '.join(sorted(overridden))}"


def _containers(of: Rendering) -> Iterator[str]:
    for name, container in of.containers:
        for kind in ("requests", "limits"):
            for what in ("cpu", "memory", "ephemeral-storage"):
                if what not in container.get("resources", {}).get(kind, {}):
                    yield f"{name}: no {kind} of {what}"
        last = container["image"].rpartition("/")[2]
        tag = last.partition(":")[2]
        if "@sha256:" not in last and tag in ("", "latest"):
            yield f"{name}: the image {container['image']} has no version"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe not in container:
                yield f"{name}: no {probe}"
        secrets = [one["name"] for one in container.get("env", ()) if "secretKeyRef" in one.get("valueFrom", {})]
        if secrets or sources(container, "secretRef"):
            yield f"{name}: a secret in the environment ({', '.join(secrets) or 'envFrom'}), where every child sees it"
