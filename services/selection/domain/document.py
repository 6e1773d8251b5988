"""Documents of a file: where they lie and what they are. Their content is never here."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is."""

    APPLICATION_LETTER = "application_letter"
    CONSENT_FORM = "consent_form"
    WITHDRAWAL_LETTER = "withdrawal_letter"
    JUDGMENT = "judgment"
    PENAL_EXTRACT = "penal_extract"
    ORIENTATION_FILE = "orientation_file"
    """The dossier d'orientation (D211-11)."""
    ADVICE = "advice"
    INTERVIEW_REPORT = "interview_report"
    TRAINING_RECORD = "training_record"
    OTHER = "other"


@dataclass(frozen=True)
class Document:
    """A document that lies elsewhere.

    Args:
        reference: where, such as an archive number.
        dated: date that it bears, Europe/Paris.
    """

    kind: DocumentKind
    reference: str
    dated: date
