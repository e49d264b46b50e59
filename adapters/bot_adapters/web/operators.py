"""For operators: is it up, is it ready, how much does it do."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Iterator, Mapping
from time import perf_counter

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot_adapters.web.envelope import dump
from bot_core.errors import NotAllowed, YinluError
from bot_core.identity import Words

Check = Callable[[], Awaitable[None]]
BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0)
PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Real-IP")  # a proxy's: then the peer's address says nothing
NO_METRICS = Words(
    "指标只对本机开放，或凭 YINLU_METRICS_TOKEN 访问。",
    "Metrics are for this machine alone, or for whoever has YINLU_METRICS_TOKEN.",
)


class Watched(CollectorRegistry):
    """A registry that is brought up to date before it is shown; ``token`` opens it to others than this machine."""

    def __init__(self, token: str = "", refresh: Callable[[], Awaitable[None]] | None = None) -> None:
        super().__init__()
        self.token, self.refresh = token, refresh


class Metrics:
    """Counts requests, messages and connections in a registry of its own or of the caller's."""

    def __init__(self, registry: CollectorRegistry | None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        labels = ("route", "method", "status")
        self._requests = Counter("yinlu_http_requests", "HTTP requests", labels, registry=self.registry)
        self._seconds = Histogram(
            "yinlu_http_seconds", "Time to answer", ("route",), buckets=BUCKETS, registry=self.registry
        )
        self._messages = Counter(
            "yinlu_web_messages", "WebSocket messages", ("type",), registry=self.registry
        )
        self._closed = Counter(
            "yinlu_web_closed", "WebSockets closed by the server", ("code",), registry=self.registry
        )

    def watch(
        self, gauges: Mapping[str, Callable[[], float]], counts: Mapping[str, Callable[[], float]]
    ) -> None:
        """Show numbers that are read when asked for."""
        self.registry.register(_Read(gauges, counts))

    def message(self, kind: str) -> None:
        """Count a WebSocket message."""
        self._messages.labels(kind).inc()

    def closed(self, code: int) -> None:
        """Count a WebSocket that the server closed."""
        self._closed.labels(str(code)).inc()

    def middleware(self) -> Middleware:
        """Return the aiohttp middleware that counts and times requests."""

        @web.middleware
        async def counted(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else "none"
            start, status = perf_counter(), 500
            try:
                response = await handler(request)
                status = response.status
                return response
            except web.HTTPException as error:
                status = error.status
                raise
            finally:
                self._requests.labels(route, _method(request), str(status)).inc()
                if route != "/ws":
                    self._seconds.labels(route).observe(perf_counter() - start)

        return counted

    async def show(self, request: web.Request) -> web.Response:
        """Serve /metrics: to this machine, or to whoever brings the token. Raises NotAllowed."""
        watched = self.registry if isinstance(self.registry, Watched) else Watched()
        if not (_bears(request, watched.token) or _from_here(request)):
            raise NotAllowed("metrics", NO_METRICS)
        if watched.refresh is not None:
            await watched.refresh()
        return web.Response(
            body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


def _bears(request: web.BaseRequest, token: str) -> bool:
    given = request.headers.get(hdrs.AUTHORIZATION, "").encode()
    return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())


def _from_here(request: web.BaseRequest) -> bool:
    """Tell whether the peer is on this machine and speaks for itself; a Unix socket's peer has no address."""
    if any(name in request.headers for name in PASSED_ON):
        return False
    try:
        return not request.remote or ipaddress.ip_address(request.remote).is_loopback
    except ValueError:
        return False


class _Read:
    def __init__(
        self, gauges: Mapping[str, Callable[[], float]], counts: Mapping[str, Callable[[], float]]
    ) -> None:
        self._gauges, self._counts = gauges, counts

    def collect(self) -> Iterator[Metric]:
        for name, read in self._gauges.items():
            yield GaugeMetricFamily(name, name.replace("_", " "), value=read())
        for name, read in self._counts.items():
            yield CounterMetricFamily(name, name.replace("_", " "), value=read())


def _method(request: web.Request) -> str:
    return (
        request.method if request.method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE") else "other"
    )


class Health:
    """``/healthz`` tells that the process answers, ``/readyz`` that what it needs does."""

    def __init__(self, checks: Mapping[str, Check], seconds: float) -> None:
        self._checks, self._seconds = checks, seconds

    async def alive(self, request: web.Request) -> web.Response:
        """Serve /healthz."""
        return _json({"status": "ok"}, 200)

    async def ready(self, request: web.Request) -> web.Response:
        """Serve /readyz: 200 when every check passes, else 503 with what failed."""
        results = await asyncio.gather(*(self._check(check) for check in self._checks.values()))
        states = dict(zip(self._checks, results, strict=True))
        good = all(state == "ok" for state in results)
        return _json({"ready": good, "checks": states}, 200 if good else 503)

    async def _check(self, check: Check) -> str:
        try:
            async with asyncio.timeout(self._seconds):
                await check()
        except TimeoutError:
            return "no answer in time"
        except (YinluError, OSError) as error:
            return type(error).__name__
        return "ok"


def _json(body: Mapping[str, object], status: int) -> web.Response:
    return web.Response(
        text=dump(body), status=status, content_type="application/json", headers={"Cache-Control": "no-store"}
    )
