"""Secrets do not get into a log, whatever they are called and wherever they stand."""

from __future__ import annotations

import json
import math

import pytest

from backtester.service.telemetry.redaction import MAX_CHARACTERS, redact, scrub
from tests.support.processes import apart

SECRET = "Zq3-_xW" * 6
KEY = f"btk_abcdefghijkl_{SECRET}"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.{SECRET}"


def logged(**event: object) -> str:
    return json.dumps(redact(None, "info", event))


@pytest.mark.parametrize(
    "name",
    ["authorization", "Authorization", "token", "access_token", "BACKTEST_SECRET", "client-secret", "password",
     "db_passwd", "api_key", "X-Api-Key", "apikey", "cookie", "Set-Cookie", "credentials", "private_key"],
)  # fmt: skip
@pytest.mark.parametrize("value", [SECRET, SECRET.encode(), [SECRET], {"a": SECRET}, 123456])
def test_what_is_called_a_secret_is_left_out(name, value):
    for text in (
        logged(**{name: value}),
        logged(settings={name: value}),
        logged(deep=[{"a": ({name: value},)}]),
        logged(headers=[(name, value)]),
        logged(headers=[(name.encode(), value)]),
    ):
        assert SECRET not in text
        assert "123456" not in text
        assert "[redacted]" in text


@pytest.mark.parametrize(
    "text",
    [
        KEY, f"key {KEY}.", f"?key={KEY}&x=1", f"%3D{KEY}", f"%20{KEY}", f'"{KEY}"',
        JWT, f"Bearer {JWT}", f"?t={JWT}&x=1", f"%3D{JWT}", f"x{JWT}", JWT.rpartition(".")[0] + f".{SECRET}",
        f"Authorization: Bearer {SECRET}", f"authorization: Basic {SECRET}", f"bearer {SECRET}",
        f"redis://:{SECRET}@host:6379/0", f"redis://user:{SECRET}@host", f"Error connecting to rediss://:{SECRET}@h",
        f"redis://:a@{SECRET}@host", f"redis://:a/{SECRET}@host", f"https://u:{SECRET}@example.com/x?y=1",
        f"GET /x?token={SECRET} HTTP/1.1", f"password={SECRET}", f"Redis(password='{SECRET}', db=0)",
        f'connect(api_key="{SECRET}")', f"{{'secret': '{SECRET}'}}", f'{{"access_token": "{SECRET}"}}',
        f"(b'authorization', b'{SECRET}')", f"Cookie: a=1; session={SECRET}", f"set-cookie: session={SECRET}; Path=/",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_left_out(text):
    class Unknown:
        def __repr__(self) -> str:
            return text

    for line in (
        logged(event=text), logged(exception=f"Traceback\n  {text}\nValueError: {text}"), logged(x=[text]),
        logged(x=text.encode()), logged(x={text: 1}), logged(x=Unknown()), logged(x=ValueError(text)),
        logged(**{text: 1}),
    ):  # fmt: skip
        assert SECRET not in line
        assert "[redacted]" in line


@pytest.mark.parametrize(
    "text",
    ["job_abcdefghijklmnopqrstuvwxyz234567ab", "/backtests/job_abcdefghijklmnopqrstuvwxyz234567ab/events",
     "listening on http://127.0.0.1:8000", "the token has expired", "redis://localhost:6379/0", "debt_ratio_maximum",
     "no secret was given: set BACKTEST_SECRET", "a@b.example"],
)  # fmt: skip
def test_what_is_none_stays(text):
    assert scrub(text) == text


def test_the_id_of_a_key_stays_so_that_it_can_be_revoked():
    assert scrub(f"used {KEY}") == "used btk_abcdefghijkl_[redacted]"


def test_nothing_that_is_missing_is_made_to_look_present():
    assert redact(None, "info", {"token": None, "secret": True}) == {"token": None, "secret": True}


def test_everything_is_json_afterwards():
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    circle: list[object] = []
    circle.append(circle)
    event = {"a": math.nan, "b": -math.inf, "c": 10**400, "d": circle, "e": Broken(), "f": {1: {2, 3}}, "g": "\ud800"}
    line = json.dumps(redact(None, "info", event), allow_nan=False)
    assert json.loads(line)["a"] == "nan"


def test_a_long_text_is_cut():
    cut = scrub("a" * 10**6)
    assert len(cut) < MAX_CHARACTERS + 50
    assert cut.endswith("(1000000 characters)")


@pytest.mark.parametrize(
    "piece", ["eyJ", "eyJaaaa.", "bt_a_", "btk_a_", "://", "://a:", "password", "password'", "bearer ", "a-"]
)
def test_no_text_holds_it_up(piece):
    assert apart(lambda: len(scrub(piece * 100_000)), within=20) > 0
