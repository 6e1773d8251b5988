"""Free places while deciding: asked of placement in the officer's own name, and never needed."""

from datetime import date
from enum import StrEnum
from http import HTTPStatus

import aiohttp
import structlog
from opentelemetry.propagate import inject
from pydantic import ValidationError

from services.selection import domain
from services.selection.api.fields import View

PATIENCE = 1.0
"""Seconds that an officer waits for a figure that decides nothing."""

_log = structlog.get_logger()


class PlacesView(View):
    """Places of one kind, for the whole of the planned stay."""

    free: int
    next_free_on: date | None
    """The first day, not before the planned entry, from which one is free until the projected exit; null for none."""


class Unknown(StrEnum):
    """Why no places are shown."""

    NOT_CONFIGURED = "placement-not-configured"
    UNREACHABLE = "placement-unreachable"


class Places:
    """Asks placement's API.

    Args:
        url: its base URL; None asks nobody.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def find(self, site: str, effects: domain.Effects, authorization: str) -> PlacesView | Unknown:
        """The free places of the kind that an approval would ask for, or why they are not known.

        Args:
            site: code of the site that this stack serves.
            effects: of the approval.
            authorization: the caller's own header: placement decides what this officer may see.
        """
        if self._url is None:
            return Unknown.NOT_CONFIGURED
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))
        headers = {"Authorization": authorization}
        inject(headers)
        asked = {
            "sex": effects.wing_sex.value,
            "cell_type": effects.cell_type.value,
            "from": effects.planned_entry.isoformat(),
            "until": effects.projected_exit.isoformat(),
        }
        url = f"{self._url.rstrip('/')}/v1/sites/{site}/vacancies"
        try:
            async with self._session.get(url, params=asked, headers=headers, allow_redirects=False) as answer:
                if answer.status != HTTPStatus.OK:
                    _log.warning("places cannot be had", status=answer.status)
                    return Unknown.UNREACHABLE
                return PlacesView.model_validate_json(await answer.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValidationError) as error:
            _log.warning("places cannot be had", cause=type(error).__name__)
            return Unknown.UNREACHABLE

    async def close(self) -> None:
        """Ends the connections to placement."""
        if self._session is not None:
            await self._session.close()
