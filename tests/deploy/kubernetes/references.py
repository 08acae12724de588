"""Whether what names another thing names one that is there: selectors, ports, backends, volumes, accounts."""

from __future__ import annotations

from collections.abc import Iterator

from network import selects
from rendering import Document, Rendering, mebibytes

NAMESPACE = "backtest"


def reference_problems(of: Rendering) -> Iterator[str]:
    """Yield what names something that is not there, or not what it should."""
    for check in (_selectors, _services, _ingresses, _volumes, _mounts):
        yield from check(of)
    for one in of.documents:
        if one["kind"] != "Namespace" and one["metadata"].get("namespace") != NAMESPACE:
            yield f"{one['kind']} {one['metadata']['name']}: not in the overlay's namespace"
    for name, pod in of.pods.items():
        if of.one("ServiceAccount", pod["spec"].get("serviceAccountName", "default")) is None:
            yield f"{name}: there is no such ServiceAccount"


def _selectors(of: Rendering) -> Iterator[str]:
    templates = [pod["metadata"]["labels"] for pod in of.pods.values()]
    for one in of.workloads:
        spec, name = one["spec"], f"{one['kind']} {one['metadata']['name']}"
        labels = spec["template"]["metadata"]["labels"]
        if not selects(spec["selector"], labels):
            yield f"{name}: its selector does not match its own template"
        if sum(selects(spec["selector"], other) for other in templates) > 1:
            yield f"{name}: its selector matches another's pods too"
        for spread in spec["template"]["spec"].get("topologySpreadConstraints", ()):
            if not selects(spread.get("labelSelector"), labels):
                yield f"{name}: a topologySpreadConstraint does not match its own pods"
        if one["kind"] == "StatefulSet" and of.one("Service", spec["serviceName"]) is None:
            yield f"{name}: there is no Service {spec['serviceName']}"


def _services(of: Rendering) -> Iterator[str]:
    for service in of.all("Service"):
        name, selector = f"Service {service['metadata']['name']}", {"matchLabels": service["spec"]["selector"]}
        matching = [pod for pod in of.pods.values() if selects(selector, pod["metadata"]["labels"])]
        if len(matching) != 1:
            yield f"{name}: its selector matches the pods of {len(matching)} workloads"
        listening = [port for pod in matching for one in pod["spec"]["containers"] for port in one.get("ports", ())]
        ports = {key for port in listening for key in (port.get("name"), port["containerPort"])}
        for port in service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            if target not in ports:
                yield f"{name}: its targetPort {target} is no port of the container"


def _ingresses(of: Rendering) -> Iterator[str]:
    if of.overlay == "production" and not of.all("Ingress"):
        yield "Ingress: there is none"
    for ingress in of.all("Ingress"):
        hosts = {host for tls in ingress["spec"].get("tls", ()) for host in tls["hosts"]}
        for rule in ingress["spec"]["rules"]:
            if rule["host"] not in hosts:
                yield f"Ingress: {rule['host']} is served without TLS"
            for path in rule["http"]["paths"]:
                wanted = path["backend"]["service"]
                service = of.one("Service", wanted["name"])
                ports = service["spec"]["ports"] if service else []
                ways = [way for port in ports for way in ({"name": port["name"]}, {"number": port["port"]})]
                if wanted["port"] not in ways:
                    yield f"Ingress: the backend {wanted['name']} has no port {wanted['port']}"


def _volumes(of: Rendering) -> Iterator[str]:
    for name, pod in of.pods.items():
        for volume in pod["spec"].get("volumes", ()):
            if "hostPath" in volume:
                yield f"{name}: the volume {volume['name']} is the node's own folder (hostPath)"
            if "emptyDir" in volume and not volume["emptyDir"].get("sizeLimit"):
                yield f"{name}: the emptyDir {volume['name']} has no sizeLimit"
            if "secret" in volume:
                yield from (f"{name}: {problem}" for problem in _secret_problems(of, volume))


def _secret_problems(of: Rendering, volume: Document) -> Iterator[str]:
    wanted = volume["secret"]
    secret = of.one("Secret", wanted["secretName"])
    if secret is None:
        yield f"there is no Secret {wanted['secretName']}"
    elif missing := {item["key"] for item in wanted.get("items", ())} - set(secret["data"]):
        yield f"the Secret {secret['metadata']['name']} has no {', '.join(sorted(missing))}"
    if wanted.get("defaultMode") != 0o440:
        yield f"the secret volume {volume['name']} can be read by others than its group"


def _mounts(of: Rendering) -> Iterator[str]:
    for workload in of.workloads:
        name, spec = workload["metadata"]["name"], workload["spec"]["template"]["spec"]
        volumes = {volume["name"]: volume for volume in spec.get("volumes", ())}
        claims = {claim["metadata"]["name"]: claim for claim in workload["spec"].get("volumeClaimTemplates", ())}
        on_disk = sum(mebibytes(one["emptyDir"].get("sizeLimit", 0)) for one in volumes.values() if "emptyDir" in one)
        for container in spec["containers"]:
            for mount in container.get("volumeMounts", ()):
                if mount["name"] not in volumes | claims:
                    yield f"{name}: there is no volume {mount['name']}"
                if "secret" in volumes.get(mount["name"], {}) and not mount.get("readOnly"):
                    yield f"{name}: the secret {mount['name']} is mounted to be written"
            allowed = container.get("resources", {}).get("limits", {}).get("ephemeral-storage")
            if allowed is not None and mebibytes(allowed) < on_disk:
                yield f"{name}: its emptyDirs may grow beyond its limit of ephemeral-storage, which evicts it"
