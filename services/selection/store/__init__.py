"""Selection's queries. Each takes the open connection first and never begins or ends a transaction."""

from services.selection.store.data import AnyRow, opinion_data
from services.selection.store.decisions import Act, decision_row, decision_row_of, digest_of, insert_decision
from services.selection.store.delegations import (
    Recorded,
    delegation_row,
    delegation_rows,
    delegations_held,
    end_delegation,
    insert_delegation,
)
from services.selection.store.files import (
    Written,
    candidacy_row,
    facts_data,
    facts_of,
    file_to_preview,
    insert_file,
    lock_file,
    lock_file_to_decide,
    save,
    wishes_data,
)
from services.selection.store.hand_overs import (
    appeal_in_time_until,
    handed_decision_row,
    handed_decision_rows,
    insert_hand_over,
)
from services.selection.store.identities import Read, insert_identity, log_read, read_identity
from services.selection.store.journeys import Asked, expected, insert_expected, outcomes, record_fact
from services.selection.store.opinions import insert_opinion, opinion_row
from services.selection.store.restricted_reasons import (
    insert_restricted_reasons,
    restricted_digest,
    restricted_reasons_row,
)
from services.selection.store.terms import (
    close_reviews,
    deadline_rows,
    insert_deadline,
    lock_deadline,
    mark_deadline,
    meet_all,
    meet_deadline,
    open_review,
    open_reviews,
    overdue,
)

__all__ = [
    "Act",
    "AnyRow",
    "Asked",
    "Read",
    "Recorded",
    "Written",
    "appeal_in_time_until",
    "candidacy_row",
    "close_reviews",
    "deadline_rows",
    "decision_row",
    "decision_row_of",
    "delegation_row",
    "delegation_rows",
    "delegations_held",
    "digest_of",
    "end_delegation",
    "expected",
    "facts_data",
    "facts_of",
    "file_to_preview",
    "handed_decision_row",
    "handed_decision_rows",
    "insert_deadline",
    "insert_decision",
    "insert_delegation",
    "insert_expected",
    "insert_file",
    "insert_hand_over",
    "insert_identity",
    "insert_opinion",
    "insert_restricted_reasons",
    "lock_deadline",
    "lock_file",
    "lock_file_to_decide",
    "log_read",
    "mark_deadline",
    "meet_all",
    "meet_deadline",
    "open_review",
    "open_reviews",
    "opinion_data",
    "opinion_row",
    "outcomes",
    "overdue",
    "read_identity",
    "record_fact",
    "restricted_digest",
    "restricted_reasons_row",
    "save",
    "wishes_data",
]
