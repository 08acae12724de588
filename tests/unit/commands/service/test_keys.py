"""`python -m backtester keys`: what it prints where, and that it says what to do when it cannot."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from backtester.commands.service.keys import main
from backtester.service.auth.key_file import KeyFile


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    path = str(tmp_path / "keys.json")
    monkeypatch.setenv("BACKTEST_API_KEYS_FILE", path)
    return path


def test_create_prints_the_key_alone_and_what_to_know_on_stderr(capsys, path):
    before = int(time.time())
    assert main(["create", "--owner", "alice"]) == 0
    after = time.time()
    out, err = capsys.readouterr()
    assert re.fullmatch(r"btk_[a-z2-7]{12}_[A-Za-z0-9_-]{43}\n", out)
    assert err.count("\n") == 1
    assert "stores only its hash" in err
    assert path in err
    assert re.search(r"It expires \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", err)
    assert out.strip() not in err
    caller = KeyFile(path).check(out.strip())
    assert caller is not None
    assert (caller.owner, caller.scopes) == ("alice", {"run", "read"})
    assert before <= caller.expires_at - 90 * 86400 <= after


@pytest.mark.parametrize(("text", "seconds"), [("12h", 43200), ("30m", 1800), ("7d", 604800), ("never", None)])
def test_a_key_lives_as_long_as_asked(capsys, path, text, seconds):
    before = int(time.time())
    assert main(["create", "--owner", "alice", "--expires", text, "--scopes", "metrics, priority"]) == 0
    after = time.time()
    caller = KeyFile(path).check(capsys.readouterr().out.strip())
    assert caller is not None
    assert caller.scopes == {"metrics", "priority"}
    assert caller.expires_at is None if seconds is None else before <= caller.expires_at - seconds <= after


def test_list_shows_everything_but_secrets_and_hashes(capsys, path):
    main(["create", "--owner", "alice", "--name", "laptop"])
    main(["create", "--owner", "bob", "--expires", "never"])
    keys = capsys.readouterr().out.split()
    main(["revoke", keys[1].split("_", 2)[1]])
    capsys.readouterr()
    assert main(["list"]) == 0
    table, err = capsys.readouterr()
    assert err == ""
    rows = [line.split() for line in table.splitlines()]
    assert rows[0] == ["ID", "OWNER", "NAME", "SCOPES", "CREATED", "EXPIRES", "STATUS"]
    assert rows[1][1:4] == ["alice", "laptop", "run,read"]
    assert rows[1][-1] == "valid"
    assert rows[2][1] == "bob"
    assert rows[2][-2:] == ["never", "revoked"]
    assert main(["list", "--json"]) == 0
    listing = capsys.readouterr().out
    assert [entry["status"] for entry in json.loads(listing)] == ["valid", "revoked"]
    stored = json.loads(Path(path).read_text())["keys"].values()
    for key, entry in zip(keys, stored, strict=True):
        for hidden in (key.split("_", 2)[2], entry["sha256"]):
            assert hidden not in table + listing


def test_with_no_keys_list_says_how_to_make_one(capsys):
    assert main(["list"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "keys create" in err
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


@pytest.mark.parametrize("form", ["{id}", "btk_{id}", "{key}"])
def test_revoke_takes_an_id_or_the_key_itself(capsys, path, form):
    main(["create", "--owner", "alice"])
    key = capsys.readouterr().out.strip()
    assert main(["revoke", form.format(id=key.split("_", 2)[1], key=key)]) == 0
    assert "of alice is revoked" in capsys.readouterr().err
    assert KeyFile(path).check(key) is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required"), (["create"], "--owner"), (["create", "--owner", "a b"], "without spaces"),
        (["create", "--owner", "a", "--scopes", "root"], "must be one or more of run,read,priority,metrics"),
        (["create", "--owner", "a", "--scopes", ","], "must be one or more of"),
        (["create", "--owner", "a", "--expires", "soon"], "must be like 90d, 12h or 30m, or never"),
        (["create", "--owner", "a", "--expires", "0d"], "must be like 90d"),
        (["create", "--owner", "a", "--expires", "-1d"], "expected one argument"),
        (["create", "--owner", "a", "--expires", "999999d"], ""),
        (["create", "--owner", "a", "--name", "\x1b[2J"], "printable"),
        (["revoke", "abcdefghijkl"], "`keys list` shows the keys"), (["revoke"], "ID"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_exits_2_and_says_why(capsys, arguments, message):
    code = main(arguments)
    out, err = capsys.readouterr()
    assert code == (0 if message == "" else 2)
    assert message in err
    assert (out == "") == (message != "")


def test_help_is_no_error(capsys):
    assert main(["--help"]) == 0
    assert "keys revoke" in capsys.readouterr().out


def test_a_damaged_file_and_a_bad_setting_are_told_without_a_traceback(capsys, path, monkeypatch):
    Path(path).write_text("{")
    for arguments in (["list"], ["create", "--owner", "a"], ["revoke", "a"]):
        assert main(arguments) == 2
        assert "cannot be used" in capsys.readouterr().err
    monkeypatch.setenv("BACKTEST_SECRET", "short")
    assert main(["list"]) == 2
    assert "at least 32 characters" in capsys.readouterr().err
