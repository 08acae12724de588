"""The place of a setting in the ranking of a sweep. The example app has the same cases in tests/sweep-grid.test.ts."""

import pytest

from backtester.report.analysis.sweep_grid import ranked
from backtester.report.lookup import Result


@pytest.mark.parametrize(
    ("column", "ranks"),
    [
        ([0.5, None, 0.7, 0.7, 0.1], [3, None, 1, 2, 4]),
        ([1.26, 1.259999999995, 1.260000000005], [1, 2, 3]),
        ([20830.4000001, 20830.4000002, 20830.41], [2, 3, 1]),
    ],
    ids=["equal ones by their place", "the last digit does not count", "nor that of a large figure"],
)
def test_the_best_is_the_first(column, ranks):
    document = {"request": {}, "analysis": {"sweep": {"rank_by": "sharpe_ratio", "metrics": {"sharpe_ratio": column}}}}
    assert [ranked(Result(document), index) for index in range(len(column))] == ranks
