"""Authentication: which callers are admitted while it is off, and which while it is on."""

from __future__ import annotations

from pathlib import Path

import pytest

from backtester.model.errors import AccessError
from backtester.service.auth.authenticator import Authenticator, is_loopback
from backtester.service.auth.key_file import KeyFile
from backtester.service.auth.principal import LOCAL
from backtester.settings import SettingsError
from tests.support.processes import eventually
from tests.support.tokens import make_token

SECRET = "0123456789abcdef" * 4
HERE = {"peer": "127.0.0.1", "forwarded": False, "host": "localhost:8000"}
ELSEWHERE = {"peer": "203.0.113.9", "forwarded": True, "host": "api.example.com"}


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(str(tmp_path / "service" / "keys.json"))


def made(keys: KeyFile) -> str:
    return keys.create(owner="alice", scopes=["run"], expires=None)[0]


def code_of(call) -> str:
    with pytest.raises(AccessError) as raised:
        call()
    return raised.value.code


def test_with_neither_keys_nor_a_secret_this_machine_is_let_in_and_the_log_says_so(settings_of):
    authenticator = Authenticator(settings_of())
    assert authenticator.off
    assert authenticator.admit(None, **HERE) == LOCAL
    assert authenticator.admit_token(None, **HERE) == LOCAL
    assert "neither a key nor a secret exists" in (authenticator.explain() or "")
    assert "keys create" in (authenticator.explain() or "")
    assert authenticator.trouble is None


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1", None])
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8000", "[::1]", "[::1]:65535", "", None])
def test_every_way_to_this_machine_is_let_in(settings_of, peer, host):
    assert Authenticator(settings_of()).admit(None, peer=peer, forwarded=False, host=host) == LOCAL


@pytest.mark.parametrize(
    "peer", ["203.0.113.9", "10.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "fe80::1", "", "localhost", "testclient",
             "127.0.0.1.evil.com", "127.1", "::ffff:7f00:1x", "2130706433"],
)  # fmt: skip
def test_other_machines_are_refused_with_a_remedy(settings_of, peer):
    authenticator = Authenticator(settings_of())
    for call in (authenticator.admit, authenticator.admit_token):
        with pytest.raises(AccessError) as raised:
            call(None, peer=peer, forwarded=False, host="localhost")
        assert raised.value.code == "FORBIDDEN"
        assert "keys create" in raised.value.remedy


@pytest.mark.parametrize(
    "host", ["evil.com", "localhost.evil.com", "evil.com:8000", "localhost:", "localhost:x", "localhost.", "0.0.0.0",
             "127.0.0.1.nip.io", "[::1].evil.com", "localhost@evil.com", "localhost,evil.com", "user@localhost", "::1",
             "localhost:8000\nevil.com", "lоcalhost", "localhost:８０"],
)  # fmt: skip
def test_a_name_that_was_rebound_to_this_machine_is_refused(settings_of, host):
    authenticator = Authenticator(settings_of())
    for call in (authenticator.admit, authenticator.admit_token):
        with pytest.raises(AccessError, match=r"answers at localhost and 127\.0\.0\.1 alone") as raised:
            call(None, peer="127.0.0.1", forwarded=False, host=host)
        assert raised.value.code == "FORBIDDEN"


@pytest.mark.parametrize("peer", ["127.0.0.1", None])
def test_what_a_proxy_passes_on_is_refused(settings_of, peer):
    authenticator = Authenticator(settings_of(BACKTEST_AUTH="off"))
    with pytest.raises(AccessError, match="no request from a proxy") as raised:
        authenticator.admit(None, peer=peer, forwarded=True, host="localhost")
    assert "set BACKTEST_AUTH to on" in raised.value.remedy


def test_off_stays_off_whatever_keys_there_are(settings_of, keys):
    made(keys)
    authenticator = Authenticator(settings_of(BACKTEST_AUTH="off", BACKTEST_SECRET=SECRET))
    assert authenticator.off
    assert "BACKTEST_AUTH is off" in (authenticator.explain() or "")


def test_a_first_key_shuts_a_running_gate(settings_of, keys):
    authenticator = Authenticator(settings_of())
    assert authenticator.off
    text = made(keys)
    assert eventually(lambda: not authenticator.off)
    assert code_of(lambda: authenticator.admit(None, **HERE)) == "UNAUTHENTICATED"
    assert authenticator.admit(f"Bearer {text}", **HERE).owner == "alice"
    assert authenticator.explain() is None


def test_it_stays_shut_when_the_last_key_is_revoked(settings_of, keys):
    keys.revoke(made(keys).split("_", 2)[1])
    assert not Authenticator(settings_of()).off


