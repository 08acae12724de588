"""Faults in the manifests that only this program's rules can find; each is seeded into a rendering and has to be found.

What a schema, kustomize or a cluster's own admission finds is not here: that would test them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.deploy.kubernetes.rendering import Document

CONTAINER = "spec/template/spec/containers/0/"
SETTINGS, WEB = "ConfigMap/backtest-settings", "ConfigMap/backtest-web-settings"
API, SOCKETS, WORKER, NEXTJS = (f"Deployment/{name}" for name in ("api", "sockets", "worker", "nextjs"))
REDIS, QUEUE, POLICY = "StatefulSet/redis", "ScaledObject/worker", "NetworkPolicy"
ROLE, NAMESPACE = "app.kubernetes.io/name", "kubernetes.io/metadata.name"


class Fault(NamedTuple):
    """A value that is written otherwise in an object, or left out where it is None, and what is to be said of it."""

    name: str
    object: str  # kind and the beginning of the name
    path: str
    value: Any
    says: str  # a pattern
    overlay: str = "local"


def seed(fault: Fault, documents: list[Document]) -> None:
    """Put a fault into the objects of a rendering. StopIteration or KeyError where there is no such place any more."""
    kind, _, name = fault.object.partition("/")
    node: Any = next(one for one in documents if one["kind"] == kind and one["metadata"]["name"].startswith(name))
    *way, last = (int(step) if step.isdecimal() else step for step in fault.path.split("/"))
    for step in way:
        node = node[step]
    if fault.value is None:
        del node[last]
    else:
        node[last] = fault.value


def container(fault: str, workload: str, path: str, value: Any, says: str, overlay: str = "local") -> Fault:
    """Return a fault in the one container of a workload."""
    return Fault(fault, workload, CONTAINER + path, value, says, overlay)


QUEUE_FAULTS = (
    Fault("a key of Redis that nothing writes", QUEUE, "spec/triggers/0/metadata/listName", "backtest:queued",
          "backtest:queued is no sorted set"),
    Fault("what runs is not measured", QUEUE, "spec/triggers/1", None, "does not measure what waits and what runs"),
    Fault("no length of the queue", QUEUE, "spec/triggers/0/metadata/listLength", None, "has no listLength"),
    container("a target that is not --concurrency", WORKER, "args/7", "4", "listLength that is not --concurrency, 4"),
    Fault("the queue is asked without TLS", QUEUE, "spec/triggers/0/metadata/enableTLS", "false",
          "enableTLS that does not fit", "production"),
    Fault("a key that the Secret has not", "TriggerAuthentication/redis", "spec/secretTargetRef/1/key", "passwort",
          "no Secret backtest-redis.* with passwort"),
    Fault("no worker at all", QUEUE, "spec/minReplicaCount", 0, "there must be one at least"),
    Fault("replicas beside an autoscaler", WORKER, "spec/replicas", 3, "`replicas` too"),
)  # fmt: skip
PORT_FAULTS = (
    container("a server that listens elsewhere", API, "args/7", "8080", "listens on 8080"),
    container("a command of another process", SOCKETS, "args/3", "api", "is not the command sockets"),
    Fault("a Service's port that is none", "Service/api", "spec/ports/0/targetPort", "htpp",
          "Service api: it leads to no"),
    Fault("a backend's port that is none", "Ingress", "spec/rules/0/http/paths/0/backend/service/port", {"number": 80},
          "no Service nextjs with the port", "production"),
    Fault("a host without TLS", "Ingress", "spec/tls/0/hosts/1", None, "served without TLS", "production"),
    container("a probe's path that is no route", API, "startupProbe/httpGet/path", "/healthz", "which is no route"),
    container("a probe's path of another process", SOCKETS, "readinessProbe/httpGet/path", "/strategies",
              "asks /strategies, which is no route"),
    container("a probe's port that is none", API, "readinessProbe/httpGet/port", "web", "port web, which is not there"),
    container("life that hangs on Redis", SOCKETS, "livenessProbe/httpGet/path", "/health/ready", "would restart it"),
    container("a probe of another file", WORKER, "args/11", "/tmp/live", "does not look at --alive-file /tmp/live"),
)  # fmt: skip
LIMIT_FAULTS = (
    container("a limit that two runs can pass", WORKER, "resources/limits/memory", "1Gi", "less than 2 runs may take"),
    Fault("more memory for a run than the pod has", SETTINGS, "data/BACKTEST_MEMORY_MB", "2048",
          "less than 2 runs may take"),
    container("Redis may fill its pod", REDIS, "resources/limits/memory", "1Gi", "leaves no room"),
    Fault("volumes that evict their pod", WORKER, "spec/template/spec/volumes/2/emptyDir/sizeLimit", "4Gi",
          "evicts it"),
    Fault("too little time to finish a run", WORKER, "spec/template/spec/terminationGracePeriodSeconds", 60,
          "worker: terminationGracePeriodSeconds 60 is less"),
    Fault("longer runs than there is time to finish", SETTINGS, "data/BACKTEST_MAX_TIMEOUT_SECONDS", "900",
          "worker: terminationGracePeriodSeconds 330 is less than 911"),
    Fault("longer waits than there is time to finish", SETTINGS, "data/BACKTEST_SYNC_SECONDS", "90",
          "api: terminationGracePeriodSeconds 50 is less"),
    container("no pause for the proxies", API, "lifecycle/preStop/sleep/seconds", 0, "no preStop sleep"),
    container("another version's image", WORKER, "image", "backtest-runner/worker:0.0.9", "not the program's"),
    container("another role's image", WORKER, "image", "backtest-runner/api:0.1.0", "not the program's"),
)  # fmt: skip
SETTING_FAULTS = (
    Fault("a setting that is none", SETTINGS, "data/BACKTEST_OFLINE", "1", "BACKTEST_OFLINE is no setting"),
    Fault("a setting of the app's that is none", WEB, "data/BACKTEST_WEB_MODUS", "api", "BACKTEST_WEB_MODUS is no"),
    Fault("a value that the program refuses", SETTINGS, "data/BACKTEST_LEASE_SECONDS", "15s", "LEASE_SECONDS must be"),
    Fault("origins that the program refuses", SETTINGS, "data/BACKTEST_CORS_ORIGINS", "*", "CORS_ORIGINS must list",
          "production"),
    Fault("nobody is asked who they are", SETTINGS, "data/BACKTEST_AUTH", "off", "BACKTEST_AUTH is not on"),
    Fault("a store where nothing can be written", SETTINGS, "data/BACKTEST_CACHE_DIR", "/var/cache/backtest",
          "cannot be written"),
    Fault("a secret in the ConfigMap", SETTINGS, "data/BACKTEST_REDIS_URL", "redis://:hush@redis:6379",
          "BACKTEST_REDIS_URL stands in the environment"),
    container("a secret in the environment", API, "env", [{"name": "BACKTEST_SECRET", "valueFrom": {}}],
              "a secret in the environment"),
    Fault("a secret file where nothing is mounted", SETTINGS, "data/BACKTEST_SECRET_FILE", "/etc/backtest/secret",
          "nothing is mounted where BACKTEST_SECRET_FILE points"),
    container("a secret where it is not needed", WORKER, "volumeMounts/0/mountPath", "/etc/backtest/token",
              "worker: it has the secret that signs"),
    Fault("a Secret that nobody makes", WORKER, "spec/template/spec/volumes/0/secret/secretName", "redis",
          "there is no Secret redis"),
    Fault("TLS that takes any certificate", "Secret/backtest-redis", "data/url", "cmVkaXNzOi8vOnA=", "URL is not rediss://",
          "production"),
    Fault("a password that is not the URL's", "Secret/backtest-redis", "data/password", "cAo=", "the URL is not redis://"),
    Fault("a user that is not the images'", REDIS, "spec/template/spec/securityContext/runAsUser", 999,
          "redis: the pod's securityContext"),
)  # fmt: skip
NETWORK_FAULTS = (
    Fault("anybody gets in", f"{POLICY}/deny-by-default", "spec/policyTypes", ["Egress"],
          "stranger to worker on TCP 8000 is possible"),
    Fault("the app does not reach the API", f"{POLICY}/from-nextjs", "spec/podSelector/matchLabels", {ROLE: "web"},
          "nextjs to api on TCP 8000 is not possible"),
    Fault("a misspelt port of a policy", f"{POLICY}/to-sockets", "spec/ingress/0/ports/0/port", "socket",
          "traefik to sockets on TCP 8001 is not"),
    Fault("Prometheus is kept out", f"{POLICY}/to-api",
          "spec/ingress/0/from/1/namespaceSelector/matchExpressions/0/values", ["traefik"], "prometheus to api"),
    Fault("any namespace gets in", f"{POLICY}/to-sockets", "spec/ingress/0/from/0/namespaceSelector", {},
          "stranger to sockets on TCP 8001 is possible"),
    Fault("workers do not reach Redis", f"{POLICY}/ask-redis", "spec/podSelector/matchExpressions/0/values",
          ["api", "sockets"], "worker to redis on TCP 6379 is not possible"),
    Fault("Redis is open to every namespace", f"{POLICY}/to-redis", "spec/ingress/0/from/1/namespaceSelector", {},
          "stranger to redis on TCP 6379 is possible"),
    Fault("KEDA is kept out of Redis", f"{POLICY}/to-redis",
          "spec/ingress/0/from/1/namespaceSelector/matchLabels", {NAMESPACE: "keda-system"},
          "keda to redis on TCP 6379 is not possible"),
    Fault("the managed Redis is elsewhere", f"{POLICY}/ask-redis", "spec/egress/0/to/0/ipBlock/cidr", "10.21.0.0/24",
          "worker to managed-redis on TCP 6379 is not possible", "production"),
    Fault("prices from the cloud's own addresses", f"{POLICY}/ask-yahoo", "spec/egress/0/to/0/ipBlock/except",
          ["10.0.0.0/8"], "worker to cloud-metadata on TCP 443 is possible", "production"),
    Fault("prices for everybody", f"{POLICY}/ask-yahoo", "spec/podSelector", {},
          "api to internet on TCP 443 is possible", "production"),
)  # fmt: skip
FAULTS = (*QUEUE_FAULTS, *PORT_FAULTS, *LIMIT_FAULTS, *SETTING_FAULTS, *NETWORK_FAULTS)
