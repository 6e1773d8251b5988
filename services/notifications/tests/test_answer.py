"""What follows from an answer."""

from datetime import timedelta
from email.utils import format_datetime
from random import Random

import pytest

from services.notifications.domain.answer import (
    LONGEST_PAUSE,
    PATIENCE,
    RETRIES,
    STANDARD,
    Again,
    Answer,
    Delivered,
    GivenUp,
    Outcome,
    Policy,
    decide,
)
from services.notifications.tests.builders import NOW


def decided(
    answer: Answer,
    *,
    attempt: int = 1,
    age: timedelta = timedelta(),
    failures: int = 0,
    policy: Policy = STANDARD,
) -> Outcome:
    since, rng = NOW - age, Random(1)
    return decide(answer, attempt=attempt, failures=failures, now=NOW, patient_since=since, rng=rng, policy=policy)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_delivers(status: int) -> None:
    assert decided(Answer(status)) == Delivered()


def test_410_ends_the_subscription() -> None:
    assert decided(Answer(410)) == GivenUp("endpoint_gone", disable=True)


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 413, 415, 429, 500, 502, 503, 599])
def test_any_other_status_is_tried_again(status: int) -> None:
    match decided(Answer(status)):
        case Again(at=at, pause=None):
            assert timedelta() <= at - NOW <= RETRIES[0]
        case other:
            pytest.fail(f"{status}: {other}")


@pytest.mark.parametrize(
    "error", ["timeout", "dns_failed", "connect_failed", "tls_failed", "disconnected", "egress_refused"]
)
def test_any_error_of_the_network_is_tried_again(error: str) -> None:
    assert isinstance(decided(Answer(error=error)), Again)


@pytest.mark.parametrize(
    ("error", "reached"),
    [
        ("timeout", True),
        ("disconnected", True),
        ("protocol_error", True),
        ("dns_failed", False),
        ("connect_failed", False),
        ("tls_failed", False),
        ("egress_refused", False),
        ("secret_unreadable", False),
        ("mailbox_gone", False),
        ("mail_refused", False),
        ("mail_deferred", False),
        ("login_refused", False),
    ],
)
def test_only_what_cannot_have_left_the_socket_counts_as_unread(error: str, reached: bool) -> None:
    assert Answer(error=error).reached is reached


def test_any_answer_counts_as_read() -> None:
    assert Answer(500).reached


@pytest.mark.parametrize("attempt", range(1, len(RETRIES) + 1))
def test_the_waits_are_anything_up_to_the_schedule(attempt: int) -> None:
    longest, waits = RETRIES[attempt - 1], []
    for seed in range(200):
        outcome = decide(Answer(500), attempt=attempt, failures=0, now=NOW, patient_since=NOW, rng=Random(seed))
        assert isinstance(outcome, Again)
        waits.append(outcome.at - NOW)
    assert timedelta() <= min(waits) < longest * 0.1
    assert longest * 0.9 < max(waits) <= longest


def test_two_deliveries_that_failed_together_do_not_come_back_together() -> None:
    rng = Random(1)
    one, other = (decide(Answer(500), attempt=3, failures=0, now=NOW, patient_since=NOW, rng=rng) for _ in range(2))
    assert one != other


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, None), (3, None), (4, 30), (5, 60), (8, 480), (9, 900), (1_000, 900)]
)
def test_an_endpoint_that_fails_on_end_is_left_alone_and_probed(failures: int, seconds: int | None) -> None:
    outcome = decided(Answer(500), failures=failures)
    assert isinstance(outcome, Again)
    if seconds is None:
        assert outcome.pause is None
    else:
        assert outcome.pause is not None
        assert seconds * 0.5 <= (outcome.pause - NOW).total_seconds() <= seconds


def test_an_endpoint_that_asks_for_more_quiet_than_a_probe_would_give_gets_it() -> None:
    outcome = decided(Answer(503, retry_after="3600"), failures=4)
    assert isinstance(outcome, Again)
    assert outcome.pause == NOW + timedelta(hours=1)


def test_after_the_last_wait_a_delivery_is_given_up() -> None:
    assert decided(Answer(500), attempt=len(RETRIES) + 1) == GivenUp("retries_exhausted")


def test_nothing_is_tried_again_after_three_days() -> None:
    assert decided(Answer(500), age=PATIENCE) == GivenUp("retries_exhausted")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ["120", " 120 ", format_datetime(NOW + timedelta(seconds=120), usegmt=True)])
def test_retry_after_pauses_the_endpoint_in_seconds_or_as_a_date(status: int, asked: str) -> None:
    until = NOW + timedelta(seconds=120)
    assert decided(Answer(status, retry_after=asked)) == Again(until, pause=until)


@pytest.mark.parametrize("asked", ["99999999999999999999", "864000"])
def test_an_endpoint_cannot_ask_for_more_quiet_than_a_day(asked: str) -> None:
    assert decided(Answer(429, retry_after=asked)) == Again(NOW + LONGEST_PAUSE, pause=NOW + LONGEST_PAUSE)


@pytest.mark.parametrize("asked", ["", "soon", "-5", "0", "1.5", "٣", format_datetime(NOW - timedelta(1), usegmt=True)])
def test_an_unreadable_or_past_retry_after_is_ignored(asked: str) -> None:
    outcome = decided(Answer(429, retry_after=asked))
    assert isinstance(outcome, Again)
    assert outcome.pause is None


def test_a_short_retry_after_does_not_shorten_the_schedule() -> None:
    asked, unasked = (decided(Answer(503, retry_after=said), attempt=3) for said in ("1", None))
    assert isinstance(asked, Again)
    assert isinstance(unasked, Again)
    assert asked.at == unasked.at


def test_retry_after_means_nothing_with_other_statuses() -> None:
    outcome = decided(Answer(500, retry_after="3600"))
    assert isinstance(outcome, Again)
    assert outcome.pause is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422, 451])
def test_a_partner_whose_4xx_are_meant_is_not_asked_again(status: int) -> None:
    assert decided(Answer(status), policy=Policy(insists=False)) == GivenUp("rejected")
    assert isinstance(decided(Answer(status)), Again)


def test_a_mail_refused_for_good_is_like_any_4xx_and_no_such_mailbox_is_like_410() -> None:
    refused, gone = Answer(error="mail_refused"), Answer(error="mailbox_gone")
    assert decided(refused, policy=Policy(insists=False)) == GivenUp("rejected")
    assert isinstance(decided(refused), Again)
    assert decided(gone) == GivenUp("endpoint_gone", disable=True)
    assert isinstance(decided(Answer(error="mail_deferred"), policy=Policy(insists=False)), Again)


@pytest.mark.parametrize("status", [301, 408, 409, 425, 429, 500, 503])
def test_what_passes_is_tried_again_whatever_the_policy(status: int) -> None:
    assert isinstance(decided(Answer(status), policy=Policy(insists=False)), Again)


def test_a_subscription_has_its_own_waits_and_patience() -> None:
    policy = Policy(waits=[timedelta(seconds=10), timedelta(seconds=20)], patience=timedelta(hours=1))
    assert isinstance(decided(Answer(500), attempt=2, policy=policy), Again)
    assert decided(Answer(500), attempt=3, policy=policy) == GivenUp("retries_exhausted")
    assert decided(Answer(500), age=timedelta(hours=1), policy=policy) == GivenUp("retries_exhausted")
