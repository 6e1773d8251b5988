"""Optimistic concurrency over HTTP (RFC 9110, 13.1.1): a write names the version that its officer saw."""

import re
from typing import Annotated

from fastapi import Depends, Header, Request

from shared.problems import IF_MATCH_INVALID, IF_MATCH_MISSING

_STRONG = re.compile(r'"(0|[1-9][0-9]{0,17})"', re.ASCII)


def headers_of(shown: object) -> dict[str, str]:
    """The headers of an answer: never cached, and tagged with its `version` if it has one."""
    version = getattr(shown, "version", None)
    tag = {"ETag": f'"{version}"'} if isinstance(version, int) else {}
    return {"Cache-Control": "no-store", **tag}


def expected_version(
    request: Request,
    if_match: Annotated[str | None, Header(description="The ETag that was read; required.")] = None,  # noqa: ARG001
) -> int:
    """The version that `If-Match` names.

    Raises:
        Problem: `if-match-missing`; `if-match-invalid` for anything but one strong entity tag of ours: `*` would
            overwrite what nobody has seen.
    """
    given = request.headers.getlist("if-match")
    if not given:
        raise IF_MATCH_MISSING.problem()
    found = _STRONG.fullmatch(given[0].strip())
    if len(given) > 1 or found is None:
        raise IF_MATCH_INVALID.problem()
    return int(found[1])


IfMatch = Annotated[int, Depends(expected_version)]
"""Parameter of a route that changes something of which there are versions."""
