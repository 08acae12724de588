"""The file of API keys: who gets in by it, who does not, and that it survives everybody who writes to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtester.model.errors import AccessError
from backtester.service.auth.api_key import digest, read_records, write_records
from backtester.service.auth.key_file import LOOK_SECONDS, KeyFile, KeysError
from backtester.service.auth.principal import LOCAL, SCOPES, is_owner
from tests.support.examples import examples
from tests.support.processes import eventually

ROOT = Path(__file__).parents[4]
CREATE_FIVE = """
import sys
from backtester.service.auth.key_file import KeyFile
keys = KeyFile(sys.argv[1])
for _ in range(5):
    print(keys.create(owner=sys.argv[2], scopes=["run"], expires=None)[0])
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "service" / "keys.json")


@pytest.fixture
def keys(path: str) -> KeyFile:
    return KeyFile(path)


@pytest.fixture
def one_key(keys: KeyFile) -> tuple[KeyFile, str]:
    return keys, made(keys)


def made(keys: KeyFile, **changes: object) -> str:
    return keys.create(**{"owner": "alice", "scopes": ("read", "run"), "expires": None, **changes})[0]  # type: ignore[arg-type]


def test_a_key_lets_its_owner_in_with_its_scopes(keys):
    text, record = keys.create(owner="alice", name="laptop", scopes=["read", "run"], expires=2_000_000_000)
    caller = keys.check(text)
    assert caller is not None
    assert (caller.owner, caller.scopes, caller.key) == ("alice", {"run", "read"}, f"key:{record.id}")
    assert caller.expires_at == 2_000_000_000
    caller.require("run")
    with pytest.raises(AccessError, match="lacks the scope priority") as raised:
        caller.require("priority")
    assert raised.value.code == "FORBIDDEN"


def test_the_local_caller_may_everything():
    for scope in SCOPES:
        LOCAL.require(scope)


def test_a_key_reads_as_documented_and_no_two_are_alike(keys):
    texts = [made(keys) for _ in range(20)]
    assert all(re.fullmatch(r"btk_[a-z2-7]{12}_[A-Za-z0-9_-]{43}", text) for text in texts)
    assert len({text.split("_", 2)[1] for text in texts}) == len({text.split("_", 2)[2] for text in texts}) == 20


def test_the_file_holds_a_hash_and_never_the_secret(keys, path):
    secret = made(keys).split("_", 2)[2]
    content = Path(path).read_text()
    assert digest(secret) in content
    assert secret not in content


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_file_and_folder_are_their_owners_alone_even_with_a_careless_umask(keys, path):
    before = os.umask(0)
    try:
        keys.revoke(made(keys).split("_", 2)[1])
    finally:
        os.umask(before)
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700


def test_nothing_is_left_beside_the_file_but_its_lock(keys, path):
    made(keys)
    assert sorted(os.listdir(os.path.dirname(path))) == ["keys.json", "keys.json.lock"]


def test_a_link_to_the_file_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "keys.json").symlink_to(tmp_path / "real" / "keys.json")
    keys = KeyFile(str(tmp_path / "keys.json"))
    assert keys.check(made(keys))
    assert (tmp_path / "keys.json").is_symlink()
    assert (tmp_path / "real" / "keys.json").is_file()


def test_without_a_file_there_are_no_keys_and_nothing_is_wrong(keys):
    assert not keys.has_keys()
    assert keys.trouble is None
    assert keys.list() == ()
    assert keys.check(f"btk_{'a' * 12}_{'A' * 43}") is None


def test_an_expired_key_lets_nobody_in(keys):
    assert keys.check(made(keys, expires=int(time.time()) + 60))
    assert keys.check(made(keys, expires=int(time.time()))) is None
    now = time.time()
    assert [record.status(now) for record in keys.list()] == ["valid", "expired"]


def test_a_revoked_key_lets_nobody_in_again_and_keeps_its_time(keys):
    text, record = keys.create(owner="alice", scopes=["run"], expires=None)
    revoked = keys.revoke(record.id)
    assert keys.check(text) is None
    assert keys.revoke(record.id) == revoked
    assert keys.has_keys()


