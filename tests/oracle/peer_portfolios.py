"""Solve portfolio programs in skfolio. For the peers' own interpreter: JSON on stdin, JSON on stdout.

A job has windows of daily returns, and programs: which weights skfolio finds for each window.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from skfolio import RiskMeasure
from skfolio.optimization import InverseVolatility, MeanRisk, RiskBudgeting

TIGHT = {"tol_gap_abs": 1e-13, "tol_gap_rel": 1e-13, "tol_feas": 1e-13}


def estimator(program: dict[str, Any]) -> Any:
    """Return skfolio's estimator of a program."""
    if program["name"] == "inverse_volatility":
        return InverseVolatility()
    solve = {"risk_measure": RiskMeasure.VARIANCE, "solver": "CLARABEL", "solver_params": TIGHT}
    if program["name"] == "equal_risk_contribution":
        return RiskBudgeting(**solve)
    return MeanRisk(**solve, min_weights=program["min_weight"], max_weights=program["max_weight"])


def main() -> None:
    """Answer the job on stdin."""
    job = json.load(sys.stdin)
    answers = {
        label: [estimator(program).fit(np.array(window)).weights_.tolist() for window in job["windows"]]
        for label, program in job["programs"].items()
    }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
