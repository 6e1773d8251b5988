"""Selection's queries. Each takes the open connection first and never begins or ends a transaction."""

from services.selection.store.candidacies import (
    candidacy_row,
    file_to_preview,
    insert_candidacy,
    lock_file,
    lock_file_to_decide,
    move,
    set_assessed,
)
from services.selection.store.data import AnyRow
from services.selection.store.decisions import Act, decision_row, decision_row_of, digest_of, insert_decision
from services.selection.store.identities import Read, insert_identity, read_identity
from services.selection.store.journeys import Asked, expected, insert_expected, outcomes, record_fact
from services.selection.store.opinions import insert_opinion, opinion_row

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
