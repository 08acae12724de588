"""The path prefix that a proxy in front of the service has taken away."""

from __future__ import annotations

import ipaddress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from backtester.service.service_settings import ServiceSettings, is_root_path


class RootPath:
    """Sets `root_path` of each request: that of a trusted proxy's `X-Forwarded-Prefix`, else the operator's setting.

    Links that go out begin with it. A proxy may take the prefix away or leave it: Starlette routes both.
    """

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings) -> None:
        """Wrap `app`."""
        self.app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] in ("http", "websocket"):
            scope["root_path"] = self._forwarded(scope) or self._settings.root_path
        await self.app(scope, receive, send)

    def _forwarded(self, scope: Scope) -> str | None:
        if not self._settings.trusted_proxies or not scope.get("client"):
            return None
        prefix = Headers(scope=scope).get("x-forwarded-prefix", "").removesuffix("/")
        return prefix if is_root_path(prefix) and self._trusts(scope["client"][0]) else None

    def _trusts(self, host: str) -> bool:
        try:
            peer = ipaddress.ip_address(host)
        except ValueError:  # a Unix socket
            return False
        mapped = getattr(peer, "ipv4_mapped", None)
        return any((mapped or peer) in network for network in self._settings.trusted_proxies)
