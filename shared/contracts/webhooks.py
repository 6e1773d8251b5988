"""How a notice travels to a partner: what OpenAPI 3.1 calls `webhooks`. Nothing here is ever called."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header
from fastapi.openapi.utils import get_openapi

from shared.contracts.notices import CATALOGUE, Challenge, Headers, Repeated, Told, example

Answers = dict[int | str, dict[str, Any]]

_RETRY_AFTER = {
    "description": "The whole endpoint is left alone for so many seconds, or until that date; 24 hours at most.",
    "schema": {"type": "string"},
}
_SLOWER = {"headers": {"Retry-After": _RETRY_AFTER}}
TOLD: Answers = {
    "2XX": {"description": "Delivered. The body of the answer is not looked at."},
    410: {"description": "Gone for good: the subscription ends, nothing is sent any more."},
    429: {"description": "Too fast: tried again later.", **_SLOWER},
    503: {"description": "Not now: tried again later.", **_SLOWER},
    "default": {"description": "Redirects too: tried again later."},
}
"""What follows from each answer to a notice."""
ASKED: Answers = {"default": {"description": "The endpoint is not proven: nothing is sent to it."}}
"""What follows from each answer to a challenge but the right one."""


def described(notices: Mapping[str, type[Told]] = CATALOGUE) -> APIRouter:
    """One webhook per type and version."""
    router = APIRouter(tags=["notices"])
    for name, body in notices.items():
        _describe(router, name, body)
    return router


def _describe(router: APIRouter, name: str, body: type[Told]) -> None:
    shown = Body(openapi_examples={"example": {"value": example(body)}})

    async def receive(
        headers: Annotated[Headers, Header()],
        notice: Annotated[body, shown],  # type: ignore[valid-type]
    ) -> None: ...

    asks = body is Challenge
    router.add_api_route(
        name,
        receive,
        methods=["POST"],
        name=name,
        operation_id=name,
        summary=(body.__doc__ or "").strip(),
        status_code=200 if asks else 204,
        response_model=Repeated if asks else None,
        response_description="The challenge, repeated." if asks else "Delivered.",
        responses=ASKED if asks else TOLD,
    )


def document(notices: Mapping[str, type[Told]]) -> dict[str, Any]:
    """An OpenAPI document of the webhooks alone, for partners: their code is generated from it."""
    routes = described(notices).routes
    return get_openapi(title="InSERRE notices", version="1", routes=[], webhooks=routes)
