"""Who reads and who changes which part of a file: the whole of role and group, written by hand."""

import itertools

import pytest
import sqlalchemy as sa

from services.selection import domain
from services.selection.domain import Act, Group, Refusal, Refused
from services.selection.tests.officers import GROUNDS, Api, problem

ROLES = (
    "spip",
    "registry",
    "head",
    "decision_authority",
    "inspector",
    "placement_officer",
    "training_lead",
    "companion",
    "partner_admin",
    "operator",
    "portal",
)

EXPECTED = {
    # group: (reads, writes), each by the initials of spip, registry, head, decision authority, inspector
    Group.IDENTITY: ("srhd", "srh"),
    Group.PENAL: ("srhdi", "sr"),
    Group.CONSENT: ("srhdi", "sh"),
    Group.WISHES: ("srhdi", "sh"),
    Group.ADVICE_WORDS: ("srhd", "srh"),
    Group.INTERVIEW_WORDS: ("shd", "sh"),
    Group.DECISION_REASONS: ("srhdi", "d"),
    Group.RESTRICTED_REASONS: ("d", "d"),
    Group.LETTERS: ("srhd", "d"),
}
INITIALS = {"spip": "s", "registry": "r", "head": "h", "decision_authority": "d", "inspector": "i"}


@pytest.mark.parametrize(("role", "group"), list(itertools.product(ROLES, Group)))
def test_a_role_reads_and_writes_these_groups_and_no_others(role: str, group: Group) -> None:
    reads, writes = EXPECTED[group]
    initial = INITIALS.get(role)
    assert (group in domain.readable([role])) == (initial is not None and initial in reads)
    try:
        domain.check_fields([role], [group])
        allowed = True
    except Refused:
        allowed = False
    assert allowed == (initial is not None and initial in writes)


def test_no_role_at_all_reads_and_writes_nothing() -> None:
    assert domain.readable([]) == frozenset()
    for group in Group:
        with pytest.raises(Refused) as refused:
            domain.check_fields([], [group])
        assert refused.value.refusal is Refusal.FIELD_NOT_YOURS


def test_one_group_that_is_not_theirs_refuses_the_whole_change() -> None:
    domain.check_fields(["registry"], [Group.IDENTITY])
    with pytest.raises(Refused):
        domain.check_fields(["registry"], [Group.IDENTITY, Group.WISHES])
    domain.check_fields(["registry", "head"], [Group.IDENTITY, Group.WISHES])


def test_the_routes_roles_and_the_matrix_agree() -> None:
    assert domain.roles_for(Act.RECORD_PENAL) == domain.writers(Group.PENAL)
    assert domain.roles_for(Act.RECORD_CONSENT) == domain.writers(Group.CONSENT)
    assert domain.roles_for(Act.AMEND) == domain.writers(Group.IDENTITY, Group.WISHES)
    assert domain.readers() == ("decision_authority", "head", "inspector", "registry", "spip")


async def test_an_inspector_sees_what_was_done_and_not_to_whom(api: Api) -> None:
    candidacy_id = await api.assessed()
    assert (await api.approve(candidacy_id)).status_code == 201
    shown = (await api.get(f"/{candidacy_id}", by="inspector", Purpose="control")).json()
    assert shown["identity"] is None
    assert shown["decision"]["reasons"] == GROUNDS["reasons"]
    assert shown["sentence_end"] == "2028-11-23"
    assert shown["next"] == []
    assert set(shown["groups"]) == {"penal", "consent", "wishes", "decision_reasons"}
    assert "Fictif" not in str(shown)
    (logged,) = (await api.stored())["vault.identity_reads"]
    assert "agent-7001" in logged
    assert "control" in logged


async def test_each_reader_is_told_what_they_may_do_now(api: Api) -> None:
    candidacy_id = await api.create()
    seen = {}
    for officer in ("spip", "registry", "origin_head", "decision_authority"):
        answer = await api.get(f"/{candidacy_id}", by=officer, Purpose="assessment")
        assert answer.json()["identity"]["ecrou_number"] == "000123"
        seen[officer] = set(answer.json()["next"])
    assert {"amend", "record_penal", "record_consent", "assess", "withdraw"} <= seen["spip"]
    assert "record_penal" in seen["registry"]
    assert "record_consent" not in seen["registry"]
    assert "record_penal" not in seen["origin_head"]
    assert seen["decision_authority"] == {"answer_appeal", "close_change", "lapse"}


async def test_the_origin_may_still_read_and_do_nothing_once_the_person_has_arrived(api: Api) -> None:
    candidacy_id = await api.assessed()
    await api.approve(candidacy_id)
    async with api.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE candidacies SET arrived_on = '2026-11-23'"))
    answer = await api.get(f"/{candidacy_id}", Purpose="assessment")
    assert (answer.status_code, answer.json()["next"]) == (200, [])
    assert problem(await api.change("PUT", f"/{candidacy_id}/consent/partners", {"answers": {"region": False}})) == (
        403,
        "passed-to-site",
    )
