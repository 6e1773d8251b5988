"""Each rule that the database itself keeps of a row: one statement that breaks it, and no rule without one."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from services.placement.tests.conftest import SettableClock
from services.placement.tests.desk import OUTAGE, Desk
from services.placement.tests.test_constraints import code_of
from services.placement.tests.test_handlers import rows
from services.placement.tests.test_roll import EMPTY
from shared.contracts.selection import CellType

_LEFT = (
    "departure_reason = 'other', departure_by = 'x', departure_by_function = 'x', departure_at = now(),"
    " state = 'released', released_at = now(), cell_now = NULL"
)
_COPY = (
    "INSERT INTO stay_records (id, stay_id, kind, code, day, closes, officer, function, at)"
    " SELECT uuidv7(), stay_id, {kind}, code, day, {closes}, officer, function, at"
    " FROM stay_records WHERE kind = '{of}'"
)

BROKEN = {
    "ck_assignments_arrival_by_somebody": "UPDATE assignments SET arrival_by = NULL WHERE arrived_on IS NOT NULL",
    "ck_assignments_arrived_on_confirmed": "UPDATE assignments SET confirmed_by = NULL WHERE arrived_on IS NOT NULL",
    "ck_assignments_cell_now": "UPDATE assignments SET cell_now = NULL",
    "ck_assignments_confirmed_by_somebody": "UPDATE assignments SET confirmed_at = NULL",
    "ck_assignments_departed_after_arrival": f"UPDATE assignments SET departed_on = arrived_on - 1, {_LEFT}",
    "ck_assignments_departure_by_somebody": "UPDATE assignments SET departure_by = 'x'",
    "ck_assignments_lent_by_somebody": "UPDATE assignments SET lent_by = 'x'",
    "ck_assignments_occupied_until_departure": "UPDATE assignments SET state = 'released', released_at = now()"
    " WHERE arrived_on IS NOT NULL",
    "ck_assignments_recalled": "UPDATE assignments SET recalled_at = now()",
    "ck_assignments_released": "UPDATE assignments SET released_at = now()",
    "ck_assignments_state": "UPDATE assignments SET state = 'gone' WHERE arrived_on IS NOT NULL",
    "uq_assignments_cell_now": "UPDATE assignments SET cell_now = 'DON-F1-U2-C10' WHERE arrived_on IS NOT NULL",
    "uq_assignments_request_id": "INSERT INTO assignments"
    " (id, request_id, candidacy_id, state, from_waiting_list, proposed_at, confirm_by)"
    " SELECT uuidv7(), request_id, candidacy_id, 'proposed', false, now(), now() FROM assignments",
    "ck_bed_uses_kind": "UPDATE bed_uses SET kind = 'gone'",
    "ck_bed_uses_nights": "UPDATE bed_uses SET nights = daterange(lower(nights) + 1, upper(nights))",
    "ck_bed_uses_period": "UPDATE bed_uses SET period = 'empty' WHERE kind = 'hold'",
    "ck_bed_uses_stay": "UPDATE bed_uses SET stay_id = NULL WHERE kind = 'stay'",
    "ex_bed_uses_cell_period": "INSERT INTO bed_uses (id, cell, period, kind, function, reason, at)"
    " SELECT uuidv7(), cell, period, 'hold', 'x', 'x', now() FROM bed_uses WHERE kind = 'stay'",
    "ex_bed_uses_candidacy_id_nights": "INSERT INTO bed_uses"
    " (id, cell, period, kind, stay_id, candidacy_id, nights, function, reason, at)"
    " SELECT uuidv7(), 'DON-F1-U2-C09', period, kind, stay_id, candidacy_id, nights, 'x', 'x', now()"
    " FROM bed_uses WHERE cell = 'DON-F1-U2-C10'",
    "ck_cells_pool": "UPDATE cells SET pool = NULL WHERE type = 'adapted'",
    "ck_cells_type": "UPDATE cells SET type = 'gone' WHERE type = 'adapted'",
    "ck_cells_unit": "UPDATE cells SET unit = NULL WHERE type = 'adapted'",
    "ck_estate_changes_change": "UPDATE estate_changes SET change = 'gone'",
    "ck_estate_changes_to_type": "UPDATE estate_changes SET to_type = 'adapted'",
    "ck_holds_ended": "UPDATE holds SET ended_at = now()",
    "ck_holds_purpose": "UPDATE holds SET purpose = 'gone'",
    "ck_outages_ended_by_somebody": "UPDATE outages SET ended_at = now()",
    "ck_outages_expected": "UPDATE outages SET expected_back_on = starts_on",
    "ck_outages_reason": "UPDATE outages SET reason = 'gone'",
    "ck_pools_cell_type": "UPDATE pools SET cell_type = 'gone' WHERE code = 'DON-F-adapted'",
    "ck_pools_sex": "UPDATE pools SET sex = 'X' WHERE code = 'DON-F-adapted'",
    "uq_pools_site_sex_cell_type": "INSERT INTO pools (code, site, sex, cell_type)"
    " SELECT code || '-2', site, sex, cell_type FROM pools",
    "ck_requests_ahead_by_somebody": "UPDATE requests SET ahead_by = NULL",
    "ck_requests_days": "UPDATE requests SET planned_entry = projected_exit",
    "ck_requests_need": "UPDATE requests SET sex = NULL",
    "ck_requests_overdue": "UPDATE requests SET overdue = true",
    "ck_requests_pool": "UPDATE requests SET pool = NULL",
    "ck_requests_state": "UPDATE requests SET state = 'gone'",
    "uq_requests_candidacy_id": "UPDATE requests SET candidacy_id = '00000000-0000-0000-0000-000000000001'",
    "uq_requests_stay_id": "UPDATE requests SET stay_id = '00000000-0000-0000-0000-000000000001'",
    "ck_roll_count_lines_people": "INSERT INTO roll_count_lines (count_id, place, expected, counted, explained,"
    " explanations) SELECT id, 'X', -1, 0, 0, '{}' FROM roll_counts",
    "uq_roll_counts_corrects": "INSERT INTO roll_counts (id, site, corrects, officer, function, at)"
    " SELECT uuidv7(), site, id, officer, function, at FROM roll_counts CROSS JOIN generate_series(1, 2)",
    "ck_separations_lifted_by_somebody": "UPDATE separations SET lifted_by = 'x'",
    "ck_separations_pair": "UPDATE separations SET one = other, other = one",
    "ck_separations_period": "UPDATE separations SET period = 'empty'",
    "ex_separations_one_other_period": "INSERT INTO separations"
    " (id, one, other, period, declared_by, declared_by_function, declared_at, version)"
    " SELECT uuidv7(), one, other, period, 'x', 'x', now(), 1 FROM separations",
    "ck_sites_arrival_days": "UPDATE sites SET arrival_days = 22",
    "ck_sites_cleaning_days": "UPDATE sites SET cleaning_days = 15",
    "ck_sites_status": "UPDATE sites SET status = 'gone'",
    "ck_stay_records_closes": _COPY.format(kind="'closing'", closes="NULL", of="warning"),
    "ck_stay_records_kind": _COPY.format(kind="'gone'", closes="NULL", of="warning"),
    "uq_stay_records_closes": _COPY.format(kind="kind", closes="closes", of="closing"),
    "uq_stay_records_once": _COPY.format(kind="kind", closes="NULL", of="phase"),
    "ck_turn_changes_change": "UPDATE turn_changes SET change = 'gone'",
    "ck_turn_changes_reason": "UPDATE turn_changes SET reason = NULL",
    "ck_wings_sex": "UPDATE wings SET sex = 'X'",
}
ALL = """
    SELECT conname FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE pg_constraint.connamespace = 'public'::regnamespace AND contype IN ('c', 'x', 'u')
    UNION SELECT indexname FROM pg_indexes
    WHERE schemaname = 'public' AND indexdef LIKE 'CREATE UNIQUE%' AND indexname LIKE 'uq_%'
