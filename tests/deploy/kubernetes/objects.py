"""Whether the objects of a rendering fit one another: ports, secrets, KEDA's queries of the queue, rights."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from tests.deploy.kubernetes.network import selects
from tests.deploy.kubernetes.rendering import Document, Rendering, option
from tests.support.paths import ROOT

UID = 10001  # the images' user
# Beyond what a namespace that enforces "restricted" asks: a fixed user and a root that cannot be written.
POD = {
    "runAsNonRoot": True, "runAsUser": UID, "runAsGroup": UID, "fsGroup": UID,
    "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip
CONTAINER = {
    "allowPrivilegeEscalation": False, "privileged": False, "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}  # fmt: skip
RESOURCES = {"cpu", "memory", "ephemeral-storage"}


def object_problems(of: Rendering) -> Iterator[str]:
    """Yield what would not work together, each in a line."""
    for check in (_shut_in, _services, _ingresses, _secrets, _redis_secret, _scalers, _queue, _budgets):
        yield from check(of)


def _shut_in(of: Rendering) -> Iterator[str]:
    for name, pod in of.pods.items():
        spec = pod["spec"]
        if spec.get("securityContext") != POD or spec.get("automountServiceAccountToken") or spec["enableServiceLinks"]:
            yield f"{name}: the pod's securityContext, its token or its service links are not as every pod's"
    for name, container in of.containers:
        if container.get("securityContext") != CONTAINER:
            yield f"{name}: the container's securityContext is not as every container's"
        if any(set(container["resources"][kind]) != RESOURCES for kind in ("requests", "limits")):
            yield f"{name}: not all requests and limits"
        given = [one for one in container.get("env", ()) if "valueFrom" in one]
        if given or any("secretRef" in source for source in container.get("envFrom", ())):
            yield f"{name}: a secret in the environment, where every child sees it"


def _services(of: Rendering) -> Iterator[str]:
    for service in of.all("Service"):
        selector = {"matchLabels": service["spec"]["selector"]}
        pods = [pod["spec"] for pod in of.pods.values() if selects(selector, pod["metadata"]["labels"])]
        ports = [port["name"] for pod in pods for one in pod["containers"] for port in one.get("ports", ())]
        if len(pods) != 1 or any(port["targetPort"] not in ports for port in service["spec"]["ports"]):
            yield f"Service {service['metadata']['name']}: it leads to no port of one workload"


def _ingresses(of: Rendering) -> Iterator[str]:
    for ingress in of.all("Ingress"):
        hosts = {host for tls in ingress["spec"]["tls"] for host in tls["hosts"]}
        for rule in ingress["spec"]["rules"]:
            if rule["host"] not in hosts:
                yield f"Ingress: {rule['host']} is served without TLS"
            for path in rule["http"]["paths"]:
                wanted = path["backend"]["service"]
                service = of.one("Service", wanted["name"])
                if service is None or wanted["port"] not in [{"name": one["name"]} for one in service["spec"]["ports"]]:
                    yield f"Ingress: there is no Service {wanted['name']} with the port {wanted['port']}"


def _secrets(of: Rendering) -> Iterator[str]:
    for name, pod in of.pods.items():
        for volume in [one["secret"] for one in pod["spec"].get("volumes", ()) if "secret" in one]:
            yield from _keys(of, name, volume["secretName"], [item["key"] for item in volume.get("items", ())])
            if volume.get("defaultMode") != 0o440:
                yield f"{name}: a secret can be read by others than its group"
    for one in of.all("TriggerAuthentication"):
        for reference in one["spec"]["secretTargetRef"]:
            yield from _keys(of, "TriggerAuthentication", reference["name"], [reference["key"]])


def _keys(of: Rendering, user: str, name: str, keys: list[str]) -> Iterator[str]:
    secret = of.one("Secret", name)
    if secret is None or not set(keys) <= set(secret["data"]):
        yield f"{user}: there is no Secret {name} with {', '.join(keys)}"


def _redis_secret(of: Rendering) -> Iterator[str]:
    # what stands there thrice has to agree, and TLS has to ask whose certificate it is
    scheme, tail = ("rediss", "?ssl_cert_reqs=required") if of.overlay == "production" else ("redis", "")
    for secret in (one for one in of.all("Secret") if one["metadata"]["name"].startswith("backtest-redis")):
        told = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
        if told["url"] != f"{scheme}://:{told['password']}@{told['address']}/0{tail}":
            yield f"Secret backtest-redis: the URL is not {scheme}://:password@address/0{tail} of what is beside it"


def _scalers(of: Rendering) -> Iterator[str]:
    targets = []
    for scaler in (*of.all("HorizontalPodAutoscaler"), *of.all("ScaledObject")):
        spec, target = scaler["spec"], scaler["spec"]["scaleTargetRef"]["name"]
        targets.append(target)
        if "replicas" in (of.one("Deployment", target) or {"spec": {}})["spec"]:
            yield f"{scaler['kind']}: its target has `replicas` too, so that each apply would undo it"
        if spec.get("minReplicas", spec.get("minReplicaCount", 0)) < 1:
            yield f"{scaler['kind']}: there must be one at least, for a worker reaps what others lost"
    if targets != ["api", "worker"]:
        yield f"api and worker have an autoscaler each, and nothing else has: {targets}"


def _sorted_sets() -> set[str]:
    """Return the keys of Redis that are sorted sets of ids, as the comment in prelude.lua lists them."""
    prelude = (ROOT / "backtester/service/jobs/scripts/prelude.lua").read_text("utf-8")
    (names,) = re.findall(r"--     ((?:\w+, )*\w+) +sorted sets of ids", prelude)
    return {f"backtest:queue:{name}" for name in names.split(", ")}


def _queue(of: Rendering) -> Iterator[str]:
    for scaled in of.all("ScaledObject"):
        worker = of.one("Deployment", scaled["spec"]["scaleTargetRef"]["name"])
        triggers = [(one["metadata"], one["authenticationRef"]["name"]) for one in scaled["spec"]["triggers"]]
        for told, authentication in triggers:
            yield from (f"KEDA's {told.get('listName')} {problem}" for problem in _trigger(of, worker, told))
            if of.one("TriggerAuthentication", authentication) is None:
                yield f"KEDA: there is no TriggerAuthentication {authentication}"
        if {told.get("listName") for told, _ in triggers} != {"backtest:queue:pending", "backtest:queue:running"}:
            yield "KEDA does not measure what waits and what runs"


def _trigger(of: Rendering, worker: Document | None, told: dict[str, str]) -> Iterator[str]:
    if told.get("listName") not in _sorted_sets():
        yield "is no sorted set of the program's"
    if not told.get("listLength", "").isdecimal():
        yield "has no listLength"
    if told.get("listName") == "backtest:queue:running" and worker is not None:
        at_once = option(worker["spec"]["template"]["spec"]["containers"][0], "--concurrency")
        if told.get("listLength") != at_once:
            yield f"has a listLength that is not --concurrency, {at_once}"
    if (told.get("enableTLS") == "true") != (of.overlay == "production"):
        yield "has an enableTLS that does not fit the overlay"


def _budgets(of: Rendering) -> Iterator[str]:
    budgets = {one["metadata"]["name"]: one["spec"].get("maxUnavailable") for one in of.all("PodDisruptionBudget")}
    if budgets != {one["metadata"]["name"]: 1 for one in of.all("Deployment")}:
        yield f"PodDisruptionBudget: not one for each Deployment that lets one pod go: {budgets}"
