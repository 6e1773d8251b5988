"""Hands the committal number of an arrival to selection, in the officer's own name: placement keeps no copy."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from opentelemetry.propagate import inject

from shared.problems import Problem

PATIENCE = 5.0
"""Seconds that an officer waits: nobody arrives without a number."""

_log = structlog.get_logger()
UNREACHABLE = (
    HTTPStatus.SERVICE_UNAVAILABLE,
    "selection-unreachable",
    "The committal number cannot be recorded now; nothing is recorded. Try again with the same Idempotency-Key.",
)


class Committals:
    """Calls selection's API.

    Args:
        url: its base URL.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def record(self, candidacy_id: UUID, number: str, authorization: str, key: str) -> None:
        """Has selection record a number; the same again changes nothing there.

        Args:
            candidacy_id: whose number it is.
            number: goes into the body of the request and nowhere else.
            authorization: the caller's own header: selection decides what this officer may do.
            key: the caller's Idempotency-Key.

        Raises:
            Problem: what selection says against it (`committal-number-taken`, `committal-number-recorded`,
                `present-elsewhere`, …); `selection-unreachable`.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        headers = {"Authorization": authorization, "Idempotency-Key": key}
        inject(headers)
        url = f"{self._url}/v1/candidacies/{candidacy_id}/committal-number"
        try:
            async with self._session.post(
                url, json={"number": number}, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status == HTTPStatus.OK:
                    return
                refusal = _refusal(answer.status, await answer.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            _log.warning("committal number cannot be handed over", cause=type(error).__name__)
            raise Problem(*UNREACHABLE) from None
        raise refusal

    async def close(self) -> None:
        """Ends the connections to selection."""
        if self._session is not None:
            await self._session.close()


def _refusal(status: int, body: Any) -> Problem:
    """What selection said, as this service's own answer; its failures are not the officer's."""
    said = body if isinstance(body, dict) else {}
    code, title = said.get("code"), said.get("title")
    if 400 <= status < 500 and isinstance(code, str) and isinstance(title, str):  # noqa: PLR2004
        return Problem(status, code, title)
    _log.warning("committal number cannot be handed over", status=status)
    return Problem(*UNREACHABLE)
