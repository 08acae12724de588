"""The plug-in of docs/how-to/plug-ins.md works as it stands there."""

import json
import re
from pathlib import Path

from tests.support.runner import run_runner
from tests.support.sample_requests import request

PAGE = (Path(__file__).resolve().parents[2] / "docs/how-to/plug-ins.md").read_text()


def test_the_strategy_in_the_docs_runs(tmp_path):
    (tmp_path / "my_strategies.py").write_text(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1])
    info = tmp_path / "my_strategies-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-strategies\nVersion: 1.0\n")
    name = re.search(r"^(\w+) = \"my_strategies\"", PAGE, re.MULTILINE)[1]
    (info / "entry_points.txt").write_text(f"[backtester.strategies]\n{name} = my_strategies\n")
    env = {"PYTHONPATH": str(tmp_path)}
    run = run_runner(request(strategy=name), env=env)
    assert (run.exit, run.stderr) == (0, "")
    assert run.document["request"]["parameters"] == {"lookback_period": 100, "rebalance_frequency": "monthly"}
    wrong = run_runner(request(strategy=name, parameters={"lookback_period": 0, "top": 1}), env=env)
    assert (wrong.exit, wrong.document["code"]) == (2, "VALIDATION_FAILED")
    pointers = [problem["pointer"] for problem in wrong.document["errors"]]
    assert pointers == ["/parameters/lookback_period", "/parameters/top"]
    listed = json.loads(run_runner(b"", "--list-strategies", env=env).stdout)
    assert name in [entry["name"] for entry in listed]