def test_a_running_service_notices_a_new_and_a_revoked_key(path):
    running, operator = KeyFile(path), KeyFile(path)
    text, record = operator.create(owner="alice", scopes=["run"], expires=None)
    assert eventually(lambda: running.check(text))
    assert running.has_keys()
    operator.revoke(record.id)
    assert eventually(lambda: running.check(text) is None)


def test_an_unknown_id_to_revoke_is_named(keys):
    with pytest.raises(KeysError, match="No key has the id 'abc'"):
        keys.revoke("abc")


def test_eight_processes_that_create_keys_at_once_lose_none(path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CREATE_FIVE, path, f"owner{number}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for number in range(8)
    ]
    texts = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * 8
    keys = KeyFile(path)
    assert len(keys.list()) == 40
    for number, mine in enumerate(texts):
        assert len(mine) == 5
        for text in mine:
            caller = keys.check(text)
            assert caller is not None
            assert caller.owner == f"owner{number}"


def test_a_disk_that_is_full_loses_neither_the_old_keys_nor_leaves_half_a_new_one(keys, path):
    text = made(keys)
    content = Path(path).read_bytes()
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({len(content)},) * 2)\n{CREATE_FIVE}"
    failed = subprocess.run([sys.executable, "-c", limited, path, "bob"], cwd=ROOT, capture_output=True, text=True)
    assert "cannot be written (File too large)" in failed.stderr
    assert failed.stdout == ""
    assert Path(path).read_bytes() == content
    assert sorted(os.listdir(os.path.dirname(path))) == ["keys.json", "keys.json.lock"]
    assert keys.check(text)


def test_a_file_that_has_not_changed_is_not_read_again(keys, path, monkeypatch):
    text = made(keys)
    monkeypatch.setattr("builtins.open", None)
    time.sleep(LOOK_SECONDS)
    assert keys.check(text)
    assert keys.trouble is None


def test_a_pipe_in_the_files_place_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "keys.json")
    assert "cannot be read" in (KeyFile(str(tmp_path / "keys.json")).trouble or "")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_what_root_writes_stays_the_services(tmp_path):
    folder = tmp_path / "service"
    folder.mkdir()
    os.chown(folder, 12345, 12346)
    keys = KeyFile(str(folder / "keys.json"))
    for _ in range(2):
        made(keys)
        owners = [(os.stat(folder / name).st_uid, os.stat(folder / name).st_gid) for name in os.listdir(folder)]
        assert owners == [(12345, 12346)] * 2


