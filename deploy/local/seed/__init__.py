"""Loads the fictitious candidates of a site into a running stack, through the public API. Repeating it is harmless."""

import asyncio
from collections import Counter
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from deploy.local.machine import Say
from deploy.local.officers import Officers
from deploy.local.papers import file_of
from deploy.local.seed.people import Candidate, candidates
from deploy.local.stack import Stack

_AT_ONCE = 6


async def load(stack: Stack, progress: Say, today: date | None = None) -> Counter[str]:
    """Opens, gathers and assesses the files that are not there yet.

    Args:
        stack: that runs.
        progress: takes a line per special case and some on the way.
        today: from which the cases are counted, Europe/Paris; the day of this machine unless given.

    Returns:
        How many files the opinions of today say what of; `known` for those that were there.
    """
    today = today or datetime.now(ZoneInfo("Europe/Paris")).date()
    few, outcomes = asyncio.Semaphore(_AT_ONCE), Counter[str]()
    async with Officers(stack, today) as officers:

        async def one(number: int, candidate: Candidate) -> None:
            async with few:
                result = await _file(officers, number, candidate)
            outcomes[result] += 1
            if candidate.title:
                progress(f"{candidate.person.ecrou}  {candidate.title:<48} {result}")
            elif sum(outcomes.values()) % 10 == 0:
                progress(f"{sum(outcomes.values())} files")

        await asyncio.gather(*(one(*pair) for pair in enumerate(candidates(stack.site, today))))
    return outcomes


async def _file(officers: Officers, number: int, candidate: Candidate) -> str:
    """What the opinion says of the candidate's file, or `known`."""
    site = officers.stack.site
    body = _body(officers, candidate)
    opened = await officers.call("spip", "POST", "selection", "/v1/candidacies", body, key=f"seed-{site}-{number}")
    # The same name and birth date: from an earlier seed.
    if opened.status != 201 or "Idempotency-Replayed" in opened.headers:  # noqa: PLR2004
        code = opened.body.get("code") if isinstance(opened.body, dict) else None
        if opened.status == 201 or code in ("possible-homonym", "idempotency-key-reused"):  # noqa: PLR2004
            return "known"
        raise AssertionError(f"{candidate.title or candidate.person.ecrou}: {opened.status} {code}")
    version = await officers.gather(opened.body["id"], version=opened.body["version"], without=candidate.without)
    assessed = await officers.act("spip", opened.body["id"], "assess", version=version)
    return str(assessed.body["result"])


def _body(officers: Officers, candidate: Candidate) -> dict[str, Any]:
    overrides = dict(candidate.overrides)
    born_on = overrides.pop("born_on", None)
    body = file_of(candidate.person, officers.stack.site, officers.today, **overrides)
    body["penal"] |= candidate.penal
    if born_on is not None:
        body["identity"]["birth_date"] = born_on
    return body
