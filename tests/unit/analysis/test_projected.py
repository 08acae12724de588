"""The projection of a run: drawn from its full months or years, with withdrawals."""

import numpy as np
import pytest

from backtester.analysis.answer import projection, run
from tests.unit.analysis.asked import answered, momentum


def projected(asked, **options):
    return answered(asked, projection={"paths": 500, "years": 10, **options})["analysis"]["projection"]


@pytest.mark.parametrize("model", ["block_bootstrap", "iid_years", "normal"])
def test_bands_rise_with_their_percentile_and_success_falls_with_the_years(model):
    found = projected(momentum(), model=model, withdrawal={"annual_rate": 0.15})
    assert found["years"] == [*range(1, 11)]
    bands = np.array([*found["bands"].values()])
    assert [*found["bands"]] == ["10", "25", "50", "75", "90"]
    assert (np.diff(bands, axis=0) >= 0).all()
    assert (np.diff(found["success"]) <= 0).all()
    safe, perpetual = ([*found[name].values()] for name in ("safe_withdrawal_rate", "perpetual_withdrawal_rate"))
    assert safe == sorted(safe)
    assert all(lasting < all_of_it for lasting, all_of_it in zip(perpetual, safe, strict=True))


@pytest.mark.parametrize(
    ("percentiles", "names"),
    [
        ([10, 25.0, 2.5], ["10", "25", "2.5"]),
        ([33.33333333, 33.333333333, 50], ["33.33333333", "33.333333333", "50"]),
        ([0.1, 0.1000001, 99.9999999, 100], ["0.1", "0.1000001", "99.9999999", "100"]),
    ],
)
def test_every_percentile_has_a_band_by_the_number_that_was_asked_for(percentiles, names):
    found = projected(momentum(), percentiles=percentiles)
    for block in ("bands", "safe_withdrawal_rate", "perpetual_withdrawal_rate"):
        assert [*found[block]] == names


def test_a_run_of_one_rate_has_one_future():
    """Cash at 4 % alone: every path grows by it, and inflation of as much leaves what is withdrawn."""
    asked = momentum(
        strategy="buy_hold", parameters={}, costs={}, start_date="2004-01-01",
        holdings=[{"symbol": "KO", "allocation": 1e-9}], cash={"allocation": 1, "annual_rate": 0.04},
    )  # fmt: skip
    free = projected(asked, model="iid_years", withdrawal={"annual_rate": 0})
    assert free["bands"]["50"][-1] == pytest.approx(1.04**10, rel=1e-3)
    real = projected(asked, model="iid_years", withdrawal={"annual_rate": 0.05}, inflation_rate=0.04)
    assert real["bands"]["50"][:3] == pytest.approx([0.95, 0.9, 0.85], rel=1e-3)
    assert real["safe_withdrawal_rate"]["10"] == pytest.approx(0.1, rel=1e-3)
    nominal = projected(asked, model="iid_years", withdrawal={"annual_rate": 0.05, "real": False}, inflation_rate=0.04)
    assert nominal["bands"]["50"][0] == pytest.approx(0.95 * 1.04, rel=1e-3)


def test_years_are_the_full_ones_of_the_run():
    asked = momentum(start_date="2004-01-01")
    years = run(asked)["tables"]["annual_returns"]
    found = projected(asked, model="iid_years", years=1, withdrawal={"annual_rate": 0}, percentiles=[0, 100])
    returns = [each["portfolio"] if isinstance(each, dict) else each for each in years["portfolio"]]
    assert found["bands"]["0"][0] == pytest.approx(1 + min(returns), rel=1e-9)
    assert found["bands"]["100"][0] == pytest.approx(1 + max(returns), rel=1e-9)


@pytest.mark.parametrize(
    ("model", "end"), [("iid_years", "2004-11-30"), ("block_bootstrap", "2004-01-20"), ("normal", "2004-02-10")]
)
def test_a_period_too_short_to_draw_from_is_null(model, end):
    document = answered(momentum(end_date=end), projection={"model": model})
    assert document["analysis"]["projection"] is None
    assert document["null_reasons"]["/analysis/projection"] == "PERIOD_TOO_SHORT"


def test_the_function_answers_as_the_request_does():
    assert projection(momentum(), {"paths": 100}) == projected(momentum(), paths=100, years=30)
