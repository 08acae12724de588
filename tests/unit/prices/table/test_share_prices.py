"""What a share cost, its splits and its dividends, from closes, adjusted closes and told events. Worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices.table.share_prices import share_prices


def read(close, **told):
    columns = {name: np.array(column, dtype=float) for name, column in told.items() if name != "pays"}
    sessions = np.datetime64("2024-01-02") + np.arange(len(close))
    return share_prices("X", sessions, np.array(close, dtype=float), **columns, pays=told.get("pays", True))


def repaired(found):
    return [warning.detail for warning in found.warnings]


# -- splits


def test_without_events_the_close_is_what_a_share_costs():
    found = read([10, 11, 12])
    assert found.close.tolist() == found.traded.tolist() == [10, 11, 12]
    assert (found.split, found.dividend.tolist(), found.warnings) == (None, [0, 0, 0], ())


def test_a_close_that_jumps_with_its_split_is_as_traded():
    found = read([700, 707, 101, 102], adjusted=[100, 101, 101, 102])
    assert found.traded.tolist() == [700, 707, 101, 102]
    assert found.close.tolist() == [100, 101, 101, 102]
    assert found.split.tolist() == [1, 1, 7, 1]
    assert (found.dividend.tolist(), found.warnings) == ([0] * 4, ())


@pytest.mark.parametrize(("told", "before"), [(7, 7), (4, 4), (1.5, 1.5), (0.1, 0.1)])
def test_a_told_split_that_the_closes_are_adjusted_for_is_undone(told, before):
    found = read([100, 101, 101, 102], adjusted=[100, 101, 101, 102], split=[0, 0, told, 0])
    assert found.traded.tolist() == pytest.approx([100 * before, 101 * before, 101, 102], rel=1e-15)
    assert found.split.tolist() == [1, 1, told, 1]
    assert (found.close.tolist(), found.warnings) == ([100, 101, 101, 102], ())


def test_two_splits_one_after_the_other():
    found = read([25, 25, 100 / 4, 100], adjusted=[25, 25, 25, 100], split=[0, 7, 0, 4])
    assert found.traded.tolist() == pytest.approx([25 * 28, 25 * 4, 25 * 4, 100])


@pytest.mark.parametrize(
    ("step", "split"),
    [(3 / 2, 1.5), (1.2, 1.2), (2 * 1.004, 2), (1 / 10, 0.1), (5 / 4, 1.25), (50, 50), (2 * 1.007, None), (1.19, None)],
)
def test_a_step_is_a_split_where_it_is_n_for_m_within_half_a_per_cent_and_at_least_1_2(step, split):
    found = read([100 * step, 100 * step, 100, 100], adjusted=[100, 100, 100, 100])
    assert (None if found.split is None else found.split[2]) == (None if split is None else pytest.approx(split))
    if split is None:  # what is no split is a dividend: of a spin-off, say
        assert found.dividend[2] == pytest.approx(1 - 1 / step)
        assert found.traded.tolist() == [100 * step, 100 * step, 100, 100]


def test_a_step_down_that_is_no_reverse_split_is_neither():
    found = read([90, 90, 100, 100], adjusted=[100, 100, 100, 100])
    assert (found.split, found.dividend.tolist()) == (None, [0, 0, 0, 0])


def test_a_special_dividend_and_a_split_on_one_day():
    # 120 a share; two for one, and 10 a new share: 60 before the dividend, 50 after it
    told = {"money": [0, 0, 10, 0], "split": [0, 0, 2, 0]}
    found = read([120, 120, 50, 51], adjusted=[50, 50, 50, 51], **told)
    assert (found.traded.tolist(), found.split[2]) == ([120, 120, 50, 51], 2)
    assert (found.dividend[2], found.warnings) == (pytest.approx(10 / 60), ())
    adjusted_for_the_split = read([60, 60, 50, 51], adjusted=[50, 50, 50, 51], **told)
    assert adjusted_for_the_split.traded.tolist() == [120, 120, 50, 51]
    assert adjusted_for_the_split.dividend[2] == pytest.approx(10 / 60)
    untold_split = read([120, 120, 50, 51], adjusted=[50, 50, 50, 51], money=[0, 0, 20, 0])
    assert (untold_split.split[2], untold_split.dividend[2]) == (2, pytest.approx(1 / 6))
    unadjusted = read([120, 120, 50, 51], **told)
    assert unadjusted.close.tolist() == pytest.approx([50, 50, 50, 51])
    assert unadjusted.dividend[2] == pytest.approx(10 / 60)


@pytest.mark.parametrize(
    ("told", "before", "after"), [(2, 10, 5), (1 / 190, 0.54, 102), (1.05, 10, 9.52), (0.1, 3, 29)]
)
def test_a_told_split_that_was_not_applied_is_applied_with_a_warning(told, before, after):
    close = [before, before * 1.001, after, after * 1.001]
    found = read(close, adjusted=close, split=[0, 0, told, 0])
    assert found.close.tolist() == pytest.approx([close[0] / told, close[1] / told, close[2], close[3]])
    assert found.traded.tolist() == close
    (detail,) = repaired(found)
    assert "2024-01-04" in detail
    assert f"{close[1]:.6g} to {after:.6g}" in detail


def test_a_fall_on_the_day_of_a_small_split_is_a_fall():
    close = [10, 10.3, 10.1, 10.4, 10.2, 9.75, 9.9, 10.1, 9.8]
    found = read(close, adjusted=close, split=[0, 0, 0, 0, 0, 1.05, 0, 0, 0])
    assert (found.close.tolist(), found.warnings) == (close, ())
    assert found.traded[4] == pytest.approx(10.2 * 1.05)


def test_adjusted_closes_that_jump_where_the_closes_do_not_are_adjusted():
    found = read([50, 51, 51, 52], adjusted=[100, 102, 51, 52], split=[0, 0, 2, 0])
    assert found.close.tolist() == [50, 51, 51, 52]
    assert found.traded.tolist() == [100, 102, 51, 52]
    assert len(found.warnings) == 1


def test_without_adjusted_closes_a_jump_is_a_raw_close_and_no_fault():
    found = read([700, 707, 101, 102], split=[0, 0, 7, 0])
    assert found.close.tolist() == pytest.approx([100, 101, 101, 102])
    assert found.traded.tolist() == [700, 707, 101, 102]
    assert found.warnings == ()


@pytest.mark.parametrize("split", [1.03, 1.05, 1.1])
def test_a_dividend_as_large_as_the_split_of_its_day_is_no_split_that_was_not_applied(split):
    share = 1 - 1 / split
    before, after = [100.0] * 3, [100 / split] * 3
    told = {"split": [1, 1, 1, split, 1, 1], "money": [0, 0, 0, 100 * share, 0, 0]}
    found = read(before + after, adjusted=[100 / split] * 6, **told)
    assert found.traded.tolist() == pytest.approx([100 * split] * 3 + after)
    assert (found.close.tolist(), found.warnings) == ([100 / split] * 6, ())
    assert found.dividend[3] == pytest.approx(share)


@pytest.mark.parametrize("off", [-5, -1, 1, 5])
@pytest.mark.parametrize("split", [2, 7, 0.1, 1.281])
@pytest.mark.parametrize("share", [0.0, 0.02])
def test_a_split_that_is_told_for_another_day_is_one_split(off, split, share):
    adjusted = 100.0 + np.arange(20)
    close = np.where(np.arange(20) < 10, split / (1 - share), 1.0) * adjusted
    told, money = np.zeros(20), np.zeros(20)
    told[10 + off], money[10] = split, share * close[9]
    found = read(close, adjusted=adjusted, split=told, money=money)
    assert found.traded.tolist() == close.tolist()
    assert found.close.tolist() == adjusted.tolist()
    assert np.flatnonzero(found.split != 1).tolist() == [10]
    assert found.split[10] == pytest.approx(split)
    assert found.dividend[10] == pytest.approx(share)
    (detail,) = repaired(found)
    assert f"was told for 2024-01-{12 + off:02}" in detail
    assert "counts on 2024-01-12" in detail


def test_a_split_that_is_told_on_its_day_beside_another_like_it_stays():
    found = read([400, 400, 200, 100, 100], adjusted=[100] * 5, split=[0, 0, 2, 2, 0])
    assert found.traded.tolist() == [400, 400, 200, 100, 100]
    assert (found.split.tolist(), found.warnings) == ([1, 1, 2, 2, 1], ())
    undone = read([100] * 5, adjusted=[100] * 5, split=[0, 0, 2, 2, 0])
    assert (undone.traded.tolist(), undone.warnings) == ([400, 400, 200, 100, 100], ())


@pytest.mark.parametrize("split", [2, 7, 1.5, 0.1, 1.281])
def test_a_split_that_is_told_upside_down_counts_as_the_closes_have_it(split):
    adjusted = [100, 101, 101, 102]
    close = [100 * split, 101 * split, 101, 102]
    found = read(close, adjusted=adjusted, split=[0, 0, 1 / split, 0])
    assert (found.close.tolist(), found.traded.tolist()) == (adjusted, close)
    assert found.split.tolist() == pytest.approx([1, 1, split, 1])
    (detail,) = repaired(found)
    assert "on 2024-01-04" in detail
    assert detail.endswith("by the closes. The closes count.")


@pytest.mark.parametrize(("told", "split"), [(3, 2), (10, 7), (2, 1.5), (0.2, 0.1)])
def test_a_split_that_is_told_too_large_counts_as_the_closes_have_it(told, split):
    close = [100 * split, 101 * split, 101, 102]
    found = read(close, adjusted=[100, 101, 101, 102], split=[0, 0, told, 0])
    assert found.traded.tolist() == close
    assert found.split.tolist() == pytest.approx([1, 1, split, 1])
    assert len(repaired(found)) == 1


def test_a_split_that_is_told_again_the_day_after_is_one_split():
    found = read([200, 202, 101, 102, 103], adjusted=[100, 101, 101, 102, 103], split=[0, 0, 2, 2, 0])
    assert found.traded.tolist() == [200, 202, 101, 102, 103]
    assert (found.split.tolist(), len(repaired(found))) == ([1, 1, 2, 1, 1], 1)


def test_a_split_beside_an_untold_special_dividend_is_as_told():
    found = read([240, 240, 100, 101], adjusted=[100, 100, 100, 101], split=[0, 0, 2, 0])
    assert (found.split.tolist(), found.warnings) == ([1, 1, 2, 1], ())


@pytest.mark.parametrize("money", [1, 7])
def test_an_untold_split_on_the_day_of_a_dividend_of_a_new_share_or_an_old_one(money):
    # 700 a share; seven for one, and 1 a new share: 100 before the dividend, 99 after it
    found = read([700, 700, 99, 100], adjusted=[99, 99, 99, 100], money=[0, 0, money, 0])
    assert (found.traded.tolist(), found.split.tolist()) == ([700, 700, 99, 100], [1, 1, 7, 1])
    assert (found.dividend.tolist(), found.warnings) == (pytest.approx([0, 0, 0.01, 0]), ())


# -- dividends


def test_a_dividend_as_told_is_kept_to_the_last_bit():
    found = read([100, 100, 99, 99], adjusted=[99, 99, 99, 99], money=[0, 0, 1, 0])
    assert (found.dividend.tolist(), found.warnings) == ([0, 0, 0.01, 0], ())


@pytest.mark.parametrize("told", [0.05, 500.0, 10.0, 3.0])
def test_a_dividend_in_another_unit_counts_as_the_adjusted_closes_have_it(told):
    found = read([500, 500, 495, 495], adjusted=[495, 495, 495, 495], money=[0, 0, told, 0])
    assert found.dividend.tolist() == pytest.approx([0, 0, 0.01, 0])
    (detail,) = repaired(found)
    assert "2024-01-04" in detail
    assert f"{told:.6g} was told, 5 by" in detail


def test_repairs_of_one_kind_are_one_warning():
    found = read([500, 500, 495, 495, 490.05], adjusted=[490.05] * 5, money=[0, 0, 0.05, 0, 0.0495])
    assert found.dividend.tolist() == pytest.approx([0, 0, 0.01, 0, 0.01])
    (detail,) = repaired(found)
    assert "(and 1 more, the last on 2024-01-06)" in detail


def test_a_dividend_that_is_missing_from_the_adjustment_is_added_with_a_warning():
    found = read([100, 100, 98, 98], adjusted=[100, 100, 98, 98], money=[0, 0, 2, 0])
    assert found.close.tolist() == pytest.approx([98, 98, 98, 98])
    assert found.dividend.tolist() == [0, 0, 0.02, 0]
    (detail,) = repaired(found)
    assert "2024-01-04 (2.0000% of the close before)" in detail


def test_one_missing_dividend_among_others():
    adjusted = [100 * 0.99, 100 * 0.99, 99, 99, 99, 97]
    found = read([100, 100, 99, 99, 99, 97], adjusted=adjusted, money=[0, 0, 1, 0, 0, 1.98])
    assert found.dividend.tolist() == pytest.approx([0, 0, 0.01, 0, 0, 0.02])
    assert found.close.tolist() == pytest.approx([99 * 0.98] * 5 + [97])
    assert len(found.warnings) == 1


def test_a_dividend_of_another_unit_that_is_not_in_the_adjustment_makes_no_crash():
    found = read([5, 5, 5, 5], adjusted=[5, 5, 5, 5], money=[0, 0, 4.9, 0])
    assert (found.close.tolist(), found.dividend.tolist()) == ([5, 5, 5, 5], [0, 0, 0, 0])
    assert len(found.warnings) == 1


def test_adjusted_closes_of_two_decimals_are_no_dividends():
    generator = np.random.default_rng(1)
    close = 40 * np.exp(np.cumsum(generator.normal(0, 0.01, 400)))
    adjusted = np.round(close / 150, 2)
    found = read(close, adjusted=adjusted)
    assert (found.dividend != 0).sum() <= 2
    assert found.close.tolist() == adjusted.tolist()


def test_single_precision_is_no_dividend():
    generator = np.random.default_rng(2)
    close = (40 * np.exp(np.cumsum(generator.normal(0, 0.01, 400)))).astype(np.float32)
    found = read(close, adjusted=(close * np.float32(0.731)).astype(np.float32))
    assert (found.dividend == 0).all()


def test_dividends_are_not_taken_twice_where_the_closes_are_adjusted_for_them():
    found = read([98, 98, 98, 98], money=[0, 0, 2, 0], pays=False)
    assert (found.close.tolist(), found.dividend.tolist()) == ([98] * 4, [0] * 4)


# -- a hundred times


@pytest.mark.parametrize("factor", [100, 0.01])
@pytest.mark.parametrize("sessions", [1, 5])
def test_a_factor_of_a_hundred_there_and_back_is_mended(factor, sessions):
    plain = [50, 50.2] + [50.1] * sessions + [50.3, 50.4]
    close = [price * (factor if 2 <= row < 2 + sessions else 1) for row, price in enumerate(plain)]
    found = read(close)
    assert found.close.tolist() == pytest.approx(plain)
    assert found.traded.tolist() == found.close.tolist()
    (detail,) = repaired(found)
    assert "2024-01-04" in detail
    assert f"{50.1 * factor:.6g}" in detail


@pytest.mark.parametrize(
    "close",
    [
        [50, 50, 5000, 5000, 5000, 5000, 5000, 5000, 50],  # six sessions
        [50, 50, 5000, 5000],  # and never back
        [50, 50, 5100, 50, 50],  # not a hundred
        [50, 50, 20, 20, 20],  # a crash
        [50, 50, 20, 50, 50],  # a crash and a recovery
        [50, 50, 1, 50, 50],
        [50, 50, 125, 126, 127],  # a takeover
        [50, 50, 500, 50, 50],  # ten
    ],
)
def test_nothing_else_is_mended(close):
    found = read(close, adjusted=close)
    assert (found.close.tolist(), found.traded.tolist(), found.warnings) == (close, close, ())


def test_a_tick_of_the_closes_alone_is_no_dividend_and_no_split():
    found = read([50, 50, 5000, 50, 50], adjusted=[49, 49, 49, 49, 49])
    assert (found.traded.tolist(), found.close.tolist()) == ([50] * 5, [49] * 5)
    assert (found.split, found.dividend.tolist()) == (None, [0] * 5)


@pytest.mark.parametrize("decimals", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_later_prices_change_no_event_after_the_first_window(decimals, seed):
    """Prices of few decimals; the rounding grows as the closes fall, so that each window measures another."""
    random = np.random.default_rng(seed)
    size = 400
    close = np.round(80 * np.exp(np.cumsum(random.normal(-0.004, 0.01, size))), decimals)
    adjusted = np.round(close * 0.9 ** (np.arange(size)[::-1] // 63), decimals)
    sessions = np.datetime64("2019-01-01") + np.arange(size)
    whole = share_prices("A", sessions, close, adjusted=adjusted)
    for end in range(64, size, 7):
        part = share_prices("A", sessions[:end], close[:end], adjusted=adjusted[:end])
        assert part.dividend.tolist() == whole.dividend[:end].tolist()
