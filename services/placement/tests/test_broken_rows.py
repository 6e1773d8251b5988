"""Each rule that the database keeps refuses, under its own name, a row that breaks this rule alone."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.placement.tests.builders import a_request
from services.placement.tests.test_handlers import rows
from shared.testing.kernel import Bench

_CONFIRMED = "confirmed_by = 'officer-7', confirmed_by_function = 'placement_officer', confirmed_at = now()"
_ARRIVED = (
    "transfer_order = 'OT-1', arrived_on = '2027-01-04', arrival_by = 'officer-7',"
    " arrival_by_function = 'placement_officer', arrival_at = now()"
)
_DEPARTED = (
    "departed_on = '2027-01-03', departure_reason = 'other', departure_by = 'officer-7',"
    " departure_by_function = 'placement_officer', departure_at = now()"
)
_CELL_NOW = "cell_now = 'DON-F1-U2-C10'"
_RELEASED = "state = 'released', released_at = now()"
_TWICE = "FROM generate_series(1, 2)"
_SAME = "CAST('00000000-0000-0000-0000-000000000001' AS uuid)"
_OTHER = "CAST('00000000-0000-0000-0000-000000000002' AS uuid)"
_BY = "'officer-7', 'placement_officer', now()"
_ASSIGNMENT = "INSERT INTO assignments (id, request_id, candidacy_id, state, from_waiting_list, proposed_at, confirm_by"
_REQUEST = (
    "INSERT INTO requests (id, candidacy_id, stay_id, site, event_id, decision_number, state, overdue, version)"
    " SELECT uuidv7(), {}, 'DON', 'event', 'DON-1', 'cancelled', false, 1 FROM requests"
)
_USE = (
    "INSERT INTO bed_uses (id, cell, period, kind, stay_id, candidacy_id, nights, function, reason, at)"
    " SELECT uuidv7(), {}, period, kind, stay_id, {}, nights, function, reason, at FROM bed_uses"
)
_CHANGE = (
    "INSERT INTO estate_changes (id, cell, effective_on, reason, made_by, made_by_function, made_at, change, to_type)"
    f" VALUES (uuidv7(), 'DON-F1-U2-C10', '2027-01-04', 'Why.', {_BY}, {{}}, {{}})"
)
_HOLD = (
    "INSERT INTO holds (id, cell, expires_on, made_by, made_by_function, made_at, purpose, ended_at, ended_because)"
    f" VALUES (uuidv7(), 'DON-F1-U2-C10', '2027-01-04', {_BY}, {{}}, {{}}, {{}})"
)
_OUTAGE = (
    "INSERT INTO outages (id, cell, owner, starts_on, opened_by, opened_by_function, opened_at,"
    " reason, expected_back_on, ended_by)"
    f" VALUES (uuidv7(), 'DON-F1-U2-C10', 'Maintenance', '2027-01-04', {_BY}, {{}}, {{}}, {{}})"
)
_LINE = (
    "INSERT INTO roll_count_lines (count_id, place, expected, counted, explained, explanations)"
    " VALUES (uuidv7(), 'DON-F1-U2', {}, {}, {}, '{{}}')"
)
_SEPARATION = (
    "INSERT INTO separations (id, declared_by, declared_by_function, declared_at, version, one, other, period,"
    f" lifted_by) SELECT uuidv7(), {_BY}, 1, {{}}, {{}}, {{}}, {{}}"
)
_DAYS = "CAST('[2027-01-01,)' AS daterange)"
_RECORD = (
    "INSERT INTO stay_records (id, stay_id, code, day, officer, function, at, kind, closes)"
    f" SELECT uuidv7(), {_SAME}, 'engaged', '2027-01-04', {_BY}, {{}}, {{}}"
)
_TURN = (
    "INSERT INTO turn_changes (id, request_id, officer, function, at, change, reason)"
    f" VALUES (uuidv7(), uuidv7(), {_BY}, {{}}, {{}})"
)

# A row is held against checks and unique indexes before it is against other tables: these need not be there.
BROKEN = (
    ("ck_assignments_arrival_by_somebody", "UPDATE assignments SET transfer_order = 'OT-1'"),
    ("ck_assignments_arrived_on_confirmed", f"UPDATE assignments SET {_ARRIVED}, {_CELL_NOW}"),
    ("ck_assignments_cell_now", f"UPDATE assignments SET {_CELL_NOW}"),
    ("ck_assignments_cell_now", f"UPDATE assignments SET state = 'confirmed', {_CONFIRMED}, {_ARRIVED}"),
    ("ck_assignments_confirmed_by_somebody", "UPDATE assignments SET state = 'confirmed'"),
    ("ck_assignments_confirmed_by_somebody", "UPDATE assignments SET confirmed_by = 'officer-7'"),
    (
        "ck_assignments_departed_after_arrival",
        f"UPDATE assignments SET {_RELEASED}, {_CONFIRMED}, {_ARRIVED}, {_DEPARTED}",
    ),
    ("ck_assignments_departure_by_somebody", "UPDATE assignments SET departure_reason = 'other'"),
    ("ck_assignments_lent_by_somebody", "UPDATE assignments SET lent_by = 'officer-7'"),
    (
        "ck_assignments_occupied_until_departure",
        f"UPDATE assignments SET {_RELEASED}, {_CONFIRMED}, {_ARRIVED}, {_CELL_NOW}",
    ),
    ("ck_assignments_recalled", "UPDATE assignments SET recalled_by = 'officer-7'"),
    (
        "ck_assignments_recalled",
        "UPDATE assignments SET recalled_by = 'a', recalled_by_function = 'b', recalled_at = now()",
    ),
    ("ck_assignments_released", "UPDATE assignments SET state = 'released'"),
    ("ck_assignments_state", "UPDATE assignments SET state = 'gone'"),
    (
        "uq_assignments_cell_now",
        f"{_ASSIGNMENT}, confirmed_by, confirmed_by_function, confirmed_at, transfer_order, arrived_on, arrival_by,"
        " arrival_by_function, arrival_at, cell_now) SELECT uuidv7(), uuidv7(), uuidv7(), 'confirmed', false, now(),"
        f" now(), {_BY}, 'OT-1', '2027-01-04', {_BY}, 'DON-F1-U2-C10' {_TWICE}",
    ),
    (
        "uq_assignments_request_id",
        f"{_ASSIGNMENT}) SELECT uuidv7(), request_id, candidacy_id, state, false, now(), now() FROM assignments",
    ),
    ("ck_bed_uses_kind", "UPDATE bed_uses SET kind = 'gone'"),
    ("ck_bed_uses_nights", "UPDATE bed_uses SET nights = '[2027-01-05,2027-02-01)'"),
    ("ck_bed_uses_nights", "UPDATE bed_uses SET nights = '[2027-01-04,2028-07-03)'"),
    ("ck_bed_uses_nights", "UPDATE bed_uses SET nights = 'empty'"),
    ("ck_bed_uses_period", "UPDATE bed_uses SET period = '(,2028-07-02)'"),
    ("ck_bed_uses_period", "UPDATE bed_uses SET period = '[2027-01-04,)'"),
    ("ck_bed_uses_stay", "UPDATE bed_uses SET kind = 'hold'"),
    ("ck_bed_uses_stay", "UPDATE bed_uses SET kind = 'secure_waiting'"),
    ("ck_bed_uses_stay", "UPDATE bed_uses SET stay_id = NULL"),
    ("ex_bed_uses_candidacy_id_nights", _USE.format("'DON-F1-U1-C03'", "candidacy_id")),
    ("ex_bed_uses_cell_period", _USE.format("cell", "uuidv7()")),
    ("ck_cells_pool", "UPDATE cells SET pool = NULL WHERE type = 'adapted'"),
    ("ck_cells_pool", "UPDATE cells SET pool = 'DON-F-standard' WHERE type = 'secure_waiting'"),
    ("ck_cells_type", "UPDATE cells SET type = 'gone' WHERE type = 'adapted'"),
    ("ck_cells_unit", "UPDATE cells SET unit = NULL WHERE type = 'adapted'"),
    ("ck_estate_changes_change", _CHANGE.format("'gone'", "NULL")),
    ("ck_estate_changes_to_type", _CHANGE.format("'type'", "NULL")),
    ("ck_estate_changes_to_type", _CHANGE.format("'retired'", "'adapted'")),
    ("ck_holds_purpose", _HOLD.format("'gone'", "NULL", "NULL")),
    ("ck_holds_ended", _HOLD.format("'visit'", "now()", "NULL")),
    ("ck_holds_ended", _HOLD.format("'visit'", "now()", "'gone'")),
    ("ck_holds_ended", _HOLD.format("'visit'", "now()", "'ended'")),
    ("ck_outages_reason", _OUTAGE.format("'gone'", "NULL", "NULL")),
    ("ck_outages_expected", _OUTAGE.format("'flood'", "'2027-01-04'", "NULL")),
    ("ck_outages_ended_by_somebody", _OUTAGE.format("'flood'", "NULL", "'officer-7'")),
    ("ck_pools_cell_type", "INSERT INTO pools VALUES ('new', 'DON', 'F', 'gone')"),
    ("ck_pools_sex", "INSERT INTO pools VALUES ('new', 'DON', 'X', 'standard')"),
    ("uq_pools_site_sex_cell_type", "INSERT INTO pools VALUES ('new', 'DON', 'F', 'standard')"),
    ("ck_requests_ahead_by_somebody", "UPDATE requests SET ahead_at = now()"),
    ("ck_requests_days", "UPDATE requests SET planned_entry = projected_exit"),
    ("ck_requests_need", "UPDATE requests SET sex = NULL"),
    ("ck_requests_overdue", "UPDATE requests SET state = 'waitlisted', overdue = true"),
    ("ck_requests_pool", "UPDATE requests SET pool = NULL"),
    ("ck_requests_state", "UPDATE requests SET state = 'gone'"),
    ("uq_requests_candidacy_id", _REQUEST.format("candidacy_id, uuidv7()")),
    ("uq_requests_stay_id", _REQUEST.format("uuidv7(), stay_id")),
    ("ck_roll_count_lines_people", _LINE.format(-1, 0, 0)),
    ("ck_roll_count_lines_people", _LINE.format(0, -1, 0)),
    ("ck_roll_count_lines_people", _LINE.format(0, 0, -1)),
    (
        "uq_roll_counts_corrects",
        "INSERT INTO roll_counts (id, site, corrects, officer, function, at)"
        f" SELECT uuidv7(), 'DON', {_SAME}, {_BY} {_TWICE}",
    ),
    ("ck_separations_lifted_by_somebody", _SEPARATION.format(_SAME, _OTHER, _DAYS, "'officer-7'")),
    ("ck_separations_pair", _SEPARATION.format(_SAME, _SAME, _DAYS, "NULL")),
    ("ck_separations_period", _SEPARATION.format(_SAME, _OTHER, "CAST('empty' AS daterange)", "NULL")),
    ("ck_separations_period", _SEPARATION.format(_SAME, _OTHER, "CAST('(,2027-01-01)' AS daterange)", "NULL")),
    ("ex_separations_one_other_period", f"{_SEPARATION.format(_SAME, _OTHER, _DAYS, 'NULL')} {_TWICE}"),
    ("ck_sites_arrival_days", "UPDATE sites SET arrival_days = 22"),
    ("ck_sites_cleaning_days", "UPDATE sites SET cleaning_days = 15"),
    ("ck_sites_status", "UPDATE sites SET status = 'gone'"),
    ("ck_stay_records_closes", _RECORD.format("'closing'", "NULL")),
    ("ck_stay_records_closes", _RECORD.format("'warning'", _SAME)),
    ("ck_stay_records_kind", _RECORD.format("'gone'", "NULL")),
    ("uq_stay_records_closes", f"{_RECORD.format(repr('closing'), _SAME)} {_TWICE}"),
    ("uq_stay_records_once", f"{_RECORD.format(repr('phase'), 'NULL')} {_TWICE}"),
    ("uq_stay_records_once", f"{_RECORD.format(repr('release'), 'NULL')} {_TWICE}"),
    ("ck_turn_changes_change", _TURN.format("'gone'", "NULL")),
    ("ck_turn_changes_reason", _TURN.format("'ahead'", "NULL")),
    ("ck_turn_changes_reason", _TURN.format("'in_order'", "'Why.'")),
    ("pk_vacancies", "INSERT INTO vacancies VALUES ('DON-F1-U2-C10', '[2026-01-01,2026-02-01)', 'DON-F-adapted')"),
    ("ck_wings_sex", "UPDATE wings SET sex = 'X'"),
    ("never_edited", "DELETE FROM roll_counts"),
    ("never_edited", "UPDATE roll_counts SET officer = 'officer-8'"),
    ("never_edited", "DELETE FROM roll_count_lines"),
    ("never_edited", "UPDATE roll_count_lines SET counted = 0"),
    ("never_edited", "DELETE FROM stay_records"),
    ("never_edited", "UPDATE stay_records SET code = 'other'"),
)


async def refused_by(engine: AsyncEngine, statement: str) -> str | None:
    """The name of what refuses a statement; None when nothing does."""
    async with engine.connect() as conn:
        try:
            await conn.execute(sa.text(statement))
        except DBAPIError as error:
            cause = getattr(error.orig, "__cause__", None)
            if getattr(cause, "sqlstate", None) == "23001":
                return "never_edited"
            return getattr(cause, "constraint_name", None) or str(cause)
    return None


async def test_a_row_that_breaks_a_rule_is_refused_by_this_rule(bench: Bench, engine: AsyncEngine) -> None:
    await bench.deliver(a_request(), subject=uuid7())
    found = [(statement, await refused_by(engine, statement)) for _, statement in BROKEN]
    assert found == [(statement, rule) for rule, statement in BROKEN]


@pytest.mark.parametrize(
    "rules",
    [
        "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'u', 'x') AND connamespace = 'public'::regnamespace",
        "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indisunique"
        " AND NOT indisprimary AND relnamespace = 'public'::regnamespace",
    ],
)
async def test_no_rule_is_without_a_row_that_breaks_it(engine: AsyncEngine, rules: str) -> None:
    found = {name for (name,) in await rows(engine, rules)}
    assert found
    assert found - {rule for rule, _ in BROKEN} == set()
