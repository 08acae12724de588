"""`python -m backtester keys`: make, list and revoke API keys."""

from __future__ import annotations

import argparse
import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from backtester.commands.text_table import table
from backtester.runtime.command_parser import CommandParser
from backtester.runtime.stdio import print_line, write_stderr
from backtester.service.auth.api_key import KEY_PREFIX, KeyRecord
from backtester.service.auth.key_file import KeyFile, KeysError
from backtester.service.auth.principal import SCOPES
from backtester.service.service_settings import read_service_settings
from backtester.settings import SettingsError

DESCRIPTION = """\
An API key authenticates a server: `Authorization: Bearer <key>`. BACKTEST_API_KEYS_FILE stores the keys, hashed; a
running service notices a change within a second.
"""
EPILOGUE = """\
examples:
  KEY=$(.venv/bin/python -m backtester keys create --owner alice --scopes run,read --expires 90d)
  .venv/bin/python -m backtester keys list
  .venv/bin/python -m backtester keys revoke abcdefghijkl

exit: 0 success, 2 failure, with the reason on stderr
"""
SECONDS = {"m": 60, "h": 3600, "d": 86400}


def main(arguments: list[str]) -> int:
    """Run the command after `keys`; return the exit status."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as ended:  # argparse has printed what is wrong, or the help
        return ended.code if isinstance(ended.code, int) else 2
    try:
        options.run(KeyFile(read_service_settings().api_keys_file), options)
    except (KeysError, SettingsError) as error:
        write_stderr(f"keys: {error}\n")
        return 2
    return 0


def create(keys: KeyFile, options: argparse.Namespace) -> None:
    """Print a new key on stdout, and its expiry and id on stderr."""
    lifetime = options.expires
    text, record = keys.create(
        owner=options.owner,
        name=options.name,
        scopes=options.scopes,
        expires=None if lifetime is None else int(time.time()) + lifetime,
    )
    print_line(text)
    until = "never expires" if record.expires is None else f"expires {_shown(record.expires)}"
    write_stderr(
        f"keys: Copy the key now: {keys.path} stores only its hash. It {until}. `keys revoke {record.id}` revokes it.\n"
    )


def show(keys: KeyFile, options: argparse.Namespace) -> None:
    """Print the keys without their secrets, as a table or as JSON."""
    now = time.time()
    entries = [_entry(record, now) for record in keys.list()]
    if options.json:
        print_line(json.dumps(entries, indent=2))
    elif not entries:
        write_stderr(f"keys: {keys.path} has no keys. `keys create --owner NAME` makes one.\n")
    else:
        columns = ("id", "owner", "name", "scopes", "created", "expires", "status")
        rows = [_row(entry) for entry in entries]
        print_line(table(columns, [[row[column] for column in columns] for row in rows]).rstrip("\n"))


def revoke(keys: KeyFile, options: argparse.Namespace) -> None:
    """Revoke a key."""
    record = keys.revoke(options.id)
    write_stderr(f"keys: The key {record.id} of {record.owner} is revoked. Running services notice within a second.\n")


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser.of("keys", description=DESCRIPTION, epilogue=EPILOGUE)
    commands = parser.add_subparsers(required=True, metavar="create | list | revoke")
    making = commands.add_parser("create", help="print a new key, once", allow_abbrev=False)
    making.add_argument("--owner", required=True, help="the owner of the key's jobs; keys of one owner share them")
    making.add_argument("--name", default="", help="a note for `keys list`")
    making.add_argument(
        "--scopes", type=_scopes, default=("run", "read"), metavar="run,read", help=f"some of {','.join(SCOPES)}"
    )
    making.add_argument(
        "--expires",
        type=_lifetime,
        default=90 * 86400,
        metavar="90d",
        help="its life in days, hours or minutes; or never",
    )
    making.set_defaults(run=create)
    listing = commands.add_parser("list", help="show the keys, without their secrets", allow_abbrev=False)
    listing.add_argument("--json", action="store_true", help="as a JSON array")
    listing.set_defaults(run=show)
    ending = commands.add_parser("revoke", help="revoke a key", allow_abbrev=False)
    ending.add_argument("id", metavar="ID", type=_id, help="as `keys list` shows it, or the key itself")
    ending.set_defaults(run=revoke)
    return parser


def _scopes(text: str) -> tuple[str, ...]:
    scopes = tuple(scope.strip() for scope in text.split(",") if scope.strip())
    if not scopes or not set(scopes) <= set(SCOPES):
        raise argparse.ArgumentTypeError(f"must be one or more of {','.join(SCOPES)}")
    return scopes


def _lifetime(text: str) -> int | None:
    if text == "never":
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,5})([dhm])", text)
    if match is None:
        raise argparse.ArgumentTypeError("must be like 90d, 12h or 30m, or never")
    return int(match[1]) * SECONDS[match[2]]


def _id(text: str) -> str:
    """Return the id in a key, in case the whole key was pasted; any other text unchanged."""
    return text.removeprefix(KEY_PREFIX).partition("_")[0]


def _shown(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(record: KeyRecord, now: float) -> dict[str, Any]:
    return {
        "id": record.id,
        "owner": record.owner,
        "name": record.name,
        "scopes": list(record.scopes),
        "created": _shown(record.created),
        "expires": None if record.expires is None else _shown(record.expires),
        "revoked": None if record.revoked is None else _shown(record.revoked),
        "status": record.status(now),
    }


def _row(entry: dict[str, Any]) -> dict[str, str]:
    return {**entry, "scopes": ",".join(entry["scopes"]), "expires": entry["expires"] or "never"}
