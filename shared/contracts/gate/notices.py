"""The JSON Schemas that partners generate types from: of every notice, of its headers, and of what they answer."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from shared.contracts.gate.catalogue import Catalogue
from shared.contracts.gate.schemas import DIALECT
from shared.contracts.notices import Headers, Repeated, example

AROUND: Mapping[str, type[BaseModel]] = {"endpoint.challenge.answer.v1": Repeated, "headers.v1": Headers}
"""What belongs to a notice and is none; changed by the same rules."""


def schemas(known: Catalogue) -> dict[str, dict[str, Any]]:
    """Today's schemas by type and version, each with an example."""
    frames = {"$schema": DIALECT}
    return {
        name: frames
        | {"$id": f"urn:inserre:notice:{name}"}
        | model.model_json_schema()
        | {"examples": [example(model)]}
        for name, model in sorted({**known.notices, **AROUND}.items())
    }
