"""A stand-in for HTTPS services on loopback, so that the real clients can be driven without a network.

It is an HTTPS proxy (CONNECT) that answers for every host itself, with a certificate of a CA made on the spot. A
subclass has the pages of one service. Binds 127.0.0.1 only, on a free port.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

HANG_SECONDS = 20.0
HUGE_BYTES = 40 * 2**20
WIRE = ("hang", "closed", "drip", "drip_headers", "cut_short", "huge")  # behaviours that are not answers


class Page(NamedTuple):
    """An answer of a service. headers: as they go over the wire, each with its end of line."""

    status: int
    body: bytes
    headers: bytes = b""


class HttpsStandin:
    """Answers as a service does, and misbehaves on demand. `requests` lists (host, path with query) in order."""

    hosts: tuple[str, ...] = ()  # of the certificate
    behaviours: dict[str, Page] = {}  # noqa: RUF012  that are answers, by name

    def __init__(self) -> None:
        self.faults: dict[str, list[Any]] = {}  # by key of a request: [behaviour, times left]
        self.requests: list[tuple[str, str]] = []
        self.heads: list[str] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __enter__(self) -> Any:
        self._folder = Path(tempfile.mkdtemp(prefix="standin-"))
        self._tls = make_certificate(self._folder, self.hosts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in list(self._threads):
            thread.join()
        self._listener.close()
        shutil.rmtree(self._folder)

    def environment(self, *, trusted: bool = True) -> dict[str, str]:
        """Return the environment variables that send curl_cffi, requests and urllib here, and make them trust it."""
        proxy = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        names = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
        proxies = {name: proxy for base in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY") for name in (base, base.lower())}
        bundle = dict.fromkeys(names, str(self._folder / "ca.pem")) if trusted else {}
        return {**proxies, "NO_PROXY": "", "no_proxy": "", **bundle}

    def behave(self, key: str, behaviour: str, *, times: int = 10**9) -> None:
        """Misbehave on the next `times` requests for a key (of a subclass) or a host."""
        assert behaviour in self.behaviours or behaviour in WIRE
        self.faults[key] = [behaviour, times]

    def forgive(self) -> None:
        """End all misbehaviour."""
        self.faults.clear()

    # Of a subclass -----------------------------------------------------------------------------------------------

    def key_of(self, host: str, target: str) -> str:
        """Return what a fault is told for: a symbol, or a path."""
        return urlsplit(target).path

    def page(self, host: str, target: str, head: str) -> Page:
        """Return the answer to a request."""
        raise NotImplementedError

    # The wire ----------------------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._converse, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _converse(self, plain: socket.socket) -> None:
        """Take one CONNECT, then answer requests inside the tunnel until the client leaves."""
        with plain, suppress(OSError, ValueError, EOFError):
            plain.settimeout(HANG_SECONDS)
            head = read_head(plain)
            host = head.split()[1].rsplit(":", 1)[0]
            plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self._tls.wrap_socket(plain, server_side=True) as tunnel:
                tunnel.settimeout(0.2)
                while not self._stopping.is_set():
                    try:
                        head = read_head(tunnel)
                    except TimeoutError:
                        continue
                    tunnel.settimeout(HANG_SECONDS)
                    if not self._answer(tunnel, host, head):
                        return
                    tunnel.settimeout(0.2)

    def _answer(self, tunnel: ssl.SSLSocket, host: str, head: str) -> bool:
        """Answer one request; False ends the conversation."""
        target = head.split()[1]
        with self._lock:
            self.requests.append((host, target))
            self.heads.append(head)
            left = self.faults.get(self.key_of(host, target)) or self.faults.get(host) or ["", 0]
            behaviour = left[0] if left[1] > 0 else ""
            left[1] -= 1
        if behaviour in WIRE:
            wire: dict[str, Callable[[ssl.SSLSocket, Page], None]] = {
                "hang": self._hang, "closed": lambda *_: None, "drip": self._drip, "drip_headers": self._drip_headers,
                "cut_short": self._cut_short, "huge": self._huge,
            }  # fmt: skip
            wire[behaviour](tunnel, self.page(host, target, head))
            return False
        page = self.behaviours[behaviour] if behaviour else self.page(host, target, head)
        tunnel.sendall(_head_of(page, len(page.body)) + page.body)
        return True

    def _hang(self, tunnel: ssl.SSLSocket, page: Page) -> None:
        self._stopping.wait(HANG_SECONDS)

    def _drip(self, tunnel: ssl.SSLSocket, page: Page) -> None:
        """Send the head, then a byte each tenth of a second: no single wait is ever long."""
        tunnel.sendall(_head_of(page, len(page.body)))
        self._slowly(tunnel, page.body)

    def _drip_headers(self, tunnel: ssl.SSLSocket, page: Page) -> None:
        self._slowly(tunnel, _head_of(page, len(page.body)) + page.body)

    def _slowly(self, tunnel: ssl.SSLSocket, data: bytes) -> None:
        ends = time.monotonic() + HANG_SECONDS
        for at in range(len(data)):
            if time.monotonic() > ends or self._stopping.wait(0.1):
                return
            tunnel.sendall(data[at : at + 1])

    def _cut_short(self, tunnel: ssl.SSLSocket, page: Page) -> None:
        tunnel.sendall(_head_of(page, len(page.body)) + page.body[: len(page.body) // 2])

    def _huge(self, tunnel: ssl.SSLSocket, page: Page) -> None:
        tunnel.sendall(_head_of(page, HUGE_BYTES) + b" " * HUGE_BYTES)


def _head_of(page: Page, length: int) -> bytes:
    head = f"HTTP/1.1 {page.status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n".encode()
    return head + page.headers + b"\r\n"


def read_head(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        chunk = connection.recv(65536)
        if not chunk:
            raise EOFError
        head += chunk
    return head.decode("latin-1")


def make_certificate(folder: Path, hosts: tuple[str, ...]) -> ssl.SSLContext:
    """Make a CA (ca.pem) and a server certificate of it for the hosts, valid for two days."""
    config = folder / "san.cnf"
    names = ",".join(f"DNS:{host}" for host in hosts)
    config.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")

    def openssl(*arguments: str) -> None:
        subprocess.run(
            ["openssl", *arguments],
            cwd=folder,
            check=True,
            capture_output=True,
            env={
                "PATH": os.environ["PATH"],
                "RANDFILE": str(folder / "rnd"),
            },
        )

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Stand-in CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=Stand-in")
    openssl(
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-out",
        "server.pem",
        "-extfile",
        "san.cnf",
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return context


@contextmanager
def refused_proxy() -> Iterator[dict[str, str]]:
    """Yield an environment whose proxy refuses connections: an unreachable network."""
    with socket.socket() as reserved:  # bound but not listening, so the port stays ours and refuses
        reserved.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        yield dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), proxy) | {
            "NO_PROXY": "",
            "no_proxy": "",
        }
