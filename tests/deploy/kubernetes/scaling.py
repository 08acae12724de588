"""How workloads scale, what KEDA is told of the queue, and how many pods may be taken away."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from network import selects
from rendering import Document, Facts, Rendering, containers_of, least_of, option

AUTHENTICATION = {"address", "host", "port", "username", "password", "tls", "ca", "cert", "key", "keyPassword"}
REDIS_TRIGGER = {"listName", "listLength", "activationListLength", "databaseIndex", "enableTLS", "unsafeSsl"}


def scaling_problems(of: Rendering, facts: Facts) -> Iterator[str]:
    """Yield what would scale wrongly, or not at all, and what could not be taken away."""
    yield from _autoscalers(of)
    for scaled in of.all("ScaledObject"):
        name = f"ScaledObject {scaled['metadata']['name']}"
        for trigger in scaled["spec"]["triggers"]:
            about = f"{name}: the trigger {trigger.get('name')}"
            yield from (f"{about} {problem}" for problem in _trigger(of, scaled, trigger, facts))
        names = {trigger["metadata"].get("listName") for trigger in scaled["spec"]["triggers"]}
        if not {"backtest:queue:pending", "backtest:queue:running"} <= names:
            yield f"{name}: the triggers do not measure what waits and what runs"
    yield from _authentications(of)
    yield from _redis_secret(of)
    yield from _budgets(of)


def _autoscalers(of: Rendering) -> Iterator[str]:
    scaled: list[tuple[str, str]] = []
    for scaler in (*of.all("HorizontalPodAutoscaler"), *of.all("ScaledObject")):
        name, spec = f"{scaler['kind']} {scaler['metadata']['name']}", scaler["spec"]
        target = (spec["scaleTargetRef"].get("kind", "Deployment"), spec["scaleTargetRef"]["name"])
        workload = of.one(*target)
        if workload is None:
            yield f"{name}: its target {' '.join(target)} is not there"
        elif "replicas" in workload["spec"]:
            yield f"{name}: its target has `replicas` too, so that each apply would undo it"
        if target in scaled:
            yield f"{name}: its target has two autoscalers"
        scaled.append(target)
        least, most = least_of(scaler), spec.get("maxReplicas", spec.get("maxReplicaCount", 100))
        if not 1 <= least <= most:
            yield f"{name}: from {least} to {most} replicas; there must be one at least, which requeues lost jobs"
        shares = [metric["resource"]["name"] for metric in spec.get("metrics", ()) if metric["type"] == "Resource"]
        for container in containers_of(workload) if workload else ():
            for what in set(shares) - set(container["resources"].get("requests", {})):
                yield f"{name}: a share of {what} needs requests of it"
        advanced = spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
        if not spec.get("behavior", advanced.get("behavior")):
            yield f"{name}: no behavior says how fast it scales"
    if not {("Deployment", "api"), ("Deployment", "worker")} <= set(scaled):
        yield "api and worker: not both have an autoscaler"


def _trigger(of: Rendering, scaled: Document, trigger: Document, facts: Facts) -> Iterator[str]:
    metadata = trigger["metadata"]
    if trigger["type"] != "redis":
        yield f"is of the type {trigger['type']}, which nothing here answers"
        return
    if unknown := set(metadata) - REDIS_TRIGGER:
        yield f"has parameters that KEDA does not know: {', '.join(sorted(unknown))}"
    if metadata.get("listName") not in facts.sorted_sets:
        yield f"measures {metadata.get('listName')}, which is no sorted set of the program's"
    if not metadata.get("listLength", "").isdecimal():
        yield "has no listLength"
    workload = of.one("Deployment", scaled["spec"]["scaleTargetRef"]["name"])
    if metadata.get("listName") == "backtest:queue:running" and workload is not None:
        at_once = option(containers_of(workload)[0], "--concurrency")
        if metadata.get("listLength") != at_once:
            yield f"has a listLength that is not --concurrency, {at_once}"
    if (metadata.get("enableTLS") == "true") != (of.overlay == "production"):
        yield "has an enableTLS that does not fit the overlay"
    wanted = trigger.get("authenticationRef", {}).get("name", "")
    if of.one("TriggerAuthentication", wanted) is None:
        yield f"has no TriggerAuthentication {wanted}"


def _authentications(of: Rendering) -> Iterator[str]:
    for one in of.all("TriggerAuthentication"):
        for reference in one["spec"].get("secretTargetRef", ()):
            secret = of.one("Secret", reference["name"])
            if secret is None or reference["key"] not in secret["data"]:
                yield f"TriggerAuthentication: there is no Secret {reference['name']} with {reference['key']}"
            if reference["parameter"] not in AUTHENTICATION:
                yield f"TriggerAuthentication: KEDA's redis scaler has no parameter {reference['parameter']}"


def _redis_secret(of: Rendering) -> Iterator[str]:
    # what stands there thrice has to agree, and TLS has to ask whose certificate it is
    scheme, tail = ("rediss", "?ssl_cert_reqs=required") if of.overlay == "production" else ("redis", "")
    for secret in (one for one in of.all("Secret") if one["metadata"]["name"].startswith("backtest-redis")):
        told = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
        if not {"url", "address", "password"} <= set(told):
            continue  # whoever needs what is missing says so
        if told["url"].strip() != f"{scheme}://:{told['password']}@{told['address']}/0{tail}":
            yield f"Secret backtest-redis: the URL is not {scheme}://:password@address/0{tail} of what is beside it"


def _budgets(of: Rendering) -> Iterator[str]:
    covered = set()
    for budget in of.all("PodDisruptionBudget"):
        spec, name = budget["spec"], f"PodDisruptionBudget {budget['metadata']['name']}"
        matching = [one for one in of.workloads if selects(spec["selector"], of.labels(one))]
        if len(matching) != 1:
            yield f"{name}: its selector matches the pods of {len(matching)} workloads"
        for one in matching:
            covered.add(one["metadata"]["name"])
            replicas = _least_replicas(of, one)
            share = str(spec.get("maxUnavailable", spec.get("minAvailable")))
            number = float(share.rstrip("%")) * (replicas / 100 if share.endswith("%") else 1)
            if ("maxUnavailable" in spec and number <= 0) or ("minAvailable" in spec and number > replicas - 1):
                yield f"{name}: with {replicas} replicas it blocks every eviction, and so every drain of a node"
    for one in of.all("Deployment"):
        if one["metadata"]["name"] not in covered:
            yield f"Deployment {one['metadata']['name']}: no PodDisruptionBudget"


def _least_replicas(of: Rendering, workload: Document) -> int:
    for scaler in (*of.all("HorizontalPodAutoscaler"), *of.all("ScaledObject")):
        if scaler["spec"]["scaleTargetRef"]["name"] == workload["metadata"]["name"]:
            return least_of(scaler)
    return int(workload["spec"].get("replicas", 1))
