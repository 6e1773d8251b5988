"""The OpenAPI 3.1 description of an API: what FastAPI derives, corrected for tokens, keys and problems."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from shared.boundary.access import Access, Writing
from shared.problems import MEDIA_TYPE, FieldError, ProblemBody

_REFERENCE = "#/components/schemas/{model}"
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Chosen by the caller, the same for every repetition of the same write.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def document(route: APIRoute, access: Access) -> None:
    """Writes into the description of a route who may use it, and which header it needs."""
    extra: dict[str, Any] = {"x-roles": sorted(access.roles), "security": [{"bearer": []}]}
    if isinstance(access, Writing):
        extra["parameters"] = [_KEY]
    route.openapi_extra = {**(route.openapi_extra or {}), **extra}


def of(app: FastAPI) -> dict[str, Any]:
    """The description of an application, made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, routes=app.routes, webhooks=app.webhooks.routes)
        components = schema.setdefault("components", {})
        models = components.setdefault("schemas", {})
        # FastAPI describes its own validation errors; ours are problems.
        models.pop("HTTPValidationError", None)
        models.pop("ValidationError", None)
        models["FieldError"] = FieldError.model_json_schema()
        problem = ProblemBody.model_json_schema(ref_template=_REFERENCE)
        problem.pop("$defs", None)
        models["Problem"] = problem
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "OIDC access token."}
        }
        refusal = {
            "description": "A problem (RFC 9457); match on `code`.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for operations in schema.get("paths", {}).values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                operation["responses"]["default"] = refusal
        app.openapi_schema = schema
    return app.openapi_schema
