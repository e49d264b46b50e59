"""What every request passes: which host it is for, which page it comes from, how errors are told."""

from __future__ import annotations

import ipaddress
import logging
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from bot_adapters.web.locales import accepted
from bot_adapters.web.options import WebOptions
from bot_adapters.web.problems import problem_of, problem_of_status
from bot_core.errors import Broken, YinluError

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; "
        "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Server": "yinlu",
}


class Guard:
    """The outermost middleware; ``port`` is irrelevant, names are what DNS rebinding can't fake."""

    def __init__(self, options: WebOptions) -> None:
        self._options = options
        named = {_name(host) for host in options.hosts if host != "*"}
        self._names = {"localhost", _name(options.host), *named} - {""}
        self._origins = {origin.rstrip("/").lower() for origin in options.origins}

    def host_known(self, host: str) -> bool:
        """Tell whether we go by this Host header. Addresses pass: only a name can be pointed at us from outside."""
        name = _name(host)
        return "*" in self._options.hosts or name in self._names or _is_address(name)

    def origin_known(self, request: web.BaseRequest) -> bool:
        """Tell whether the page that sent this may: ours, a listed one, or no page at all."""
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None:
            return True
        origin = origin.lower()
        if origin in self._origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return (
            parts.scheme in ("http", "https") and parts.netloc == request.headers.get(hdrs.HOST, "").lower()
        )

    def address(self, request: web.BaseRequest) -> str:
        """Return the client's address; empty on a Unix socket."""
        if self._options.forwarded:
            forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
            if forwarded:
                return forwarded[:64]
        return request.remote or ""

    def middleware(self) -> Middleware:
        """Return the aiohttp middleware."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            locale = accepted(request.headers)
            if not self.host_known(request.headers.get(hdrs.HOST, "")):
                return problem_of_status(421, locale, self._options.body)
            if request.method not in ("GET", "HEAD", "OPTIONS") and not self.origin_known(request):
                return problem_of_status(403, locale, self._options.body)
            try:
                return await handler(request)
            except web.HTTPException as error:
                if error.status < 400:
                    raise
                response = problem_of_status(error.status, locale, self._options.body)
                if hdrs.ALLOW in error.headers:
                    response.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
                return response
            except YinluError as error:
                level = logging.WARNING if isinstance(error, Broken) else logging.INFO
                log.log(level, "request refused", extra={"error": type(error).__name__, "detail": str(error)})
                return problem_of(error, locale)

        return guarded


async def harden(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Put the security headers on a response; an ``on_response_prepare`` signal."""
    for name, value in HEADERS.items():
        response.headers[name] = value


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _name(host: str) -> str:
    host = host.strip().lower().rstrip(".")
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return f"[{host}]" if host.count(":") > 1 else host.partition(":")[0]
