import pytest

from backtester.report import written

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123, "12.3 %"), (-0.184, "−18.4 %"), (0, "0.0 %"), (-0.0003, "−0.03 %"), (-0.00001, "0.0 %"),
        (96.84, "9,684 %"), (-0.5, "−50.0 %"),
    ],
)  # fmt: skip
def test_a_percentage_has_a_true_minus_and_none_before_nothing(value, text):
    assert written.percent(value) == text.replace(" ", NBSP)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.4, "$12,345"), (-9193, "−$9,193"), (12.5, "$12.50"), (0.28806, "$0.2881"), (0, "$0"), (-1e-5, "$0.0000"),
    ],
)  # fmt: skip
def test_money_has_cents_only_where_they_matter(value, text):
    assert written.money(value) == text


def test_days_say_how_many_years_they_are():
    assert written.days(3007) == f"3,007{NBSP}days (8.2 y)"
    assert written.days(154) == f"154{NBSP}days"
    assert written.days(1) == f"1{NBSP}day"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2009-03-09", "9 Mar 2009"), ("2009-03", "Mar 2009"), ("2009", "2009"), ("<b>", "<b>"), ("", ""),
        ("2009-13-01", "2009-13-01"), ("1-2-3-4", "1-2-3-4"),
    ],
)  # fmt: skip
def test_a_date_is_written_for_people_and_what_is_none_stays_as_it_is(value, text):
    assert written.date(value) == text.replace(" ", NBSP)


def test_a_residual_is_written_as_a_power_with_a_true_minus():
    assert written.tiny(1.88e-14) == "1.9e−14"
    assert written.tiny(0) == "0"


def test_shares_lose_the_noughts_that_say_nothing():
    assert written.amount(100) == "100"
    assert written.amount(4.5) == "4.5"
    assert written.amount(11565.97) == "11,566"


def test_the_unit_of_the_schema_chooses_the_way():
    assert written.by_unit(0.1, "fraction per year") == f"10.0{NBSP}%"
    assert written.by_unit(2, "currency") == "$2.00"
    assert written.by_unit(1.234, None) == "1.23"
