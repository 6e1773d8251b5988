"""What both sides offer to whoever measures them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol
from uuid import UUID


class Approval(NamedTuple):
    """A request that is ready to be sent."""

    candidacy: UUID
    url: str
    headers: Mapping[str, str]
    body: bytes


class Side(Protocol):
    """The platform or its floor."""

    name: str
    inbox: str
    """The partner's, where this side's notices arrive."""

    async def start(self) -> None:
        """Starts its processes; returns when they work."""

    async def stop(self) -> None:
        """Ends its processes; data stays."""

    async def prepare(self, count: int) -> list[Approval]:
        """Candidacies that wait for a signature."""
        ...

    @property
    def pids(self) -> dict[str, int]:
        """Its own processes by name: neither servers nor what plays the partner."""
        ...

    async def settled(self, candidacies: Iterable[UUID]) -> int:
        """How many of them have bed and seat, and a partner who was told, all of it in the journey."""
        ...

    async def deliveries(self, candidacies: Iterable[UUID]) -> dict[str, UUID]:
        """Whom each webhook id is about."""
        ...
