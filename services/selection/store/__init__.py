"""Selection's queries. Each takes the open connection first and never begins or ends a transaction."""

from services.selection.store.candidacies import (
    Read,
    candidacy_row,
    file_to_preview,
    insert_candidacy,
    insert_identity,
    insert_opinion,
    lock_file,
    lock_file_to_decide,
    move,
    opinion_row,
    read_identity,
    set_assessed,
)
from services.selection.store.data import AnyRow
from services.selection.store.decisions import Act, decision_row, decision_row_of, digest_of, insert_decision
from services.selection.store.journeys import Asked, expected, insert_expected, outcomes, record_fact

__all__ = [
    "Act",
    "AnyRow",
    "Asked",
    "Read",
    "candidacy_row",
    "decision_row",
    "decision_row_of",
    "digest_of",
    "expected",
    "file_to_preview",
    "insert_candidacy",
    "insert_decision",
    "insert_expected",
    "insert_identity",
    "insert_opinion",
    "lock_file",
    "lock_file_to_decide",
    "move",
    "opinion_row",
    "outcomes",
    "read_identity",
    "record_fact",
    "set_assessed",
]