"""


async def test_each_rule_of_a_row_is_kept_by_the_database(desk: Desk, clock: SettableClock) -> None:
    clock.now = datetime(2027, 1, 4, 9, tzinfo=UTC)
    (candidacy, stay, _), (other, beside, _) = await desk.ask(cell_type=CellType.ADAPTED), await desk.ask()
    _, waiting, _ = await desk.ask(cell_type=CellType.ADAPTED)
    await desk.must(f"stays/{waiting}/ahead", {"reason": "Chosen."})
    await desk.must(
        "separations", {"one": str(candidacy), "other": str(other), "starts_on": "2027-01-04", "reason": "X"}
    )
    for who in (stay, beside):
        await desk.come(who)
    for line in (
        {"kind": "phase", "code": "engaged"},
        {"kind": "warning", "code": "other"},
        {"kind": "absence", "code": "court", "until": "2027-01-05"},
    ):
        kept = await desk.must(f"stays/{stay}/records", {"day": "2027-01-04"} | line)
    await desk.must(f"stays/{stay}/records/{kept['id']}/close", {"code": "returned"})
    await desk.must("cells/DON-F1-U2-C04/outages", OUTAGE)
    held = {"purpose": "visit", "starts_on": "2027-01-04", "until": "2027-01-20", "expires_on": "2027-01-20"}
    await desk.must("cells/DON-F1-U2-C05/holds", held)
    change = {"change": "retired", "effective_on": "2027-03-01", "reason": "Works."}
    await desk.must("cells/DON-F1-U2-C06/changes", change)
    lines = [{"place": place, "counted": 0} for place in EMPTY]
    await desk.must("sites/DON/roll-counts", {"lines": lines})
    for rule, statement in BROKEN.items():
        assert await broken_by(desk, statement) == rule
    edited = "UPDATE stay_records SET code = 'x'", "DELETE FROM stay_records"
    assert [await code_of(desk.bench.engine, statement) for statement in edited] == ["23001", "23001"]
    assert {name for (name,) in await rows(desk.bench.engine, ALL)} == set(BROKEN)


async def broken_by(desk: Desk, statement: str) -> str | None:
    """The rule that a statement breaks."""
    async with desk.bench.engine.connect() as conn:
        with pytest.raises(DBAPIError) as refused:
            await conn.execute(sa.text(statement))
    name: str | None = getattr(refused.value.orig.__cause__, "constraint_name", None) if refused.value.orig else None
    return name
