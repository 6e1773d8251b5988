"""The beginning of an answer, for whoever looks why it was no success, without what may tell of a person.

A name cannot be told from another word: that is why so little is kept, shown to few, and not for long.
"""

import re

LONGEST = 200
"""Characters that are kept."""

_MARK = "…"
_TELLING = re.compile(
    r"""[^\s"'<>@]+@[^\s"'<>]+      # an address
    | \b\w*\d[\w.:/-]*\d\w*\b     # numbers, dates, ids: whatever has two digits
    | [\w+/=-]{24,}             # tokens
    """,
    re.VERBOSE,
)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


def redacted(head: bytes) -> str | None:
    """Plain words of an answer's first bytes; None when there are none.

    Numbers with more than one digit, mail addresses, long tokens and markup are left out: an endpoint may repeat what
    it was sent, or say more than it should.

    Args:
        head: in any encoding; what is not UTF-8 is left out.
    """
    text = _TELLING.sub(_MARK, _TAGS.sub(" ", head.decode(errors="ignore")))
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return plain[:LONGEST] or None
