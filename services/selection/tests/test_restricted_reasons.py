"""Reasons that the person may not be told lie apart, and only the signer and who decides an appeal reads them."""

from uuid import UUID

import sqlalchemy as sa

from services.selection import store
from services.selection.tables import restricted_reasons
from services.selection.tests.officers import GROUNDS, NOBODY, Api, problem
from services.selection.tests.test_hand_overs import hand_over
from shared.testing.kernel import Bench

SECRET = "Zzsecretzz"
INFORMING = {"Purpose": "informing_the_person"}


async def test_the_signer_and_the_competent_authority_read_them_with_a_purpose_and_it_is_noted(api: Api) -> None:
    decision = await api.refused(restricted_reasons=SECRET)
    path = f"/decisions/{decision['id']}/restricted-reasons"
    for headers in ({}, {"Purpose": "curiosity"}):
        assert problem(await api.see(path, by="decision_authority", **headers)) == (400, "purpose-missing")
    for reader in ("decision_authority", "appeal_authority"):
        read = await api.see(path, by=reader, Purpose="decision")
        assert (read.status_code, read.json()["words"]) == (200, SECRET)
        assert read.headers["cache-control"] == "no-store"
    noted = (await api.stored())["vault.identity_reads"]
    assert len(noted) == 2
    for line, reader in zip(noted, ("agent-2001", "agent-2003"), strict=True):
        assert reader in line
        assert decision["id"] in line
        assert "restricted-reasons" in line


async def test_nobody_else_reads_them(api: Api) -> None:
    decision = await api.refused(restricted_reasons=SECRET)
    path = f"/decisions/{decision['id']}/restricted-reasons"
    assert problem(await api.see(path, by="head_of_spip", Purpose="decision")) == (403, "reasons-restricted")
    for officer in ("spip", "registry", "origin_head", "site_head", "inspector", "operator", "placement_officer"):
        assert problem(await api.see(path, by=officer, Purpose="decision")) == (403, "role-missing")
    unknown = await api.see(f"/decisions/{NOBODY}/restricted-reasons", by="decision_authority", Purpose="decision")
    assert problem(unknown) == (404, "decision-unknown")
    async with api.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE candidacies SET establishment = 'MA-CHALONS'"))
    foreign = await api.see(path, by="head_of_spip", Purpose="decision")
    assert problem(foreign) == (404, "decision-unknown")
    assert (await api.stored())["vault.identity_reads"] == []


async def test_they_stand_in_no_other_table_answer_event_or_letter(api: Api, bench: Bench) -> None:
    candidacy_id = await api.assessed()
    body = {**GROUNDS, "reason_codes": ["OTHER"], "restricted_reasons": SECRET}
    path = f"/{candidacy_id}/refuse"
    answers = [await api.post(path, body | {SECRET: SECRET}, by="decision_authority")]
    signed = await api.post(path, body, by="decision_authority", key="one")
    assert signed.status_code == 201
    decision = signed.json()
    answers += [
        signed,
        await api.post(path, body, by="decision_authority", key="one"),
        await api.post(path, body, by="decision_authority"),
        await hand_over(api, decision),
        await api.get(f"/{candidacy_id}", Purpose="decision", by="decision_authority"),
        await api.get(f"/{candidacy_id}/journey"),
        await api.see(f"/candidacies/{candidacy_id}/decisions", by="decision_authority"),
        await api.see(f"/decisions/{decision['id']}/letter", by="decision_authority", **INFORMING),
        await api.see(f"/decisions/{decision['id']}/letter/easy", by="decision_authority", **INFORMING),
        await api.see(f"/decisions/{decision['id']}/restricted-reasons", by="spip", Purpose="decision"),
    ]
    assert [answer.status_code for answer in answers[-3:]] == [200, 200, 403]
    for answer in answers:
        assert SECRET not in answer.text
    # Not even that there is something.
    assert not any("restrict" in answer.text.lower() for answer in answers if answer.is_success)
    kept = {table for table, rows in (await api.stored()).items() if SECRET in "\n".join(rows)}
    assert kept == {"public.restricted_reasons"}
    for event in await bench.published():
        assert SECRET not in str(event)


async def test_a_decision_without_them_has_none_and_blank_ones_are_none(api: Api) -> None:
    for more in ({}, {"restricted_reasons": " \n"}):
        decision = await api.refused(**more)
        read = await api.see(
            f"/decisions/{decision['id']}/restricted-reasons", by="decision_authority", Purpose="decision"
        )
        assert (read.json()["words"], read.json()["digest"]) == (None, None)
    assert (await api.stored())["public.restricted_reasons"] == []


async def test_they_have_a_digest_of_their_own_that_shows_a_change(api: Api) -> None:
    decision = await api.refused(restricted_reasons=SECRET)
    decision_id = UUID(decision["id"])
    async with api.engine.connect() as conn:
        row = (await conn.execute(sa.select(restricted_reasons))).one()
        act = (await store.decision_row(conn, decision_id))._asdict()
    assert row.digest == store.restricted_digest(decision_id, SECRET)
    assert row.digest != store.restricted_digest(decision_id, SECRET + ".")
    assert act["act_digest"] == store.digest_of(act)