def test_a_damaged_file_of_keys_keeps_it_shut_and_is_told(settings_of, keys):
    text = made(keys)
    Path(keys.path).write_text("{")
    authenticator = Authenticator(settings_of())
    assert not authenticator.off
    assert code_of(lambda: authenticator.admit(f"Bearer {text}", **HERE)) == "UNAUTHENTICATED"
    assert "cannot be used" in (authenticator.trouble or "")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", " bEaReR  "])
def test_a_key_and_a_token_let_in_from_anywhere(settings_of, keys, scheme):
    authenticator = Authenticator(settings_of(BACKTEST_SECRET=SECRET))
    key, token = made(keys), make_token("bob", ["read"], secret=SECRET, seconds=60)
    authenticator = Authenticator(settings_of(BACKTEST_SECRET=SECRET))
    assert authenticator.admit(f"{scheme} {key} ", **ELSEWHERE).owner == "alice"
    assert authenticator.admit(f"{scheme} {token}", **ELSEWHERE).owner == "bob"
    assert authenticator.admit_token(key, **ELSEWHERE).owner == "alice"
    assert authenticator.admit_token(token, **ELSEWHERE).owner == "bob"
    assert authenticator.trouble is None


@pytest.mark.parametrize(
    "header", [None, "", " ", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Bearerbtk_x", "Token x", "Bearer btk_",
               f"Bearer btk_{'a' * 12}_{'A' * 43}", "Bearer ey.ey.ey", "Bearer " + "x" * 100_000, "Bearer é", "btk_x"],
)  # fmt: skip
def test_whatever_else_is_sent_gets_nobody_in_not_even_from_here(settings_of, keys, header):
    made(keys)
    authenticator = Authenticator(settings_of(BACKTEST_SECRET=SECRET))
    with pytest.raises(AccessError) as raised:
        authenticator.admit(header, **HERE)
    assert raised.value.code == "UNAUTHENTICATED"
    assert len(raised.value.detail) < 120


@pytest.mark.parametrize("text", [None, "", 5, [], {"token": "x"}, b"x", "x", "btk_x", "Bearer x", "\ud800"])
def test_whatever_a_socket_sends_instead_of_a_token_gets_nobody_in(settings_of, text):
    authenticator = Authenticator(settings_of(BACKTEST_SECRET=SECRET))
    assert code_of(lambda: authenticator.admit_token(text, **HERE)) == "UNAUTHENTICATED"


def test_a_key_that_begins_as_keys_did_before_is_refused_with_a_remedy(settings_of, keys):
    made(keys)
    with pytest.raises(
        AccessError, match=r"begins with bt_; keys now begin with btk_\. Ask the operator"
    ):
        Authenticator(settings_of()).admit(f"Bearer bt_{'a' * 12}_{'A' * 43}", **HERE)


def test_without_a_secret_tokens_are_not_taken(settings_of, keys):
    made(keys)
    token = make_token("bob", ["read"], secret=SECRET, seconds=60)
    with pytest.raises(AccessError, match="accepts keys and no tokens"):
        Authenticator(settings_of()).admit(f"Bearer {token}", **HERE)


def test_a_token_that_may_live_too_long_is_refused_by_the_setting(settings_of):
    authenticator = Authenticator(settings_of(BACKTEST_SECRET=SECRET, BACKTEST_TOKEN_MAX_SECONDS="60"))
    assert authenticator.admit(f"Bearer {make_token('bob', [], secret=SECRET, seconds=60)}", **HERE).owner == "bob"
    with pytest.raises(AccessError, match=r"lives 61 seconds\. Let `exp` be at most 60 seconds"):
        authenticator.admit(f"Bearer {make_token('bob', [], secret=SECRET, seconds=61)}", **HERE)


def test_on_without_keys_or_a_secret_lets_nobody_in_and_is_told(settings_of):
    authenticator = Authenticator(settings_of(BACKTEST_AUTH="on"))
    assert not authenticator.off
    assert code_of(lambda: authenticator.admit(None, **HERE)) == "UNAUTHENTICATED"
    assert "no caller is admitted" in (authenticator.trouble or "")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_without_authentication_it_starts_on_this_machine(settings_of, host):
    Authenticator(settings_of()).check_start(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.5", "api.example.com"])
def test_without_authentication_it_does_not_start_where_others_could_reach_it(settings_of, host):
    with pytest.raises(SettingsError, match=r"must be 127\.0\.0\.1.*keys create"):
        Authenticator(settings_of()).check_start(host)
    with pytest.raises(SettingsError, match="set BACKTEST_AUTH to on"):
        Authenticator(settings_of(BACKTEST_AUTH="off", BACKTEST_SECRET=SECRET)).check_start(host)
    Authenticator(settings_of(BACKTEST_SECRET=SECRET)).check_start(host)


def test_an_address_with_a_zone_is_told_apart():
    assert is_loopback("::1%lo")
    assert not is_loopback("fe80::1%eth0")
