"""The whole of role, state and act: what the table opens is open, and everything else is refused with what is."""

import itertools
from datetime import date

import pytest

from services.selection import domain
from services.selection.domain import Act, Refusal, Refused, Role, State
from services.selection.domain.transitions import TRANSITIONS
from services.selection.tests.test_domain import a_file

OF_DECISIONS = {Act.CLOSE_CHANGE, Act.LODGE_APPEAL, Act.ANSWER_APPEAL}
"""Open wherever a decision may have been taken."""

EXPECTED = {
    State.DRAFT: {
        Act.AMEND,
        Act.RECORD_CONSENT,
        Act.RECORD_PENAL,
        Act.GATHER,
        Act.SUBMIT,
        Act.WITHDRAW,
        Act.MERGE,
        Act.REASSIGN,
        Act.CHANGE_PRISON,
    },
    State.SUBMITTED: {
        Act.AMEND,
        Act.RECORD_CONSENT,
        Act.RECORD_PENAL,
        Act.GATHER,
        Act.ASSESS,
        Act.WITHDRAW,
        Act.LAPSE,
        Act.MERGE,
        Act.REASSIGN,
        Act.CHANGE_PRISON,
        *OF_DECISIONS,
    },
    State.ASSESSED: {
        Act.AMEND,
        Act.RECORD_CONSENT,
        Act.RECORD_PENAL,
        Act.GATHER,
        Act.ASSESS,
        Act.ADJOURN,
        Act.DEFER,
        Act.APPROVE,
        Act.REFUSE,
        Act.WITHDRAW,
        Act.LAPSE,
        Act.MERGE,
        Act.REASSIGN,
        Act.CHANGE_PRISON,
        *OF_DECISIONS,
    },
    State.DEFERRED: {
        Act.AMEND,
        Act.RECORD_CONSENT,
        Act.RECORD_PENAL,
        Act.GATHER,
        Act.RESUME,
        Act.REOPEN,
        Act.WITHDRAW,
        Act.LAPSE,
        Act.MERGE,
        Act.REASSIGN,
        Act.CHANGE_PRISON,
        *OF_DECISIONS,
    },
    State.APPROVED: {
        Act.RECORD_CONSENT,
        Act.RECORD_PENAL,
        Act.ADOPT_EXIT,
        Act.GATHER,
        Act.WITHDRAW,
        Act.OPEN_REVOCATION,
        Act.HEAR,
        Act.DROP_REVOCATION,
        Act.REVOKE,
        Act.LAPSE,
        Act.REASSIGN,
        *OF_DECISIONS,
    },
    State.REFUSED: {Act.WITHDRAW, Act.REOPEN, *OF_DECISIONS},
    State.WITHDRAWN: {Act.WITHDRAW, *OF_DECISIONS},
    State.REVOKED: {Act.WITHDRAW, Act.REOPEN, *OF_DECISIONS},
    State.LAPSED: {Act.WITHDRAW, Act.REOPEN, *OF_DECISIONS},
    State.MERGED: {Act.WITHDRAW},
}
"""Written by hand: the table must not be compared with itself."""

DECIDERS = {
    Act.ADOPT_EXIT,
    Act.ADJOURN,
    Act.DEFER,
    Act.APPROVE,
    Act.REFUSE,
    Act.REVOKE,
    Act.LAPSE,
    Act.CLOSE_CHANGE,
    Act.ANSWER_APPEAL,
    Act.REOPEN,
}


@pytest.mark.parametrize("state", State)
def test_a_state_opens_these_acts_and_refuses_all_others_naming_them(state: State) -> None:
    assert set(EXPECTED) == set(State)
    assert set(domain.open_acts(state)) == EXPECTED[state]
    for act in set(Act) - EXPECTED[state]:
        with pytest.raises(Refused) as refused:
            domain.next_state(state, act)
        assert refused.value.state == state.value
        assert set(refused.value.allowed) == {one.value for one in EXPECTED[state]}


def test_one_row_speaks_for_each_state_and_act() -> None:
    pairs = [(state, row.act) for row in TRANSITIONS for state in row.sources]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("act", Act)
