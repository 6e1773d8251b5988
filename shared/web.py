"""The HTTP application of a service: routes behind tokens, limits, problems, telemetry and health; and its server."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any, Protocol

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from shared import openapi, problems, telemetry
from shared.auth import Authenticator
from shared.boundary import Access, Boundary
from shared.boundary.faults import problem_of
from shared.database import create_engine
from shared.entrance import Entrance
from shared.health import PATHS, DatabaseAtHead, Gate, health_routes, nothing_stale
from shared.messaging.event import Clock, Regime, utc_now
from shared.process import loaded
from shared.server import Server
from shared.telemetry import ASGIApp, Receive, Scope, Send, ServerSpans

Refusals = tuple[type[Exception], Mapping[Any, problems.Problem]]
"""A service's own refusal exception and the problem that each value of its `refusal` becomes.

Where it has a `state`, the problem names that and the acts that are open in it (`allowed`).
"""


class Client(Protocol):
    """Something that asks other services, and has connections to end."""

    async def close(self) -> None: ...


DRAIN = 10
"""Seconds that running requests get after SIGTERM."""
_OPENAPI = "/openapi.json"
# FastAPI's own would put raw paths, query strings and exceptions' texts into spans and logs.
_NO_FRAMEWORK_TELEMETRY = TelemetryConfig(
    tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False
)


class WebSettings(Protocol):
    """What an API needs of its service's settings."""

    @property
    def site(self) -> str: ...
    @property
    def database_url(self) -> SecretStr: ...
    @property
    def oidc_issuer(self) -> str: ...
    @property
    def oidc_audience(self) -> str: ...
    @property
    def idempotency_secret(self) -> SecretStr: ...
    @property
    def otlp_endpoint(self) -> str | None: ...
    @property
    def api_host(self) -> str: ...
    @property
    def api_port(self) -> int: ...


def create_app(
    service: str,
    router: APIRouter,
    settings: WebSettings,
    refusals: Refusals,
    *,
    public: APIRouter | None = None,
    engine: AsyncEngine | None = None,
    authenticator: Authenticator | None = None,
    clock: Clock = utc_now,
    legal_basis: str = "public-interest-task",
    regime: Regime = "LED",
    policy: object = None,
    clients: Mapping[str, Client] | None = None,
    webhooks: APIRouter | None = None,
) -> FastAPI:
    """Builds a service's API around its routes.

    Args:
        service: folder name below `services/`.
        router: every route names its roles by `reading(...)` or `writing(...)`.
        settings: of the service.
        refusals: how the service's own refusals are answered.
        public: routes that anybody may read, at paths without parameters.
        engine: of the service's database; None makes one, which is closed with the application.
        authenticator: checks tokens; None asks the issuer of the settings.
        clock: gives the instant of requests.
        legal_basis: of the acts done through this API, for the envelope of their events.
        regime: of data protection, of the same acts.
        policy: what the service's own routes find at `request.app.state.policy`.
        clients: what they find at `request.app.state.<name>`; each is closed with the application.
        webhooks: what the service calls elsewhere, to be described and never routed.

    Raises:
        ValueError: a route names no roles.
    """
    refusal, table = refusals
    owned = engine is None
    engine = engine or create_engine(settings.database_url.get_secret_value(), application=f"{service}-api")
    check = authenticator or Authenticator(settings.oidc_issuer, settings.oidc_audience, settings.site)
    boundary = Boundary(
        engine=engine,
        service=service,
        site=settings.site,
        secret=settings.idempotency_secret.get_secret_value().encode(),
        clock=clock,
        legal_basis=legal_basis,
        regime=regime,
        refusals=(problems.Problem, refusal),
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await boundary.notifier.close()
        await check.close()
        for client in (clients or {}).values():
            await client.close()
        if owned:
            await engine.dispose()

    for route in routes_of(router.routes):
        openapi.document(route, _access_of(route))
    open_to_all = list(routes_of(public.routes)) if public else []
    for route in open_to_all:
        route.openapi_extra = {"security": []}
    app = FastAPI(
        title=f"InSERRE {service}",
        version="1",
        openapi_url=_OPENAPI,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=_NO_FRAMEWORK_TELEMETRY,
        webhooks=webhooks,
    )
    app.state.boundary = boundary
    app.state.policy = policy
    for name, client in (clients or {}).items():
        setattr(app.state, name, client)
    app.state.gate = Gate()
    checks = {"accepting": app.state.gate.check, "database": DatabaseAtHead(engine, service)}
    for path, answer in health_routes(checks, nothing_stale):
        app.router.routes.append(Route(path, _Bare(answer), include_in_schema=False))
    app.include_router(router)
    if public:
        app.include_router(public)
    app.openapi = lambda: openapi.of(app)  # type: ignore[method-assign]
    _answer_problems(app, refusal, table)
    app.add_middleware(
        Entrance, authenticator=check, unguarded=(*PATHS, _OPENAPI, *(route.path for route in open_to_all))
    )
    app.add_middleware(ServerSpans, unseen=(*PATHS, _OPENAPI))
    return app


class _Bare:
    """Keeps Starlette from taking an ASGI function for an endpoint."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


def _answer_problems(app: FastAPI, refusal: type[Exception], table: Mapping[Any, problems.Problem]) -> None:
    async def said_no(_: Request, error: Exception) -> Response:
        reason: StrEnum = error.refusal  # type: ignore[attr-defined]
        state: str | None = getattr(error, "state", None)
        problem = table[reason]
        return (problem if state is None else problem.about(state, getattr(error, "allowed", ()))).response()

    async def problem(_: Request, error: Exception) -> Response:
        return problem_of(error).response()

    app.add_exception_handler(refusal, said_no)
    for known in (problems.Problem, RequestValidationError, HTTPException):
        app.add_exception_handler(known, problem)


def routes_of(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """All API routes, also those of routers that were included in the router."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from routes_of(route.original_router.routes)  # type: ignore[attr-defined]


def _access_of(route: APIRoute) -> Access:
    calls: list[object] = [dependency.call for dependency in route.dependant.dependencies]
    found = [call for call in calls if isinstance(call, Access)]
    if len(found) != 1:
        raise ValueError(f"{route.path}: a route names its roles once, by reading(...) or writing(...)")
    return found[0]


def serve_api(service: str, settings: WebSettings, router: APIRouter, refusals: Refusals, **options: Any) -> None:
    """Serves a service's API until SIGTERM or SIGINT, then lets running requests finish, 10 s at most.

    Args:
        service: folder name below `services/`.
        settings: of the service.
        router: its routes.
        refusals: how its own refusals are answered.
        options: as `create_app` takes them.
    """
    flush = telemetry.configure(service, "api", settings.site, settings.otlp_endpoint)
    try:
        serve(create_app(service, router, settings, refusals, **options), settings.api_host, settings.api_port)
    finally:
        flush()


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serves an application made by `create_app`, in this thread, until a signal."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="h11",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=DRAIN,
    )
    loaded()
    Server(config, app.state.gate.close).run()
