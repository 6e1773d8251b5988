"""Selection's tables, by noun. Identity lies in schema `vault`, and nothing that leaves is ever joined with it."""

from services.selection.tables.amendments import amendments, consent_history
from services.selection.tables.appeals import appeals
from services.selection.tables.base import metadata
from services.selection.tables.changes import change_of_assignments
from services.selection.tables.decisions import decision_counters, decisions
from services.selection.tables.delegations import delegations
from services.selection.tables.disclosures import disclosures, partner_conventions, partner_references
from services.selection.tables.files import candidacies, file_history, opinions
from services.selection.tables.gathering import advice, documents, interviews
from services.selection.tables.hand_overs import hand_overs
from services.selection.tables.imports import imported_lines, imports
from services.selection.tables.journeys import expected_replies, journey_steps
from services.selection.tables.penal import exit_adoptions, penal_situations
from services.selection.tables.people import merges, reassignments
from services.selection.tables.receipts import receipt_counters, receipts
from services.selection.tables.restricted_reasons import restricted_reasons
from services.selection.tables.revocations import observations, revocations
from services.selection.tables.sittings import agenda_items, sittings
from services.selection.tables.terms import deadlines, reviews
from services.selection.tables.vault import committal_numbers, identities, identity_reads

__all__ = [
    "advice",
    "agenda_items",
    "amendments",
    "appeals",
    "candidacies",
    "change_of_assignments",
    "committal_numbers",
    "consent_history",
    "deadlines",
    "decision_counters",
    "decisions",
    "delegations",
    "disclosures",
    "documents",
    "exit_adoptions",
    "expected_replies",
    "file_history",
    "hand_overs",
    "identities",
    "identity_reads",
    "imported_lines",
    "imports",
    "interviews",
    "journey_steps",
    "merges",
    "metadata",
    "observations",
    "opinions",
    "partner_conventions",
    "partner_references",
    "penal_situations",
    "reassignments",
    "receipt_counters",
    "receipts",
    "restricted_reasons",
    "reviews",
    "revocations",
    "sittings",
]