def test_who_reads_while_others_write_never_sees_half_a_file(path):
    writer = subprocess.Popen([sys.executable, "-c", CREATE_FIVE * 4, path, "alice"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        while writer.poll() is None:
            assert KeyFile(path).trouble is None
    finally:
        writer.communicate(timeout=60)
    assert len(KeyFile(path).list()) == 20


def entry(**changes: object) -> dict[str, object]:
    good = {"owner": "a", "name": "", "scopes": [], "sha256": "0" * 64, "created": 0, "expires": None, "revoked": None}
    return {**good, **changes}


def file_of(**changes: object) -> str:
    return json.dumps({"version": 2, "keys": {"a" * 12: entry(**changes)}})


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", "\xff", "[" * 100_000, '{"version": 2}', '{"version": 3, "keys": {}}',
        '{"version": 2, "keys": []}', '{"version": 2, "keys": {}, "more": 1}', '{"version": 2, "keys": {"short": {}}}',
        json.dumps({"version": 2, "keys": {"a" * 12: {}}}), json.dumps({"version": 2, "keys": {"a" * 12: None}}),
        '{"version": 2, "version": 2, "keys": {}}',
        file_of(allowed="127.0.0.1"), file_of(owner=""), file_of(owner="a b"), file_of(owner=5),
        file_of(name="\x1b[2J"), file_of(scopes="run"), file_of(scopes=["root"]), file_of(scopes=[[]]),
        file_of(sha256="0" * 63), file_of(sha256="A" * 64), file_of(created=None), file_of(created=True),
        file_of(expires="2030-01-01"), file_of(expires=1e18), file_of(revoked="yes"), file_of(revoked=-1),
    ],
)  # fmt: skip
def test_a_damaged_file_lets_nobody_in_is_told_and_is_not_overwritten(tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_text(content, encoding="latin-1")
    keys = KeyFile(str(path))
    assert keys.trouble is not None
    assert "cannot be used, so no key is admitted" in keys.trouble
    assert keys.has_keys()
    assert keys.check(f"btk_{'a' * 12}_{'A' * 43}") is None
    for change in (lambda: keys.create(owner="a", scopes=["run"], expires=None), keys.list, lambda: keys.revoke("a")):
        with pytest.raises(KeysError, match="Correct it, or move it away"):
            change()
    assert path.read_text(encoding="latin-1") == content


def test_a_file_of_keys_that_began_otherwise_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text('{"version": 1, "keys": {}}')
    keys = KeyFile(str(path))
    assert "whose keys begin with bt_; keys now begin with btk_" in (keys.trouble or "")
    with pytest.raises(KeysError, match="move it away and make new keys with `keys create`"):
        keys.list()


def test_a_damaged_entry_locks_out_the_others_until_it_is_mended(keys, path):
    text = made(keys)
    good = Path(path).read_text()
    Path(path).write_text(good.replace('"owner": "alice"', '"owner": "a l"'))
    assert eventually(lambda: keys.check(text) is None)
    assert "`owner` of the entry" in (keys.trouble or "")
    Path(path).write_text(good)
    assert eventually(lambda: keys.check(text) is not None)
    assert keys.trouble is None


def test_a_file_that_cannot_be_read_lets_nobody_in_until_it_can(tmp_path):
    path = tmp_path / "keys.json"
    path.mkdir()
    keys = KeyFile(str(path))
    assert keys.has_keys()
    assert "cannot be read" in (keys.trouble or "")
    with pytest.raises(KeysError, match="cannot be read"):
        keys.list()
    path.rmdir()
    text = made(KeyFile(str(path)))
    assert eventually(lambda: keys.check(text) is not None)


def test_a_path_that_is_none_lets_nobody_in():
    keys = KeyFile("/nowhere\0/keys.json")
    assert keys.has_keys()
    assert keys.check(f"btk_{'a' * 12}_{'A' * 43}") is None


def test_a_folder_that_cannot_be_made_is_told_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KeysError, match="BACKTEST_API_KEYS_FILE"):
        made(KeyFile(str(tmp_path / "file" / "keys.json")))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"owner": ""}, "An owner is"), ({"owner": "a b"}, "An owner is"), ({"owner": "a\n"}, "An owner"),
        ({"owner": "a\u202e"}, "An owner is"), ({"owner": "\ud800"}, "An owner is"),
        ({"owner": "a" * 129}, "An owner is"), ({"name": "\x1b"}, "A name is"),
        ({"name": "n" * 129}, "A name is"), ({"scopes": ()}, "Scopes are one or more of run,read"),
        ({"scopes": ("root",)}, "Scopes are"), ({"expires": 10**15}, "before the year 10000"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_a_reason(keys, parts, message):
    with pytest.raises(KeysError, match=message):
        made(keys, **parts)
    assert keys.list() == ()


@given(st.text(max_size=130))
def test_an_owner_has_neither_white_space_nor_control_characters(text):
    if is_owner(text):
        assert 1 <= len(text) <= 128
        assert text.split() == [text]
        assert text.encode("utf-8")


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(300))
def test_a_key_with_any_change_gets_nobody_in(one_key, data):
    keys, text = one_key
    at = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(at, len(text)))
    changed = text[:at] + data.draw(st.text(max_size=3)) + text[end:]
    assert (keys.check(changed) is None) == (changed != text)


def test_no_other_last_character_of_a_key_means_the_same(one_key):
    keys, text = one_key
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        assert (keys.check(text[:-1] + last) is not None) == (last == text[-1])


@given(st.text() | st.from_regex(r"btk_[a-z2-7]{12}_[A-Za-z0-9_-]{43}", fullmatch=True))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_never_made_gets_nobody_in(keys, text):
    assert keys.check(text) is None


def test_a_file_that_is_read_and_written_is_the_same(keys, path):
    made(keys, owner="älice", name="a note", expires=5)
    keys.revoke(made(keys).split("_", 2)[1])
    content = Path(path).read_bytes()
    assert write_records(read_records(content)) == content
