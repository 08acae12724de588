"""Where things lie in the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNNER = str(ROOT / "backtest_runner.py")
SCHEMAS = ROOT / "schemas"
PLUG_INS = ROOT / "tests" / "contract" / "plugins"
