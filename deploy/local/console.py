"""The officers' console of a local stack: signs in as anybody, and each call to a public API is a span of its own."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind

from deploy.local.stack import Stack

SOME_TIME = 30.0
"""Seconds that something on this machine may take before it counts as not happening."""


@dataclass(frozen=True)
class Answer:
    """What an API said."""

    status: int
    body: Any
    headers: Mapping[str, str]
    trace_id: str
    """Of the console's span, so that the whole trace can be asked for."""
    seconds: float


class Unexpected(AssertionError):
    """An API answered something else than the officer's work needs; the text has the problem's code."""


class Console(AbstractAsyncContextManager["Console"]):
    """Signs in as any officer and calls the public APIs.

    Args:
        stack: a running stack.
        today: reference date of new files, Europe/Paris.
    """

    def __init__(self, stack: Stack, today: date) -> None:
        self.stack, self.today = stack, today
        self._tokens: dict[str, str] = {}
        self._provider = TracerProvider(resource=Resource({"service.name": "officers-console"}))
        exporter = OTLPSpanExporter(endpoint=f"{stack.urls['otlp']}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=200))
        self._tracer = self._provider.get_tracer("console")

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=SOME_TIME), connector=aiohttp.TCPConnector(limit=64)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._session.close()
        await asyncio.to_thread(self._provider.shutdown)

    async def call(
        self,
        officer: str | None,
        method: str,
        service: str,
        path: str,
        body: Any = None,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Answer:
        """One request as an officer (None: without a token), under a span of its own.

        Args:
            officer: a key of `deploy.local.issuer.OFFICERS`.
            method: of HTTP.
            service: whose API.
            path: below its base URL.
            body: sent as JSON.
            data: sent as it is, instead of `body`.
            headers: further ones.
            key: `Idempotency-Key`; a new one unless given, for POST only.
        """
        sent = {"Content-Type": "application/json", **(headers or {})}
        if officer is not None:
            sent.setdefault("Authorization", f"Bearer {await self._token(officer)}")
        if method == "POST":
            sent.setdefault("Idempotency-Key", key or str(uuid4()))
        with self._tracer.start_as_current_span(f"{method} {service}", kind=SpanKind.CLIENT) as span:
            inject(sent)
            began = time.monotonic()
            async with self._session.request(
                method, f"{self.stack.urls[service]}{path}", json=body, data=data, headers=sent
            ) as answer:
                content = await (answer.json(content_type=None) if "json" in answer.content_type else answer.text())
            return Answer(
                answer.status,
                content,
                answer.headers,
                f"{span.get_span_context().trace_id:032x}",
                time.monotonic() - began,
            )

    async def must(self, officer: str, method: str, service: str, path: str, body: Any = None, **more: Any) -> Answer:
        """The same, for a request that has to succeed. Raises Unexpected."""
        answer = await self.call(officer, method, service, path, body, **more)
        if answer.status not in range(200, 300):
            code = answer.body.get("code") if isinstance(answer.body, dict) else None
            raise Unexpected(f"{method} {service} {path} answered {answer.status} {code}")
        return answer

    async def _token(self, officer: str) -> str:
        if officer not in self._tokens:
            self._tokens[officer] = await asyncio.to_thread(self.stack.token, officer)
        return self._tokens[officer]