def test_only_a_decision_authority_decides_and_nobody_else_prepares(act: Act) -> None:
    roles = set(domain.roles_for(act))
    assert roles
    if act in DECIDERS:
        assert roles == {"decision_authority"}
    elif act not in {Act.OPEN_REVOCATION, Act.DROP_REVOCATION}:
        assert "decision_authority" not in roles


def test_what_a_role_may_do_in_a_state_is_the_table_cut_by_the_role() -> None:
    for state, role in itertools.product(State, Role):
        mine = set(domain.open_acts(state, [role.value]))
        assert mine == {act for act in EXPECTED[state] if role.value in domain.roles_for(act)}
    assert domain.open_acts(State.ASSESSED, []) == []


@pytest.mark.parametrize(
    ("state", "act", "refusal"),
    [
        (State.DRAFT, Act.APPROVE, Refusal.STILL_A_DRAFT),
        (State.SUBMITTED, Act.APPROVE, Refusal.NOT_ASSESSED),
        (State.SUBMITTED, Act.SUBMIT, Refusal.ALREADY_SUBMITTED),
        (State.ASSESSED, Act.RESUME, Refusal.NOT_DEFERRED),
        (State.ASSESSED, Act.REVOKE, Refusal.NOT_DECIDED),
        (State.DEFERRED, Act.APPROVE, Refusal.CANDIDACY_DEFERRED),
        (State.APPROVED, Act.APPROVE, Refusal.ALREADY_DECIDED),
        (State.REFUSED, Act.APPROVE, Refusal.ALREADY_DECIDED),
        (State.WITHDRAWN, Act.APPROVE, Refusal.CANDIDACY_WITHDRAWN),
        (State.MERGED, Act.ASSESS, Refusal.CANDIDACY_MERGED),
    ],
)
def test_an_act_out_of_its_state_is_refused_by_name(state: State, act: Act, refusal: Refusal) -> None:
    with pytest.raises(Refused) as refused:
        domain.next_state(state, act)
    assert refused.value.refusal is refusal


REIMS, CHALONS, SITE, ALL = (domain.Scope("DON", one) for one in ("MA-REIMS", "MA-CHALONS", "DON", None))
ARRIVED = date(2027, 1, 11)


@pytest.mark.parametrize(
    ("scope", "arrived_on", "reads", "writes"),
    [
        (REIMS, None, True, True),
        (CHALONS, None, False, False),
        (SITE, None, False, False),
        (ALL, None, True, True),
        (REIMS, ARRIVED, True, False),
        (CHALONS, ARRIVED, False, False),
        (SITE, ARRIVED, True, True),
        (ALL, ARRIVED, True, True),
    ],
)
def test_a_file_belongs_to_its_origin_until_arrival_and_to_the_site_from_then_on(
    scope: domain.Scope, arrived_on: date | None, reads: bool, writes: bool
) -> None:
    file = a_file(establishment="MA-REIMS", arrived_on=arrived_on, state=State.APPROVED)
    found = []
    for check in (
        lambda: scope.check_read(file.establishment, file.arrived_on),
        lambda: domain.admit(file, Act.RECORD_PENAL, domain.Editor("agent", scope, None)),
    ):
        try:
            check()
            found.append(True)
        except Refused:
            found.append(False)
    assert found == [reads, writes]


def test_a_write_on_a_version_that_is_not_the_last_is_refused() -> None:
    file = a_file(version=7)
    assert domain.admit(file, Act.ASSESS, domain.Editor("agent", ALL, 7)) is State.ASSESSED
    for seen in (6, 8):
        with pytest.raises(Refused) as refused:
            domain.admit(file, Act.ASSESS, domain.Editor("agent", ALL, seen))
        assert refused.value.refusal is Refusal.STALE_VERSION


def test_whoever_works_on_a_file_joins_its_preparers_once() -> None:
    file = a_file()
    other = domain.Editor("cpip-2", ALL, None)
    assert domain.preparers_after(file, Act.AMEND, other) == ("cpip-1", "cpip-2")
    assert domain.preparers_after(file, Act.AMEND, domain.Editor("cpip-1", ALL, None)) == ("cpip-1",)
    assert domain.preparers_after(file, Act.WITHDRAW, other) == ("cpip-1",)
