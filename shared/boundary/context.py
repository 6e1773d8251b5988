"""What the boundary of one application needs to know; built once by `shared.web.create_app`."""

from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.auth import Principal
from shared.messaging.event import Actor, Clock, Regime
from shared.messaging.notify import Notifier
from shared.messaging.outbox import CHANNEL
from shared.problems import Problem

PRINCIPAL = "inserre.principal"
"""Key of the ASGI scope under which the entrance puts who asks."""
BODY = "inserre.body"
"""Key of the ASGI scope under which the entrance puts the body's bytes, also when they are not valid JSON."""


@dataclass(frozen=True)
class Boundary:
    """One application's boundary.

    Args:
        engine: of the service's database.
        service: folder name below `services/`.
        site: code of the one site that the stack serves.
        secret: keys the fingerprints of requests, so that they tell nothing about short bodies.
        clock: gives the instant of each transaction.
        legal_basis: of the acts done through this application.
        regime: of data protection, of the same acts.
        refusals: the exceptions by which a command says no; they are no failures.
    """

    engine: AsyncEngine
    service: str
    site: str
    secret: bytes
    clock: Clock
    legal_basis: str
    regime: Regime
    refusals: tuple[type[Exception], ...] = (Problem,)
    readers: AsyncEngine = field(init=False)
    """The same engine; its transactions are READ ONLY."""
    notifier: Notifier = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "readers", self.engine.execution_options(postgresql_readonly=True))
        object.__setattr__(self, "notifier", Notifier(self.engine))

    @property
    def source(self) -> str:
        """`/<site>/<service>`."""
        return f"/{self.site}/{self.service}"

    def actor(self, principal: Principal) -> Actor:
        """In whose function the principal acts."""
        return Actor(principal.function, self.legal_basis, self.regime)

    def committed(self, channels: set[str]) -> None:
        """Wakes the relay, which runs in another process; whoever else waits there has a poll of its own."""
        if CHANNEL in channels:
            self.notifier.poke()
