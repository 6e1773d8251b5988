"""A table of files as text: UTF-8, a header, one file a line. What is wrong is told by column and code, never by value.

Columns: `reference` (of whoever sends it), `last_name`, `first_names`, `birth_date`, `ecrou_number`, `sex`,
`penal_status`, `sentences` (years/months/days, `:` before the firm part, `|` between several: `7/0/0:3/0/0|0/6/0`),
`sentence_end`, `extract_on`, `consent_signed_on`, `planned_entry`, `adapted_cell` (yes or no), `training_wishes` and
`partner_categories` (`|` between several). Dates are written YYYY-MM-DD; an empty cell says nothing.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from services.selection import domain, handlers
from services.selection.api.fields import FORMULA
from services.selection.api.submissions import CandidacyBody
from shared.auth import Principal
from shared.problems import Problem

COLUMNS = (
    "reference",
    "last_name",
    "first_names",
    "birth_date",
    "ecrou_number",
    "sex",
    "penal_status",
    "sentences",
    "sentence_end",
    "extract_on",
    "consent_signed_on",
    "planned_entry",
    "adapted_cell",
    "training_wishes",
    "partner_categories",
)
MOST_LINES = 500
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}", re.ASCII)
_MEASURE = re.compile(r"(\d{1,4})/(\d{1,5})/(\d{1,6})", re.ASCII)
_SENTENCES = "sentences"


def lines(content: bytes, site: str, principal: Principal) -> list[handlers.Line]:
    """The lines of a table.

    Args:
        content: as sent; separated by commas or semicolons.
        site: that the files are for.
        principal: who brings them in.

    Raises:
        Problem: `import-encoding`, `import-columns`, `import-too-long`, or `import-empty`.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(422, "import-encoding", "A table is encoded in UTF-8.") from None
    if "\0" in text:
        raise Problem(422, "import-encoding", "A table is encoded in UTF-8.")
    header = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if header.count(";") else ",")
    names = [name.strip() for name in next(reader, [])]
    if len(set(names)) != len(names) or not {"reference", "last_name"} <= set(names) <= set(COLUMNS):
        raise Problem(422, "import-columns", "The header of the table names other columns than it may.")
    found = [_line(number, names, cells, site, principal) for number, cells in _numbered(reader)]
    if not found:
        raise Problem(422, "import-empty", "The table has no line below its header.")
    if len(found) > MOST_LINES:
        raise Problem(422, "import-too-long", "A table has 500 lines at most. Send it in parts.")
    return found


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _line(number: int, names: list[str], cells: list[str], site: str, principal: Principal) -> handlers.Line:
    if len(cells) != len(names):
        return handlers.Line(number, "", ("line: cells-missing-or-too-many",), None)
    row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
    reference = row.get("reference", "")
    if not _REFERENCE.fullmatch(reference):
        return handlers.Line(number, "", ("reference: not-a-reference",), None)
    formulas = tuple(f"{name}: formula-cell" for name, cell in zip(names, cells, strict=True) if _is_formula(cell))
    if formulas:
        return handlers.Line(number, reference, formulas, None)
    try:
        body = CandidacyBody.model_validate(_body(row, site))
        submission = body.submission(principal, site)
    except domain.Refused as refused:
        return handlers.Line(number, reference, (refused.refusal.value,), None)
    except ValidationError as error:
        return handlers.Line(number, reference, tuple(sorted(set(_codes(error)))), None)
    return handlers.Line(number, reference, (), submission)


def _is_formula(cell: str) -> bool:
    return cell.startswith(FORMULA)


def _body(row: Mapping[str, str], site: str) -> dict[str, Any]:
    """The line as the body of a new file; cells that say nothing are left out."""
    said = {name: cell for name, cell in row.items() if cell}
    penal: dict[str, Any] = {name: said[name] for name in ("sentence_end", "extract_on") if name in said}
    if "penal_status" in said:
        penal["status"] = said["penal_status"]
    body: dict[str, Any] = {
        "site": site,
        "identity": {
            name: said[name]
            for name in ("last_name", "first_names", "birth_date", "ecrou_number", "sex")
            if name in said
        },
        "penal": penal | {_SENTENCES: [_sentence(one) for one in _several(said, _SENTENCES)]},
        "consent": {"signed_on": said["consent_signed_on"]} if "consent_signed_on" in said else {},
        "adapted_cell": {"yes": True, "no": False}.get(said.get("adapted_cell", "no"), "unreadable"),
        "training_wishes": _several(said, "training_wishes"),
        "partner_categories": _several(said, "partner_categories"),
    }
    return body | ({"planned_entry": said["planned_entry"]} if "planned_entry" in said else {})


def _several(said: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in said.get(name, "").split("|") if one.strip())


def _sentence(text: str) -> dict[str, Any]:
    pronounced, _, firm = text.partition(":")
    return {"pronounced": _measure(pronounced)} | ({"firm": _measure(firm)} if firm else {})


def _measure(text: str) -> dict[str, int] | None:
    found = _MEASURE.fullmatch(text.strip())
    return None if found is None else dict(zip(("years", "months", "days"), map(int, found.groups()), strict=True))


def _codes(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_input=False, include_url=False, include_context=False):
        steps = [step for step in item["loc"] if isinstance(step, str) and step in _KNOWN]
        yield f"{_KNOWN.get(steps[-1], steps[-1]) if steps else 'line'}: {item['type'].replace('_', '-')}"


_KNOWN = {name: name for name in COLUMNS} | {
    "status": "penal_status",
    "signed_on": "consent_signed_on",
    "pronounced": _SENTENCES,
    "firm": _SENTENCES,
}
"""The column that a field of the body comes from."""
