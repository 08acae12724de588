"""Who may talk to whom, by the NetworkPolicies: evaluated as a cluster's network does it, and compared with a table."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, NamedTuple

NAME = "app.kubernetes.io/name"
IN_NAMESPACE = "kubernetes.io/metadata.name"
NAMESPACE = "backtest"


class End(NamedTuple):
    """One end of a connection: a pod in a namespace, or an address outside the cluster."""

    name: str
    labels: dict[str, str]
    namespace: str = NAMESPACE
    address: str | None = None


class Flow(NamedTuple):
    """A connection, and whether it is to be possible."""

    source: str
    target: str
    port: int
    allowed: bool
    protocol: str = "TCP"


OTHERS = {
    "traefik": End("traefik", {NAME: "traefik"}, "traefik"),
    "prometheus": End("prometheus", {NAME: "prometheus"}, "monitoring"),
    "keda": End("keda", {"app": "keda-operator"}, "keda"),
    "dns": End("dns", {"k8s-app": "kube-dns"}, "kube-system"),
    "stranger": End("stranger", {NAME: "api"}, "default"),  # with a label like ours, in a namespace that is not
    "managed-redis": End("managed-redis", {}, "", "10.20.0.5"),
    "internet": End("internet", {}, "", "93.184.215.14"),
    "cloud-metadata": End("cloud-metadata", {}, "", "169.254.169.254"),
    "private": End("private", {}, "", "10.30.0.1"),
}
_OURS = ("api", "sockets", "worker", "nextjs")
EVERYWHERE = (
    *(Flow(pod, "dns", 53, True, protocol) for pod in _OURS for protocol in ("UDP", "TCP")),
    Flow("traefik", "api", 8000, True), Flow("traefik", "sockets", 8001, True), Flow("traefik", "nextjs", 3000, True),
    Flow("nextjs", "api", 8000, True), Flow("prometheus", "api", 8000, True),
    *(Flow("stranger", target, port, False) for target, port in
      (("api", 8000), ("sockets", 8001), ("nextjs", 3000), ("worker", 8000))),
    *(Flow("internet", target, port, False) for target, port in (("api", 8000), ("sockets", 8001), ("nextjs", 3000))),
    *(Flow(source, target, port, False) for source in ("worker", "sockets") for target, port in
      (("api", 8000), ("nextjs", 3000))),
    *(Flow(pod, "internet", 443, False) for pod in ("api", "sockets", "nextjs")),
    *(Flow(pod, "internet", 80, False) for pod in _OURS), *(Flow(pod, "internet", 53, False, "UDP") for pod in _OURS),
    *(Flow(pod, "cloud-metadata", port, False) for pod in _OURS for port in (80, 443)),
    *(Flow(pod, "private", 443, False) for pod in _OURS),
    Flow("prometheus", "sockets", 8001, False), Flow("traefik", "worker", 8000, False),
)  # fmt: skip
FLOWS = {
    "local": (
        *EVERYWHERE,
        *(Flow(pod, "redis", 6379, True) for pod in ("api", "sockets", "worker", "keda")),
        *(Flow(pod, "redis", 6379, False) for pod in ("nextjs", "stranger", "traefik", "prometheus", "internet")),
        *(Flow(pod, "internet", 443, False) for pod in ("worker", "redis")), Flow("redis", "api", 8000, False),
    ),
    "production": (
        *EVERYWHERE,
        *(Flow(pod, "managed-redis", 6379, True) for pod in ("api", "sockets", "worker")),
        Flow("nextjs", "managed-redis", 6379, False), Flow("worker", "internet", 443, True),
    ),
}  # fmt: skip


def flow_problems(policies: list[dict[str, Any]], pods: dict[str, dict[str, Any]], overlay: str) -> Iterator[str]:
    """Yield the flows of an overlay's table that are not as the table has them. pods: their templates, by name."""
    ends = {**OTHERS, **{name: End(name, pod["metadata"]["labels"]) for name, pod in pods.items()}}
    for flow in FLOWS[overlay]:
        if flow.source not in ends or flow.target not in ends:
            yield f"NetworkPolicy: {flow.source} or {flow.target} is not there"
            continue
        source, target = ends[flow.source], ends[flow.target]
        named = _named_ports(pods.get(flow.target))
        possible = all(
            _allows(policies, way, here, there, flow, named)
            for way, here, there in (("Egress", source, target), ("Ingress", target, source))
        )
        if possible != flow.allowed:
            is_it = "is possible" if possible else "is not possible"
            yield f"NetworkPolicy: {flow.source} to {flow.target} on {flow.protocol} {flow.port} {is_it}"


def selects(selector: dict[str, Any] | None, labels: dict[str, str]) -> bool:
    """Tell whether a label selector matches; an empty one does always, none at all never."""
    if selector is None:
        return False
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for one in selector.get("matchExpressions", ()):
        found, among = one["key"] in labels, labels.get(one["key"]) in one.get("values", ())
        if not {"In": among, "NotIn": not among, "Exists": found, "DoesNotExist": not found}[one["operator"]]:
            return False
    return True


def _allows(
    policies: list[dict[str, Any]], way: str, here: End, there: End, flow: Flow, named: dict[str, int]
) -> bool:
    """Tell whether what applies to one end lets the other be reached, or reach it."""
    if here.address is not None or here.namespace != NAMESPACE:
        return True  # not our pod: not our policies
    applying = [
        policy["spec"] for policy in policies
        if way in policy["spec"].get("policyTypes", ()) and selects(policy["spec"]["podSelector"], here.labels)
    ]  # fmt: skip
    rules = [rule for spec in applying for rule in spec.get(way.lower(), ())]
    side = "to" if way == "Egress" else "from"
    matching = [rule for rule in rules if _on_port(rule.get("ports"), flow, named)]
    return not applying or any(not rule.get(side) or any(_is(one, there) for one in rule[side]) for rule in matching)


def _on_port(ports: list[dict[str, Any]] | None, flow: Flow, named: dict[str, int]) -> bool:
    if ports is None:
        return True
    wanted = ((named.get(port.get("port"), port.get("port")), port.get("protocol", "TCP")) for port in ports)
    return any(number in (None, flow.port) and protocol == flow.protocol for number, protocol in wanted)


def _is(peer: dict[str, Any], end: End) -> bool:
    if "ipBlock" in peer:
        if end.address is None:
            return False
        address, block = ipaddress.ip_address(end.address), peer["ipBlock"]
        return address in ipaddress.ip_network(block["cidr"]) and not any(
            address in ipaddress.ip_network(one) for one in block.get("except", ())
        )
    if end.address is not None:
        return False
    there = (
        selects(peer["namespaceSelector"], {IN_NAMESPACE: end.namespace})
        if "namespaceSelector" in peer else end.namespace == NAMESPACE
    )  # fmt: skip
    return there and selects(peer.get("podSelector", {}), end.labels)


def _named_ports(pod: dict[str, Any] | None) -> dict[str, int]:
    ports = [port for one in pod["spec"]["containers"] for port in one.get("ports", ())] if pod else []
    return {port["name"]: port["containerPort"] for port in ports if "name" in port}
