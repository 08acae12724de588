"""Tokens: what is taken for one, and everything that is not."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.model.errors import AccessError
from backtester.service.auth.tokens import LONGEST_TOKEN, check_token
from tests.support.examples import examples
from tests.support.tokens import make_token

SECRET = "0123456789abcdef" * 4
NOW = 1_800_000_000
JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=3)


def claims(**changes: Any) -> dict[str, Any]:
    good = {"aud": "backtest", "sub": "alice", "scope": "run read", "iat": NOW, "exp": NOW + 600}
    return {name: value for name, value in {**good, **changes}.items() if value is not ...}


def signed(payload: Any, *, header: Any = None, secret: str = SECRET, algorithm: str = "sha256") -> str:
    """Sign by hand whatever it is, as no library would."""
    header = {"alg": "HS256", "typ": "JWT"} if header is None else header
    first, second = (_base64(json.dumps(part).encode()) for part in (header, payload))
    signature = hmac.new(secret.encode(), f"{first}.{second}".encode(), algorithm).digest()
    return f"{first}.{second}.{_base64(signature)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def check(text: str, **changes: Any) -> Any:
    return check_token(text, **{"secret": SECRET, "max_seconds": 3600, "now": NOW, **changes})


def refused(text: str, **changes: Any) -> str:
    with pytest.raises(AccessError) as raised:
        check(text, **changes)
    assert raised.value.code == "UNAUTHENTICATED"
    assert raised.value.__suppress_context__
    return raised.value.detail


def test_a_token_of_the_operators_server_is_taken():
    before = int(time.time())
    caller = check_token(make_token("alice", ["run", "read"], secret=SECRET, seconds=60), secret=SECRET, max_seconds=60)
    after = time.time()
    assert (caller.owner, caller.scopes, caller.key) == ("alice", {"run", "read"}, "token:alice")
    assert before <= caller.expires_at - 60 <= after


def test_a_token_of_another_library_is_taken():
    assert check(signed(claims())).owner == "alice"
    text = signed(claims(aud=["else", "backtest"], iat=NOW - 0.5, exp=NOW + 0.5, jti="1", nbf=NOW))
    assert check(text).owner == "alice"


@pytest.mark.parametrize(
    ("scope", "scopes"),
    [
        ("run", {"run"}), ("run root read", {"run", "read"}), ("", set()), (..., set()), ("RUN", set()),
        ("  metrics", {"metrics"}),
    ],
)  # fmt: skip
def test_only_scopes_that_exist_are_given(scope, scopes):
    assert check(signed(claims(scope=scope))).scopes == scopes


def test_without_a_scope_nothing_may_be_done():
    with pytest.raises(AccessError, match="lacks the scope read"):
        check(signed(claims(scope=...))).require("read")


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"exp": NOW - 5}, "has expired"), ({"exp": NOW - 3000, "iat": NOW - 3600}, "has expired"),
        ({"iat": NOW + 31}, "issued in the future"), ({"nbf": NOW + 31}, "not valid yet"),
        ({"exp": NOW + 3601}, "lives 3601 seconds. Let `exp` be at most 3600 seconds"),
        ({"iat": 0}, "Let `exp` be at"), ({"aud": "shop"}, "another audience"), ({"aud": ["shop"]}, "another audience"),
        ({"aud": 5}, "another audience"), ({"aud": ...}, "lacks `aud`"), ({"exp": ...}, "lacks `exp`"),
        ({"iat": ...}, "lacks `iat`"), ({"sub": ...}, "lacks `sub`"), ({"sub": None}, "lacks `sub`"),
        ({"sub": 5}, "malformed"), ({"sub": ""}, "`sub` must be"), ({"sub": "a b"}, "`sub` must be"),
        ({"sub": "a" * 129}, "`sub` must be"), ({"sub": "a\n"}, "`sub` must be"),
        ({"exp": "soon"}, "`exp` must be"), ({"exp": True}, "`exp` must be"), ({"exp": float("nan")}, "`exp` must be"),
        ({"exp": float("inf")}, "`exp` must be"), ({"exp": 10**400}, "`exp` must be"), ({"iat": -1}, "`iat` must be"),
        ({"iat": [1]}, "`iat` must be"), ({"nbf": None}, "`nbf` must be"), ({"scope": ["run"]}, "`scope` must be"),
        ({"scope": None}, "`scope` must be"),
    ],
)  # fmt: skip
def test_a_token_that_is_signed_but_wrong_is_refused_with_the_reason(changes, detail):
    text = signed(claims(**changes))
    said = refused(text)
    assert detail in said
    assert text not in said


def test_clocks_may_differ_a_little():
    assert check(signed(claims(iat=NOW + 30))).owner == "alice"
    assert check(signed(claims(exp=NOW - 4))).owner == "alice"


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a.b", "a.b.c", "..", "ey.ey.ey", "x" * 5000, "\ud800.a.b", "é.é.é", " " + signed(claims()),
        signed(claims()) + "=", signed(claims()) + "\n", signed(claims()) + ".x", signed([]), signed("text"),
        signed(None), signed(claims(), header=[]), signed(claims(), header={}),
        signed(claims(), header={"alg": ["HS256"]}),
        signed(claims(), header={"alg": None}), signed(claims(), header={"alg": "HS256", "crit": ["x"], "x": 1}),
        signed(claims(), header={"alg": "HS256", "b64": False}), signed(claims(), header={"alg": "HS256", "kid": 5}),
    ],
)  # fmt: skip
def test_what_is_no_token_is_refused(text):
    assert "token" in refused(text)


def test_deep_nesting_is_no_way_to_crash_the_check():
    for depth in (500, 1100):
        deep = _base64(b"[" * depth)
        assert "token" in refused(f"{deep}.{deep}.{'A' * 43}")


def test_an_overlong_token_is_refused_even_when_it_is_signed():
    text = signed(claims(padding="x" * LONGEST_TOKEN))
    assert len(text) > LONGEST_TOKEN
    assert refused(text) == "The token is malformed. Send a JSON Web Token, or a key."


def test_another_secret_is_told_without_either():
    text = signed(claims(), secret="x" * 32)
    assert refused(text) == "The token's signature is wrong. Sign it with the BACKTEST_SECRET of this service."


@pytest.mark.parametrize(
    "name", ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA", "hs256"]
)
def test_no_other_algorithm_gets_in_however_it_is_signed(name):
    refused(signed(claims(), header={"alg": name, "typ": "JWT"}))
    refused(signed(claims(), header={"alg": name, "typ": "JWT"}, algorithm="sha512"))
    refused(signed(claims(), header={"alg": name}).rpartition(".")[0] + ".")


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
def test_a_genuine_token_of_another_algorithm_does_not_get_in(algorithm):
    refused(jwt.encode(claims(), SECRET * 2, algorithm=algorithm), secret=SECRET * 2)


def test_an_unsigned_token_does_not_get_in():
    refused(jwt.encode(claims(), None, algorithm="none"))


@given(st.text().filter(lambda name: name != "HS256") | JSON)
def test_no_header_but_hs256_gets_in(name):
    if name != "HS256":
        refused(signed(claims(), header={"alg": name}))


GOOD = signed(claims())


@given(data=st.data())
@settings(max_examples=examples(500))
def test_a_token_with_any_change_gets_nobody_in(data):
    at = data.draw(st.integers(0, len(GOOD) - 1))
    end = data.draw(st.integers(at, min(len(GOOD), at + 3)))
    changed = GOOD[:at] + data.draw(st.text(max_size=3)) + GOOD[end:]
    if changed != GOOD:
        said = refused(changed)
        assert changed not in said
        assert len(said) < 120
    else:
        assert check(changed).owner == "alice"


def test_no_other_last_character_of_a_signature_means_the_same():
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if last != GOOD[-1]:
            refused(GOOD[:-1] + last)


@given(st.dictionaries(st.sampled_from(["aud", "sub", "scope", "iat", "exp", "nbf", "iss", "jti"]), JSON))
def test_whatever_is_signed_is_taken_whole_or_refused_cleanly(changes):
    try:
        caller = check(signed(claims(**changes)))
    except AccessError:
        return
    assert NOW - 5 < caller.expires_at <= NOW + 3630

