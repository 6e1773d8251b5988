"""Selection's queries. Each takes the open connection first and never begins or ends a transaction."""

from services.selection.store.data import AnyRow, opinion_data
from services.selection.store.decisions import Act, decision_row, decision_row_of, digest_of, insert_decision
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
from services.selection.store.identities import Read, insert_identity, read_identity
from services.selection.store.imports import import_row, imported, insert_import, insert_imported, report_import
from services.selection.store.journeys import Asked, expected, insert_expected, outcomes, record_fact
from services.selection.store.opinions import insert_opinion, opinion_row
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
    "Written",
    "candidacy_row",
    "close_reviews",
    "deadline_rows",
    "decision_row",
    "decision_row_of",
    "digest_of",
    "expected",
    "facts_data",
    "facts_of",
    "file_to_preview",
    "import_row",
    "imported",
    "insert_deadline",
    "insert_decision",
    "insert_expected",
    "insert_file",
    "insert_identity",
    "insert_import",
    "insert_imported",
    "insert_opinion",
    "lock_deadline",
    "lock_file",
    "lock_file_to_decide",
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
    "report_import",
    "save",
    "wishes_data",
]
