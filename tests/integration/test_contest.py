"""A refusal that its person can understand and contest: letter, hand-over, appeal and reversal on the real services."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.console import Answer
from deploy.local.officers import Officers
from deploy.local.papers import GROUNDS, Person

# All journeys share one stack, so one worker runs them.
pytestmark = pytest.mark.xdist_group("stack")

RESTRICTED = "Canarisource protégée"


async def refused(officers: Officers, candidacy: str) -> dict[str, Any]:
    body = {**GROUNDS, "reason_codes": ["PROJECT_INSUFFICIENT"], "restricted_reasons": RESTRICTED}
    decision: dict[str, Any] = (await officers.act("decision_authority", candidacy, "refuse", body)).body
    return decision


async def letter(officers: Officers, decision: str, part: str = "letter") -> str:
    purpose = {"Purpose": "informing_the_person"}
    shown = await officers.must("spip", "GET", "selection", f"/v1/decisions/{decision}/{part}", headers=purpose)
    return str(shown.body)


async def test_a_refused_person_reads_why_appeals_and_is_approved_after_the_reversal(
    officers: Officers,
) -> None:
    candidacy = await officers.prepare(Person("Marneffe", uuid4().hex[:8], categories=()))
    decision = await refused(officers, candidacy)
    number = decision["decision_number"]
    for part in ("letter", "letter/easy"):
        text = await letter(officers, decision["id"], part)
        assert '<html lang="fr">' in text
        assert "Marneffe" in text
        assert RESTRICTED not in text
    appeal = {
        "decision_number": number,
        "lodged_on": officers.today.isoformat(),
        "channel": "letter",
        "grounds": "Non.",
    }

    given = {"handed_on": officers.today.isoformat(), "outcome": "signed"}
    path = f"/v1/decisions/{decision['id']}/hand-over"
    handed = (await officers.must("registry", "POST", "selection", path, given)).body["hand_over"]
    assert handed["appeal_until"] >= (officers.today + timedelta(days=58)).isoformat()
    again = await officers.call("registry", "POST", "selection", path, given)
    assert (again.status, again.body["code"]) == (409, "already-handed-over")

    lodged = await officers.act("spip", candidacy, "appeals", appeal)
    own = await _answer(officers, "decision_authority", candidacy, lodged, "reversed")
    assert (own.status, own.body["code"]) == (403, "appeal-by-first-decider")
    reversed_ = await _answer(officers, "director", candidacy, lodged, "reversed")
    assert (reversed_.status, reversed_.body["state"]) == (200, "submitted")

    await officers.act("spip", candidacy, "assess")
    signed = await officers.sign(candidacy, await officers.preview(candidacy))
    assert signed.body["kind"] == "approved"
    decisions = await officers.must("spip", "GET", "selection", f"/v1/candidacies/{candidacy}/decisions")
    assert [one["kind"] for one in decisions.body["items"]] == ["approved", "refused"]


async def test_an_upheld_refusal_stands_and_each_request_of_the_person_has_its_receipt(officers: Officers) -> None:
    candidacy = await officers.prepare(Person("Crevel", uuid4().hex[:8], categories=()))
    number = (await refused(officers, candidacy))["decision_number"]
    appeal = {"decision_number": number, "lodged_on": officers.today.isoformat(), "channel": "letter"}
    lodged = await officers.act("spip", candidacy, "appeals", appeal)
    upheld = await _answer(officers, "appeal_authority", candidacy, lodged, "upheld")
    assert (upheld.status, upheld.body["state"]) == (200, "refused")
    receipts = await officers.must("spip", "GET", "selection", f"/v1/candidacies/{candidacy}/receipts")
    assert {one["kind"] for one in receipts.body["items"]} == {"submission", "appeal"}


async def _answer(officers: Officers, officer: str, candidacy: str, lodged: Answer, outcome: str) -> Answer:
    path = f"/v1/candidacies/{candidacy}/appeals/{lodged.body['id']}/decide"
    seen = {"If-Match": f'"{lodged.body["version"]}"'}
    answer = {"outcome": outcome, "reasons": "Le projet a été réexaminé."}
    return await officers.call(officer, "POST", "selection", path, answer, headers=seen)
