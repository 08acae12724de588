"""Numbers of CSV files in all spellings."""

from __future__ import annotations

import pytest

from tests.unit.prices.csv.reading import closes, fault, read


@pytest.mark.parametrize(
    "cells",
    [("999.5", "1234.5"), ("999,5", "1234,5"), ("999,50", "1.234,50"), ("999.50", "1,234.50"), ("999,5", "1 234,5"),
     ("999.5", "1'234.5"), ("999,5", "1\u202f234,5"), ("$999.50", "$1,234.50"), ("999,50 €", "1.234,50 €"),
     ("USD 999.5", "USD 1234.5"), ("999.5", "1.2345e3"), ("999,5", "1234,50"), ("+999.5", "+1234.5"),
     ("HK$999.5", "HK$1,234.5"), ("999.50 EUR", "1234.50 EUR")],
)  # fmt: skip
def test_a_number_is_read_in_every_spelling(cells):
    assert closes(*cells) == [999.5, 1234.5]
    assert closes(*(f'"{cell}"' for cell in cells), delimiter=",", header="Date,Close") == [999.5, 1234.5]


@pytest.mark.parametrize(
    ("one", "other"),
    [("$100", "€100"), ("100 USD", "100 GBX"), ("GBP 100", "GBX 100"), ("$100", "100 €"), ("100", "£1.5|€2"),
     ("US$1,000.50", "CA$1,000.50")],
)  # fmt: skip
def test_two_currencies_in_a_file_are_refused_with_the_line(one, other):
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 9) for day in range(1, 29)]
    cells = [one] * 150 + other.split("|") * 2
    text = "Date;Close\n" + "\n".join(f"{day};{cell}" for day, cell in zip(days, cells, strict=False))
    line = 152 if "|" not in other else 153
    assert fault(text) == f"line {line}: close is in another currency than a cell before it"
    opens = "Date;Close;Open\n" + "\n".join(f"{day};{one};{one}" for day in days[:150])
    if one != "100":
        refusal = "line 152: open is in another currency than a cell before it"
        assert fault(f"{opens}\n{days[150]};{one};{other}") == refusal


CURRENCY_COLUMNS = ["Currency", "currency_code", "Ccy", "Währung", "Devise", "Moneda", "Waluta"]


@pytest.mark.parametrize("name", CURRENCY_COLUMNS)
@pytest.mark.parametrize("header", ["Date,Price,{}", "{},Date,Close", "Date,{},Open,Close", "Date,Symbol,{},Value"])
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize(
    ("currencies", "line"),
    [
        (["USD", "EUR", "EUR"], 3), (["USD", "USD", "EUR"], 4), (["GBP", "GBp", "GBp"], 3), (["", "USD", "EUR"], 4),
        (["USD", "n/a", "EUR"], 4), (["USD", " USD", "USD "], None), (["USD", "", "USD"], None), (["", "", ""], None),
        (["EUR", "EUR", "-"], None),
    ],
)  # fmt: skip
def test_a_column_of_two_currencies_is_refused_with_the_line(name, header, quote, currencies, line):
    columns = header.format(name).split(",")
    cells = {"Date": "2024-05-1{}", "Symbol": "ABC"}
    lines = [columns] + [
        [currency if column == name else cells.get(column, "10{}").format(row) for column in columns]
        for row, currency in enumerate(currencies)
    ]
    text = "".join(",".join(f"{quote}{cell}{quote}" for cell in each) + "\n" for each in lines)
    if line is None:
        assert read(text).close.tolist() == [100, 101, 102]
    else:
        assert fault(text) == f"line {line}: currency is another than on a line before it"


def test_the_currencies_of_other_symbols_in_a_file_do_not_matter():
    text = "Date,Symbol,Close,Currency\n2024-05-10,ABC,10,USD\n2024-05-10,XYZ,10,EUR\n2024-05-13,ABC,11,USD\n"
    assert read(text).close.tolist() == [10, 11]
    assert fault(text.replace("11,USD", "11,EUR")) == "line 4: currency is another than on a line before it"


@pytest.mark.parametrize("cells", [("$100", "100", "$100.5"), ("100 €", "€ 101", "-"), ("100 USD", "101 USD", "")])
def test_one_currency_however_it_stands_is_read(cells):
    assert closes(*cells)[0] == 100


def test_thousands_in_india():
    assert closes("12,34,567.5", "999.5") == [1234567.5, 999.5]


def test_another_column_may_say_what_the_separator_is():
    assert closes("1,234;0.5%", "1,235;0.5%", header="Date;Close;Change") == [1234, 1235]
    assert closes("1,234;0,5%", "1,235;0,5%", header="Date;Close;Change") == [1.234, 1.235]
    assert closes("1,234;1.234.567", "1,235;12", header="Date;Close;Volume") == [1.234, 1.235]
    assert closes("0,234;12", "1,235;12", header="Date;Close;Volume") == [0.234, 1.235]


def test_thousands_or_decimals_that_are_ambiguous_throughout_are_refused_with_both_readings():
    text = "Date;Close\n2024-05-10;999\n2024-05-13;1,234\n"
    assert fault(text) == "line 3: close is 1234 or 1.234, and no line of the file says which"
    assert fault(text.replace("1,234", "1.234").replace("Close", "Schlusskurs")).startswith("line 3: close is 1.234 or")
    assert closes("1.234", "1.235") == [1.234, 1.235]


def test_a_number_of_the_other_convention_is_refused_with_its_line():
    text = "Date;Close\n2024-05-10;999.5\n2024-05-13;999.6\n2024-05-14;999,7\n"
    assert fault(text) == "line 4: close is not a number"
