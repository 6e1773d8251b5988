"""What the officers of a local stack do for a partner's developer, who tries a receiver on it (docs/partners.md)."""

import secrets
import string
from datetime import datetime
from zoneinfo import ZoneInfo

from deploy.local.officers import Officers
from deploy.local.papers import Person
from deploy.local.stack import Stack

CATEGORY = "employment_service"


def _officers(stack: Stack) -> Officers:
    return Officers(stack, datetime.now(ZoneInfo("Europe/Paris")).date())


async def propose(stack: Stack, url: str, category: str = CATEGORY) -> dict[str, str]:
    """Takes in a partner that will listen at an address; gives the environment of its receiver."""
    async with _officers(stack) as officers:
        made = await officers.propose("Partenaire fictif", category, url)
    return {
        "INSERRE_URL": stack.urls["notifications"],
        "SUBSCRIPTION": made["id"],
        "SECRET": made["secret"],
        "TOKEN_URL": f"{stack.urls['issuer']}/token",
        "TOKEN_FORM": f"grant_type=client_credentials&client_id=partner&partner={made['partner_id']}",
    }


async def accept(stack: Stack, subscription: str) -> None:
    """Has the endpoint prove itself, and approves it as the second officer."""
    async with _officers(stack) as officers:
        await officers.take_in(subscription)


async def approve(stack: Stack, category: str = CATEGORY) -> str:
    """Approves one more fictitious candidate, of whom partners of a category are told; gives the candidacy's id."""
    # Two of the same name and birth date would be taken for one person.
    name = "".join(secrets.choice(string.ascii_lowercase) for _ in range(12)).capitalize()
    async with _officers(stack) as officers:
        candidacy, _ = await officers.approve(Person("Fictif", name, categories=(category,)))
    return candidacy
