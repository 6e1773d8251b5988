"""Who may do what to a candidacy, and when: the one table that routes, handlers, tests and the diagram read.

What is not in the table is refused, with the state and the acts that are open in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.selection.domain.acts import Act, Role, State
from services.selection.domain.refusal import Refusal, Refused


@dataclass(frozen=True)
class Transition:
    """One row of the table.

    Args:
        act: what is done.
        sources: the states in which it is open.
        target: the state afterwards; None leaves it as it is.
        roles: any one of them may do it.
        needs: why it may still be refused, beside state and role.
    """

    act: Act
    sources: frozenset[State]
    target: State | None
    roles: frozenset[Role]
    needs: tuple[Refusal, ...] = ()


_PREPARING = (State.DRAFT, State.SUBMITTED, State.ASSESSED, State.DEFERRED)
OPEN = frozenset({*_PREPARING, State.APPROVED})
"""States of a file that somebody still works on; a person has one such file at most."""
_CLOSED = frozenset(State) - OPEN
_DECIDABLE = frozenset(State) - {State.DRAFT, State.MERGED}
"""States of a file on which some decision may have been taken."""
_WORKERS = (Role.SPIP, Role.REGISTRY, Role.HEAD)
_SIGNED = (
    Refusal.REASONS_MISSING,
    Refusal.AUTHORITY_MISSING,
    Refusal.DELEGATION_MISSING,
    Refusal.DELEGATION_OUT_OF_SCOPE,
    Refusal.DECISION_BY_PREPARER,
)
_ANSWERED = (
    Refusal.REASONS_MISSING,
    Refusal.DECISION_BY_PREPARER,
    Refusal.APPEAL_UNKNOWN,
    Refusal.APPEAL_IS_DECIDED,
    Refusal.APPEAL_BY_FIRST_DECIDER,
)


def _row(
    act: Act,
    sources: Iterable[State],
    target: State | None,
    roles: Iterable[Role],
    needs: tuple[Refusal, ...] = (),
) -> Transition:
    return Transition(act, frozenset(sources), target, frozenset(roles), needs)


TRANSITIONS: tuple[Transition, ...] = (
    _row(Act.AMEND, _PREPARING, None, _WORKERS, (Refusal.IMPOSSIBLE_DATES, Refusal.FIELD_NOT_YOURS)),
    _row(
        Act.RECORD_CONSENT,
        OPEN,
        None,
        (Role.SPIP, Role.HEAD),
        (Refusal.IMPOSSIBLE_DATES, Refusal.CONSENT_TEXT_UNKNOWN),
    ),
    _row(Act.RECORD_PENAL, OPEN, None, (Role.SPIP, Role.REGISTRY), (Refusal.IMPOSSIBLE_DATES,)),
    _row(
        Act.GATHER,
        OPEN,
        None,
        _WORKERS,
        (
            Refusal.IMPOSSIBLE_DATES,
            Refusal.ADVICE_UNKNOWN,
            Refusal.ADVICE_NOT_AWAITED,
            Refusal.ADVICE_BY_SITTING,
            Refusal.NOT_OF_THE_SITE,
            Refusal.SITTING_UNKNOWN,
            Refusal.SITTING_HELD,
            Refusal.NO_QUORUM,
            Refusal.NOT_ON_AGENDA,
        ),
    ),
    _row(Act.SUBMIT, (State.DRAFT,), State.SUBMITTED, _WORKERS, (Refusal.FILE_INCOMPLETE,)),
    _row(Act.ASSESS, (State.SUBMITTED, State.ASSESSED), State.ASSESSED, (Role.SPIP, Role.REGISTRY)),
    _row(Act.ADJOURN, (State.ASSESSED,), State.SUBMITTED, (Role.DECISION_AUTHORITY,), _SIGNED),
    _row(
        Act.DEFER,
        (State.ASSESSED,),
        State.DEFERRED,
        (Role.DECISION_AUTHORITY,),
        (*_SIGNED, Refusal.IMPOSSIBLE_DATES),
    ),
    _row(Act.RESUME, (State.DEFERRED,), State.SUBMITTED, (Role.SPIP, Role.REGISTRY)),
    _row(
        Act.APPROVE,
        (State.ASSESSED,),
        State.APPROVED,
        (Role.DECISION_AUTHORITY,),
        (
            *_SIGNED,
            Refusal.OPINION_UNKNOWN,
            Refusal.OPINION_NOT_FAVOURABLE,
            Refusal.OPINION_STALE,
            Refusal.MINISTER_DECIDES,
            Refusal.POINTS_NOT_EXAMINED,
            Refusal.ADVICE_MISSING,
            Refusal.URGENCY_WITHOUT_REASONS,
            Refusal.PLANNED_ENTRY_PASSED,
            Refusal.EFFECTS_CHANGED,
        ),
    ),
    _row(
        Act.REFUSE,
        (State.ASSESSED,),
        State.REFUSED,
        (Role.DECISION_AUTHORITY,),
        (*_SIGNED, Refusal.ADVICE_MISSING, Refusal.URGENCY_WITHOUT_REASONS),
    ),
    _row(
        Act.ADOPT_EXIT,
        (State.APPROVED,),
        None,
        (Role.DECISION_AUTHORITY,),
        (
            Refusal.REASONS_MISSING,
            Refusal.DECISION_BY_PREPARER,
            Refusal.NOTHING_TO_ADOPT,
            Refusal.IMPOSSIBLE_DATES,
            Refusal.PERSON_HAS_ARRIVED,
        ),
    ),
    # Never refused: before arrival it ends the file, afterwards it asks for a change of assignment, and of a closed
    # file it records that the consent is gone.
    _row(Act.WITHDRAW, OPEN, State.WITHDRAWN, _WORKERS),
    _row(Act.WITHDRAW, _CLOSED, None, _WORKERS),
    _row(
        Act.OPEN_REVOCATION,
        (State.APPROVED,),
        None,
        (Role.HEAD, Role.DECISION_AUTHORITY),
        (Refusal.REASONS_MISSING, Refusal.REVOCATION_UNDER_WAY, Refusal.IMPOSSIBLE_DATES),
    ),
    _row(Act.HEAR, (State.APPROVED,), None, _WORKERS, (Refusal.REVOCATION_NOT_OPEN, Refusal.IMPOSSIBLE_DATES)),
    _row(
        Act.DROP_REVOCATION,
        (State.APPROVED,),
        None,
        (Role.HEAD, Role.DECISION_AUTHORITY),
        (Refusal.REASONS_MISSING, Refusal.REVOCATION_NOT_OPEN),
    ),
    _row(
        Act.REVOKE,
        (State.APPROVED,),
        State.REVOKED,
        (Role.DECISION_AUTHORITY,),
        (*_SIGNED, Refusal.REVOCATION_NOT_OPEN, Refusal.OBSERVATIONS_AWAITED, Refusal.PERSON_HAS_ARRIVED),
    ),
    _row(
        Act.LAPSE,
        (State.SUBMITTED, State.ASSESSED, State.DEFERRED, State.APPROVED),
        State.LAPSED,
        (Role.DECISION_AUTHORITY,),
        (*_SIGNED, Refusal.NOT_ON_REVIEW_LIST, Refusal.PERSON_HAS_ARRIVED),
    ),
    _row(Act.MERGE, _PREPARING, State.MERGED, (Role.SPIP, Role.REGISTRY), (Refusal.NOT_A_DOUBLE,)),
    _row(
        Act.CLOSE_CHANGE,
        _DECIDABLE,
        None,
        (Role.DECISION_AUTHORITY,),
        (Refusal.REASONS_MISSING, Refusal.DECISION_BY_PREPARER, Refusal.CHANGE_UNKNOWN, Refusal.CHANGE_IS_CLOSED),
    ),
    _row(
        Act.LODGE_APPEAL,
        _DECIDABLE,
        None,
        _WORKERS,
        (
            Refusal.DECISION_NOT_CONTESTABLE,
            Refusal.APPEAL_UNDER_WAY,
            Refusal.APPEAL_OUT_OF_TIME,
            Refusal.IMPOSSIBLE_DATES,
        ),
    ),
    _row(Act.ANSWER_APPEAL, _DECIDABLE, None, (Role.DECISION_AUTHORITY,), _ANSWERED),
    _row(
        Act.REOPEN,
        (State.DEFERRED, State.REFUSED, State.REVOKED, State.LAPSED),
        State.SUBMITTED,
        (Role.DECISION_AUTHORITY,),
        (*_ANSWERED, Refusal.OTHER_FILE_OPEN),
    ),
    _row(Act.REASSIGN, OPEN, None, (Role.SPIP, Role.HEAD)),
    _row(Act.CHANGE_PRISON, _PREPARING, None, _WORKERS),
)

_BY_STATE_AND_ACT: Mapping[tuple[State, Act], Transition] = {
    (state, row.act): row for row in TRANSITIONS for state in row.sources
}
_WHY_NOT: Mapping[State, Refusal] = {
    State.DRAFT: Refusal.STILL_A_DRAFT,
    State.SUBMITTED: Refusal.NOT_ASSESSED,
    State.ASSESSED: Refusal.ALREADY_SUBMITTED,
    State.DEFERRED: Refusal.CANDIDACY_DEFERRED,
    State.APPROVED: Refusal.ALREADY_DECIDED,
    State.REFUSED: Refusal.ALREADY_DECIDED,
    State.WITHDRAWN: Refusal.CANDIDACY_WITHDRAWN,
    State.REVOKED: Refusal.ALREADY_DECIDED,
    State.LAPSED: Refusal.ALREADY_DECIDED,
    State.MERGED: Refusal.CANDIDACY_MERGED,
}
_DECIDED = frozenset({State.APPROVED, State.REFUSED, State.REVOKED, State.LAPSED})
_OF_DECISIONS = frozenset({Act.REVOKE, Act.OPEN_REVOCATION, Act.HEAR, Act.DROP_REVOCATION, Act.REOPEN})


def next_state(state: State, act: Act) -> State:
    """The state after the act.

    Raises:
        Refused: the act is not open in this state; names the state and the acts that are.
    """
    row = _BY_STATE_AND_ACT.get((state, act))
    if row is None:
        raise Refused(_why_not(state, act), state=state.value, allowed=[one.value for one in open_acts(state)])
    return row.target or state


def open_acts(state: State, roles: Iterable[str] | None = None) -> list[Act]:
    """The acts that are open in a state, in the order of the table.

    Args:
        state: of the candidacy.
        roles: of a token, to leave out what these may not do; None leaves nothing out.
    """
    held = None if roles is None else frozenset(roles)
    return [
        row.act
        for row in TRANSITIONS
        if state in row.sources and (held is None or held & {role.value for role in row.roles})
    ]


def roles_for(act: Act) -> tuple[str, ...]:
    """The roles that may do the act in some state: what its route names."""
    return tuple(sorted({role.value for row in TRANSITIONS if row.act is act for role in row.roles}))


def _why_not(state: State, act: Act) -> Refusal:
    if act in _OF_DECISIONS and state not in _DECIDED:
        return Refusal.NOT_DECIDED
    if act is Act.SUBMIT and state is State.SUBMITTED:
        return Refusal.ALREADY_SUBMITTED
    if act is Act.RESUME and state in (State.SUBMITTED, State.ASSESSED):
        return Refusal.NOT_DEFERRED
    return _WHY_NOT[state]
