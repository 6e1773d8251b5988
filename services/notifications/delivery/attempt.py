"""What is done with one claim: it is sent, or why not is said; and what follows from the answer."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import structlog
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from yarl import URL

from services.notifications.delivery.lease import Claimed
from services.notifications.delivery.outcome import Ended
from services.notifications.delivery.settlement import Try
from services.notifications.domain import is_mailto
from services.notifications.domain.answer import Again, Answer, GivenUp, NotPermitted, Outcome, Policy, decide
from services.notifications.http.access import Accesses
from services.notifications.http.credentials import UNAUTHORISED, Withheld
from services.notifications.http.redaction import redacted
from services.notifications.http.send import Sender
from services.notifications.mail.mailer import Mailer
from shared.messaging.envelope import decode, restored
from shared.messaging.event import Clock
from shared.messaging.tracing import context_of, link_to, start

_log = structlog.get_logger()

REPLAY = "inserre-replay"
"""Header of attempts that a replay causes: its id, for people who look. Not signed: nobody may rely on it."""


class Attempts:
    """Makes attempts.

    Args:
        sender: what posts.
        mailer: what writes to mailboxes; None where nothing due to one is claimed.
        accesses: to endpoints.
        clock: the instant of each attempt.
        rng: for jitter.
    """

    def __init__(self, sender: Sender, mailer: Mailer | None, accesses: Accesses, clock: Clock, rng: Random) -> None:
        self._mailer = mailer
        self._sender, self._accesses, self._clock, self._rng = sender, accesses, clock, rng

    async def make(self, claimed: Claimed) -> Ended:
        """Sends a delivery, unless it must not be sent any more; never raises for what the partner does."""
        headers = restored(claimed.header_names, claimed.header_values)
        origin = context_of(headers)
        untried = self._untried(claimed)
        span = start("settle webhook", SpanKind.INTERNAL, context=origin) if untried else _client_span(claimed, origin)
        outcome, tried = (untried, None) if untried else await self._try(claimed, span)
        span.end()
        return Ended(claimed, outcome, tried, decode(headers), set_span_in_context(span))

    def _untried(self, claimed: Claimed) -> Outcome | None:
        if claimed.superseded:
            # Nothing is tried again: recording it turns it into a cancellation, and lets the retraction go.
            return Again(self._clock())
        if not claimed.active:
            return GivenUp("subscription_disabled")
        return NotPermitted(claimed.forbidden) if claimed.forbidden is not None else None

    async def _try(self, claimed: Claimed, span: Span) -> tuple[Outcome, Try]:
        started_at = self._clock()
        try:
            answer = await self._post(claimed)
        except Exception as error:
            # Whatever broke is an attempt that ended: left to its lease, it would be made anew for ever.
            _log.error("attempt broken off", delivery=str(claimed.id), reason=type(error).__name__)
            answer = Answer()
        if answer.status is not None:
            span.set_attribute("http.response.status_code", answer.status)
        accepted = answer.outcome == "accepted"
        if not accepted:
            span.set_attribute("error.type", answer.error or str(answer.status))
            span.set_status(Status(StatusCode.ERROR, answer.outcome))
        outcome = decide(
            answer,
            attempt=claimed.attempt - claimed.spent,
            failures=claimed.failures,
            now=self._clock(),
            patient_since=claimed.patient_since,
            rng=self._rng,
            policy=_policy(claimed, answer),
        )
        milliseconds = round(answer.duration / timedelta(milliseconds=1))
        head = None if accepted else redacted(answer.head)
        return outcome, Try(
            started_at, milliseconds, answer.outcome, answer.status, answer.reached, answer.timings, head
        )

    async def _post(self, claimed: Claimed) -> Answer:
        if self._mailer is not None and is_mailto(claimed.url):
            return await self._mailer.deliver(claimed.url, claimed.id, claimed.body)
        endpoint = claimed.endpoint
        try:
            access = await self._accesses.open(self._sender, endpoint)
        except Withheld as withheld:
            return Answer(error=withheld.code)
        headers = self._accesses.headers(access, claimed.id, claimed.body)
        if claimed.replay is not None:
            headers[REPLAY] = str(claimed.replay)
        answer = await self._sender.post(claimed.url, headers, claimed.body, access.shown.tls)
        return self._accesses.answered(endpoint, access, answer)


def _policy(claimed: Claimed, answer: Answer) -> Policy:
    """A token that is not accepted is no fault of the notice: another one is fetched for the next attempt."""
    spent = claimed.oauth2 is not None and answer.status == UNAUTHORISED
    return replace(claimed.policy, insists=True) if spent else claimed.policy


def _client_span(claimed: Claimed, origin: Context) -> Span:
    """The first attempt belongs to the trace of the decision; a retry, hours later, has its own, with a link."""
    first = claimed.attempt == 1
    # A mailbox is not named: it may be a person's.
    mail = is_mailto(claimed.url)
    http = {"http__request__method": "POST", "server__address": URL(claimed.url, encoded=True).host or ""}
    span = start(
        "send mail" if mail else "POST webhook",
        SpanKind.CLIENT,
        context=origin if first else Context(),
        links=[] if first else link_to(origin),
        **({} if mail else http),
        inserre__delivery__id=str(claimed.id),
    )
    span.set_attribute("inserre.delivery.attempt", claimed.attempt)
    return span
