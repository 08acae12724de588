"""Which files a run reads and writes: the interpreter and its packages, the price store, the operator's folders."""

from __future__ import annotations

import os
import sys

from backtester.runtime.sandbox.landlock import READING, WRITING
from backtester.settings import Settings, of_libraries

_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_MACHINE = (
    "/etc/localtime", "/usr/share/zoneinfo", "/dev/urandom", "/dev/random", "/dev/zero",
    "/proc/self/statm", "/proc/self/maps", "/sys/devices/system/cpu",
)  # fmt: skip
_NAMES = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services")
_CERTIFICATES = ("/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates")
_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PROXY_VARIABLES = ("https_proxy", "http_proxy", "all_proxy")
_HTTPS, _DNS, _DEFAULT_PROXY = 443, 53, 1080


def code(also: tuple[str, ...] = ()) -> dict[str, int]:
    """Return the folders that Python needs: the interpreter, its packages, ours. also: a plug-in's own folders."""
    home = os.path.expanduser("~")
    packages = [entry for entry in sys.path if entry and not _holds(entry, home)]
    schemas = os.path.join(os.path.dirname(_PACKAGE), "schemas")  # beside the package in a checkout
    folders = (os.path.dirname(os.__file__), os.path.join(sys.base_prefix, "lib"), _PACKAGE, schemas)
    reading = dict.fromkeys((*folders, *packages, *also, *_LIBRARIES, *_MACHINE), READING)
    return {**reading, os.devnull: WRITING}


def prices(settings: Settings, *, store: bool, csv: bool) -> dict[str, int]:
    """Return where prices come from on this machine: the store, begun where it is not there yet; the CSV folder."""
    rights = {}
    if store:
        begin_store(settings)
        rights[settings.cache_dir] = WRITING
    if csv and settings.csv_dir is not None:
        rights[settings.csv_dir] = READING
    return rights


def begin_store(settings: Settings) -> None:
    """Make the folder of the price store; one that cannot be made is told of where it is used."""
    try:
        os.makedirs(settings.cache_dir, exist_ok=True)
    except OSError:
        return


def identity(settings: Settings) -> tuple[tuple[int, int] | None, ...]:
    """Return what tells whether a place is still the one that a process was given: Landlock knows files, not names.

    Where a link leads to another folder now, or a file was replaced, a process that lives on cannot reach the new one.
    """
    return tuple(_file(path) for path in (settings.cache_dir, settings.csv_dir, _NAMES[0]))


def _file(path: str | None) -> tuple[int, int] | None:
    try:
        found = os.stat(path or "")
    except OSError:
        return None
    return found.st_dev, found.st_ino


def network() -> dict[str, int]:
    """Return the files that finding a host and trusting it take."""
    trusted = of_libraries(*_CERTIFICATE_VARIABLES)
    resolved = os.path.dirname(os.path.realpath(_NAMES[0]))  # where a local resolver replaces its file
    return dict.fromkeys((*_NAMES, *_CERTIFICATES, *trusted, *(() if resolved == "/etc" else (resolved,))), READING)


def ports() -> set[int]:
    """Return the TCP ports that asking a source may take: HTTPS, names, and those of the proxies in the environment."""
    proxies = of_libraries(*_PROXY_VARIABLES, *(name.upper() for name in _PROXY_VARIABLES))
    return {_HTTPS, _DNS, *map(_port, proxies)}


def _port(proxy: str) -> int:
    from urllib.parse import urlsplit  # milliseconds that only who has a proxy pays

    try:
        return urlsplit(proxy if "://" in proxy else f"http://{proxy}").port or _DEFAULT_PROXY
    except ValueError:
        return _DEFAULT_PROXY


def _holds(folder: str, home: str) -> bool:
    """Tell whether a folder is the root, the home folder or one above it: `python -m` adds the one it is called in."""
    return f"{home}/".startswith(f"{folder.rstrip('/')}/")
