"""The partner route over HTTP: what comes out, what never does, and the line that each question leaves."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.selection import store
from services.selection.domain import PartnerField, Withheld
from services.selection.tables import candidacies, disclosures, partner_references
from services.selection.tests.builders import Clock, a_reply
from services.selection.tests.officers import Api, problem
from shared.contracts.notifications import PartnerAlerted, PartnerConventionRecorded
from shared.contracts.notifications import PartnerField as Permitted
from shared.contracts.selection import PartnerCategory
from shared.testing.kernel import Bench

WHY = {"Purpose": "release_preparation"}
CANARIES = {
    "last_name": "Zzcanarynom",
    "first_names": "Zzcanaryprenom",
    "birth_date": "2003-03-03",
    "ecrou_number": "Zzcanary77",
    "sex": "F",
}
SHOWN = {
    "last_name": "Zzcanarynom",
    "first_names": "Zzcanaryprenom",
    "ecrou_number": "Zzcanary77",
    "projected_exit": "2028-11-23",
}
LAWFUL = {
    PartnerCategory.EMPLOYMENT_SERVICE: set(SHOWN),
    PartnerCategory.YOUTH_SERVICE: set(SHOWN),
    PartnerCategory.TRAINING_BODY: {"last_name", "first_names"},
    PartnerCategory.REGION: set[str](),
    PartnerCategory.SOCIAL_EMPLOYER: set[str](),
}


class Outside:
    """Partners as selection hears of them, and as they ask."""

    def __init__(self, api: Api, bench: Bench) -> None:
        self.api, self.bench = api, bench

    async def partner(
        self, category: PartnerCategory = PartnerCategory.EMPLOYMENT_SERVICE, *, version: int = 1, **overrides: Any
    ) -> UUID:
        """A partner whose convention permits all fields there are, whatever the law says of its category."""
        given = {
            "partner_id": uuid7(),
            "partner": "Service fictif",
            "category": category,
            "convention_from": date(2026, 1, 1),
            "convention_to": date(2029, 1, 1),
            "fields": tuple(Permitted),
            "window_months": 6,
        }
        event = PartnerConventionRecorded.model_validate(given | overrides)
        await self.bench.deliver(event, subject=event.partner_id, version=version)
        return event.partner_id

    async def told(self, partner: UUID, candidacy: str) -> str:
        """The partner was told of the person; gives the reference."""
        reference = f"r_{uuid7().hex}"
        alert = PartnerAlerted(
            **a_reply(UUID(candidacy), str(uuid7())),
            notice="candidacy.approved",
            partner="Service fictif",
            attempts=1,
            partner_id=partner,
            reference=reference,
        )
        delivery = uuid7()
        await self.bench.deliver(alert, subject=delivery)
        await self.bench.deliver(alert, subject=delivery, version=2)
        return reference

    async def ask(self, reference: str, partner: UUID | None, headers: dict[str, str] = WHY) -> httpx.Response:
        token = self.api.tokens.bearer("partner", partner=None if partner is None else str(partner))
        return await self.api.http.get(f"/v1/partner/references/{reference}", headers={**token, **headers})

    async def change(self, **values: object) -> None:
        """Brings the files into a state that other acts lead to."""
        async with self.api.engine.begin() as conn:
            await conn.execute(sa.update(candidacies).values(**values))

    async def lines(self) -> list[sa.Row[Any]]:
        """The disclosure log."""
        async with self.api.engine.connect() as conn:
            return list(await conn.execute(sa.select(disclosures).order_by(disclosures.c.id)))


@pytest.fixture
def outside(api: Api, bench: Bench) -> Outside:
    return Outside(api, bench)


async def a_resident(outside: Outside, clock: Clock, *, arrived: bool = True) -> str:
    """Somebody approved who said yes to every category and has arrived, in June of the year of the exit."""
    categories = [one.value for one in PartnerCategory]
    candidacy = await outside.api.assessed(identity=CANARIES, partner_categories=categories)
    assert (await outside.api.approve(candidacy)).status_code == 201
    if arrived:
        await outside.change(arrived_on=date(2027, 1, 11))
    clock.now = datetime(2028, 6, 1, 9, tzinfo=UTC)
    return candidacy


@pytest.mark.parametrize("category", list(PartnerCategory))
async def test_the_answer_has_exactly_the_fields_that_the_law_grants_the_category(
    outside: Outside, clock: Clock, category: PartnerCategory
) -> None:
    candidacy = await a_resident(outside, clock)
    partner = await outside.partner(category)
    answer = await outside.ask(await outside.told(partner, candidacy), partner)
    if LAWFUL[category]:
        assert answer.status_code == 200
        assert answer.json() == {"details": {name: SHOWN[name] for name in SHOWN if name in LAWFUL[category]}}
        assert answer.headers["cache-control"] == "no-store"
    else:
        assert problem(answer) == (404, "reference-unknown")
    kept_back = [CANARIES[name] for name in CANARIES if name not in LAWFUL[category]]
    # One letter is in any answer; the sex has no field of its own to come out by.
    assert not [one for one in kept_back if len(one) > 1 and one in answer.text]


async def test_a_convention_permits_less_than_the_law_when_it_says_so(outside: Outside, clock: Clock) -> None:
    candidacy = await a_resident(outside, clock)
    partner = await outside.partner(fields=[Permitted.FIRST_NAMES])
    answer = await outside.ask(await outside.told(partner, candidacy), partner)
    assert answer.json() == {"details": {"first_names": "Zzcanaryprenom"}}


async def test_each_read_leaves_who_learned_what_of_whom_when_why_and_on_which_basis(
    outside: Outside, clock: Clock
) -> None:
    candidacy = await a_resident(outside, clock)
    partner = await outside.partner()
    reference = await outside.told(partner, candidacy)
    assert (await outside.ask(reference, partner)).status_code == 200
    (line,) = await outside.lines()
    assert (line.partner_id, line.reader, line.reference) == (partner, "partner-9001", reference)
    assert line.fields == [one.value for one in PartnerField]
    assert (line.purpose, line.outcome, line.at) == ("release_preparation", "shown", clock.now)
    assert line.basis == "R240-6 12° Code pénitentiaire; convention 2026-01-01/2029-01-01"
    assert not [one for one in SHOWN.values() if one in str(line)], "names of fields, never their content"


REFUSED: list[tuple[dict[str, object], Withheld]] = [
    ({"arrived_on": None}, Withheld.NOT_ARRIVED),
    ({"departed_on": date(2028, 5, 30)}, Withheld.DEPARTED),
    ({"consent_withdrawn_on": date(2028, 5, 30)}, Withheld.NO_CONSENT),
    ({"partner_categories": ["region"]}, Withheld.CATEGORY_NOT_AGREED),
    ({"state": "revoked"}, Withheld.NOT_APPROVED),
    ({"sentence_end": date(2029, 6, 1)}, Withheld.OUT_OF_WINDOW),
]


async def test_every_refusal_that_depends_on_a_person_is_the_same_answer_and_is_noted(
    outside: Outside, clock: Clock
) -> None:
    candidacy = await a_resident(outside, clock)
    partner, other = await outside.partner(), await outside.partner()
    youth = await outside.partner(PartnerCategory.YOUTH_SERVICE)
    reference, of_youth = await outside.told(partner, candidacy), await outside.told(youth, candidacy)
    async with outside.api.engine.connect() as conn:
        before = (await conn.execute(sa.select(candidacies))).one()._asdict()
    answers, causes = [], []
    for fact, cause in REFUSED:
        await outside.change(**fact)
        answers.append(await outside.ask(reference, partner))
        await outside.change(**{name: before[name] for name in fact})
        causes.append(cause)
    answers.append(await outside.ask(reference, other))
    answers.append(await outside.ask(f"r_{uuid7().hex}", partner))
    async with outside.api.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE vault.identities SET birth_date = '2002-06-01'"))
    answers.append(await outside.ask(of_youth, youth))
    causes += [Withheld.REFERENCE_OF_ANOTHER, Withheld.REFERENCE_UNKNOWN, Withheld.OVER_AGE]
    assert {problem(answer) for answer in answers} == {(404, "reference-unknown")}
    assert len({answer.text for answer in answers}) == 1
    lines = await outside.lines()
    assert [line.outcome for line in lines] == [cause.value for cause in causes]
    assert all(line.fields == [] for line in lines)
    assert [line.person_id is None for line in lines] == [cause is Withheld.REFERENCE_UNKNOWN for cause in causes]
    assert (await outside.ask(reference, partner)).status_code == 200, "nothing but the fact of each row had closed it"


async def test_an_ended_convention_says_so_whatever_the_reference_is_and_is_noted(
    outside: Outside, clock: Clock
) -> None:
    candidacy = await a_resident(outside, clock)
    partner, stranger = await outside.partner(convention_to=date(2028, 6, 1)), uuid7()
    reference = await outside.told(partner, candidacy)
    for asked, by in ((reference, partner), ("r_none", partner), (reference, stranger), ("r_none", stranger)):
        assert problem(await outside.ask(asked, by)) == (403, "convention-ended")
    assert [line.outcome for line in await outside.lines()] == ["convention_ended"] * 4
    assert [line.basis is None for line in await outside.lines()] == [False, False, True, True]


async def test_what_cannot_be_noted_is_not_shown(outside: Outside, clock: Clock) -> None:
    candidacy = await a_resident(outside, clock)
    partner = await outside.partner()
    reference = await outside.told(partner, candidacy)
    async with outside.api.engine.begin() as conn:
        await conn.execute(sa.text("ALTER TABLE vault.disclosures ADD CHECK (false) NOT VALID"))
    answer = await outside.ask(reference, partner)
    assert problem(answer) == (500, "internal-error")
    assert "canary" not in answer.text


async def test_a_question_without_purpose_partner_or_role_is_not_even_asked(outside: Outside, clock: Clock) -> None:
    candidacy = await a_resident(outside, clock)
    partner = await outside.partner()
    reference = await outside.told(partner, candidacy)
    for headers in ({}, {"Purpose": ""}, {"Purpose": "assessment"}, {"Purpose": "curiosity"}):
        assert problem(await outside.ask(reference, partner, headers)) == (400, "purpose-missing")
    assert problem(await outside.ask(reference, None)) == (403, "partner-missing")
    for officer in ("spip", "decision_authority", "partner_admin", "inspector", "operator"):
        token = outside.api.tokens.bearer(officer, partner=str(partner))
        answer = await outside.api.http.get(f"/v1/partner/references/{reference}", headers={**token, **WHY})
        assert problem(answer) == (403, "role-missing")
    assert await outside.lines() == []


async def test_a_partners_token_opens_no_other_route(outside: Outside, clock: Clock) -> None:
    candidacy = await a_resident(outside, clock)
    token = outside.api.tokens.bearer("partner", partner=str(await outside.partner()))
    for path in ("", "/journey", "/disclosures"):
        headers = {**token, "Purpose": "assessment"}
        answer = await outside.api.http.get(f"/v1/candidacies/{candidacy}{path}", headers=headers)
        assert problem(answer) == (403, "role-missing")


async def test_what_was_sent_for_a_reference_is_kept_only_if_it_is_one(outside: Outside, clock: Clock) -> None:
    await a_resident(outside, clock)
    partner = await outside.partner()
    for sent in ("Zzcanarynom", "x" * 4000, "..%2F..", "%F0%9F%92%A9"):
        assert problem(await outside.ask(sent, partner)) in {(404, "reference-unknown"), (404, "not-found")}
    assert all(line.reference is None for line in await outside.lines())
    assert problem(await outside.ask("a%00b", partner))[0] == 422


async def test_an_officer_sees_who_learned_what_the_newest_first(outside: Outside, clock: Clock) -> None:
    candidacy = await a_resident(outside, clock, arrived=False)
    partner = await outside.partner(PartnerCategory.TRAINING_BODY)
    reference = await outside.told(partner, candidacy)
    await outside.ask(reference, partner)
    await outside.change(arrived_on=date(2027, 1, 11))
    await outside.ask(reference, partner, {"Purpose": "training_admission"})
    for officer in ("spip", "origin_head", "registry", "inspector"):
        first = (await outside.api.get(f"/{candidacy}/disclosures?limit=1", by=officer)).json()
        assert first["items"] == [
            {
                "at": "2028-06-01T09:00:00Z",
                "partner_id": str(partner),
                "partner": "Service fictif",
                "reader": "partner-9001",
                "fields": ["last_name", "first_names"],
                "purpose": "training_admission",
                "basis": "R240-6 20° Code pénitentiaire; convention 2026-01-01/2029-01-01",
                "outcome": "shown",
            }
        ]
        path = f"/{candidacy}/disclosures?limit=2&cursor={first['next_cursor']}"
        rest = (await outside.api.get(path, by=officer)).json()
        assert [(one["outcome"], one["fields"]) for one in rest["items"]] == [("not_arrived", [])]
        assert rest["next_cursor"] is None
    for officer in ("placement_officer", "training_lead", "companion", "partner_admin", "operator"):
        assert problem(await outside.api.get(f"/{candidacy}/disclosures", by=officer)) == (403, "role-missing")
    assert problem(await outside.api.get(f"/{candidacy}/disclosures", by="origin_spip")) == (404, "candidacy-unknown")


async def test_one_persons_log_has_no_line_of_another(outside: Outside, clock: Clock) -> None:
    candidacy = await a_resident(outside, clock)
    other = await outside.api.create()
    partner = await outside.partner()
    await outside.ask(await outside.told(partner, candidacy), partner)
    await outside.ask("r_none", partner)
    assert (await outside.api.get(f"/{other}/disclosures")).json()["items"] == []
    assert len((await outside.api.get(f"/{candidacy}/disclosures")).json()["items"]) == 1


async def test_a_newer_convention_replaces_an_older_one_and_never_the_other_way_round(
    outside: Outside, bench: Bench
) -> None:
    partner = await outside.partner(version=2, window_months=3)

    async def recorded(version: int, window_months: int) -> int | None:
        async with bench.transaction() as tx:
            known = await store.convention_of(tx.conn, partner)
            assert known is not None
            newer = replace(known, window_months=window_months)
            await store.record_convention(tx.conn, partner, "Service fictif", newer, version)
            kept = await store.convention_of(tx.conn, partner)
            assert kept is not None
            return kept.window_months

    assert [await recorded(1, 9), await recorded(2, 9), await recorded(3, 4)] == [3, 3, 4]


async def test_a_reference_keeps_the_meaning_that_it_was_told_with(outside: Outside, clock: Clock) -> None:
    candidacy = await a_resident(outside, clock)
    partner, thief = await outside.partner(), await outside.partner()
    reference = await outside.told(partner, candidacy)
    again = PartnerAlerted(
        **a_reply(uuid7(), str(uuid7())), notice="candidacy.approved", partner="Autre", attempts=1
    ).model_copy(update={"partner_id": thief, "reference": reference})
    await outside.bench.deliver(again, subject=uuid7())
    assert (await outside.ask(reference, partner)).status_code == 200
    assert problem(await outside.ask(reference, thief)) == (404, "reference-unknown")


async def test_an_alert_from_before_references_were_told_still_counts_in_the_journey(
    outside: Outside, clock: Clock
) -> None:
    candidacy = await a_resident(outside, clock)
    old = PartnerAlerted(
        **a_reply(UUID(candidacy), str(uuid7())), notice="candidacy.approved", partner="Ancien", attempts=1
    )
    await outside.bench.deliver(old, subject=uuid7())
    await outside.told(await outside.partner(), candidacy)
    steps = (await outside.api.get(f"/{candidacy}/journey")).json()["steps"]
    details = [step["detail"] for step in steps if step["step"].startswith("partners/")]
    assert [set(detail) for detail in details] == [{"notice", "partner", "attempts"}] * 2
    async with outside.api.engine.connect() as conn:
        assert len((await conn.execute(sa.select(partner_references))).all()) == 1
