"""Selection's tables, by noun. Identity lies in schema `vault`, and nothing that leaves is ever joined with it."""

from services.selection.tables.base import metadata
from services.selection.tables.decisions import decision_counters, decisions
from services.selection.tables.files import candidacies, file_history, opinions
from services.selection.tables.journeys import expected_replies, journey_steps
from services.selection.tables.people import hand_overs, merges
from services.selection.tables.terms import deadlines, reviews
from services.selection.tables.vault import identities, identity_reads

__all__ = [
    "candidacies",
    "deadlines",
    "decision_counters",
    "decisions",
    "expected_replies",
    "file_history",
    "hand_overs",
    "identities",
    "identity_reads",
    "journey_steps",
    "merges",
    "metadata",
    "opinions",
    "reviews",
]
