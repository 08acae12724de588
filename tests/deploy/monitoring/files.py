"""The rules and the dashboard of deploy/monitoring, and what they ask Prometheus."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.support.paths import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
RULE_TESTS = ROOT / "tests" / "deploy" / "monitoring" / "prometheus-rules.test.yaml"  # for promtool
RULES_TEXT = (FOLDER / "prometheus-rules.yaml").read_text("utf-8")
RULES = [rule for group in yaml.safe_load(RULES_TEXT)["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
# by panel and legend, with Grafana's variables filled in
QUERIES = {
    f"{panel['title']}: {target['legendFormat']}": target["expr"].replace("$__rate_interval", "5m")
    for panel in PANELS
    for target in panel["targets"]
}
ANNOTATION: str = DASHBOARD["annotations"]["list"][0]["expr"]
EXPRESSIONS = [*(rule["expr"] for rule in RULES), *QUERIES.values()]
SELECTOR = re.compile(r"\b((?:backtest|process|probe|redis)[a-z0-9_:]*|up)\b(\{(?:[^\"}]|\"[^\"]*\")*\})?")


def selectors(expression: str) -> set[str]:
    """Return the metrics that an expression asks for: alone, and with their labels."""
    return {part for match in SELECTOR.finditer(expression) for part in (match[1], match[0])}
