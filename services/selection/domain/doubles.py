"""When two files are one person's."""

from services.selection.domain.candidacy import File
from services.selection.domain.refusal import Refusal, Refused
from services.selection.domain.transitions import OPEN


def check_double(double: File, kept: File, *, agreed: bool, statement: str | None) -> None:
    """Whether a file may end because another one of the same person goes on.

    Args:
        agreed: the vault has one person, or two of the same name and birth date.
        statement: an officer's reasons why they are one nevertheless.

    Raises:
        Refused: `not-a-double`.
    """
    explained = statement is not None and bool(statement.strip())
    if double.id == kept.id or kept.state not in OPEN or not (agreed or explained):
        raise Refused(Refusal.NOT_A_DOUBLE)
