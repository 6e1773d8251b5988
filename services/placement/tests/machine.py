"""A machine that does anything in any order to a real placement database, and what must be true after each step."""

import asyncio
import contextlib
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.ext.asyncio import AsyncEngine
from uuid_utils.compat import uuid7

from services.placement import domain, handlers, store
from services.placement.consumers import consumer
from services.placement.domain import Arrival, Days, Departure, DepartureReason, Refused
from services.placement.store import explanations, placing
from services.placement.tests.builders import a_cancellation, a_change, a_request
from services.placement.tests.conftest import SettableClock
from shared.contracts.selection import CellType, WingSex
from shared.messaging import Actor, Tx
from shared.messaging.envelope import decode
from shared.testing.kernel import Bench, Published, record

BEGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)
OFFICER = Actor("placement_officer", "R240-3 Code pénitentiaire", "LED")
CELLS = ("DON-F1-U1-C01", "DON-F1-U1-C03", "DON-F1-U1-C04", "DON-F1-U2-C01", "DON-F1-U2-C10")
"""What is left of the women's wing: one arrival cell, three standard ones in two units, one adapted."""
POOLS = ("DON-F-adapted", "DON-F-standard")


class Crash(Exception):
    """The process is gone before its commit."""


class Person(NamedTuple):
    """Somebody with a decision: candidacy, and the version of the last event about it."""

    candidacy: UUID
    decision: str
    version: int


class Ground:
    """One database and one event loop for all examples; each example begins with an empty estate of five cells."""

    def __init__(self, runner: asyncio.Runner, engine: AsyncEngine) -> None:
        self._runner = runner
        self.engine, self.clock = engine, SettableClock(BEGIN)
        self.bench = Bench(engine, consumer, site="DON", clock=self.clock)

    def run(self, work: Any) -> Any:
        """Runs a coroutine to its end."""
        return self._runner.run(work)

    async def clear(self) -> None:
        """Nobody has ever been here."""
        self.clock.now = BEGIN
        async with self.engine.begin() as conn:
            await conn.execute(sa.text(_CLEAR))
            await conn.execute(sa.text("UPDATE cells SET in_service = (code = ANY (:cells))"), {"cells": list(CELLS)})
            await conn.execute(
                sa.text(
                    "INSERT INTO vacancies (cell, period, pool) SELECT code, daterange(NULL, NULL), pool FROM cells"
                    " WHERE in_service AND pool IS NOT NULL"
                )
            )

    async def rows(self, statement: str, **given: Any) -> list[Any]:
        """What a statement finds."""
        async with self.engine.connect() as conn:
            return list((await conn.execute(sa.text(statement), given)).all())


# Triggers and foreign keys sleep: a thousand examples begin with this.
_CLEAR = """
    DO $$
    DECLARE full_name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR full_name IN
            SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
            WHERE schemaname IN ('public', 'messaging') AND tablename NOT LIKE 'alembic_version%'
                AND tablename NOT IN ('sites', 'wings', 'units', 'cells', 'pools')
        LOOP
            EXECUTE 'DELETE FROM ' || full_name;
        END LOOP;
    END
    $$
"""

_picks = st.integers(0, 1000)
days = st.integers(0, 60)
cells = st.sampled_from(CELLS)
lengths = st.sampled_from((2, 20, 30, 90, 400))


class Machine(RuleBasedStateMachine):
    """What officers, events, passing days and crashes can do."""

    ground: Ground

    @initialize()
    def nobody_is_here(self) -> None:
        self.persons: list[Person] = []
        self.sent: list[Any] = []
        self.together: set[UUID] = set()
        self.ground.run(self.ground.clear())
        self._act(handlers.begin_days)

    # Events

    @rule(adapted=st.booleans(), entry=days, nights=lengths, decided=days)
    def request(self, *, adapted: bool, entry: int, nights: int, decided: int) -> None:
        number = len(self.persons) + 1
        person = Person(uuid7(), f"DON-{number}", 1)
        self.persons.append(person)
        self._deliver(person, a_request(**self._need(person, adapted, entry, nights, decided)))

    @precondition(lambda self: self.persons)
    @rule(data=st.data(), adapted=st.booleans(), entry=days, nights=lengths)
    def change(self, *, data: st.DataObject, adapted: bool, entry: int, nights: int) -> None:
        person = self._next_event(data)
        self._deliver(person, a_change(**self._need(person, adapted, entry, nights, 0)))
        self.together |= self._together()

    @precondition(lambda self: self.persons)
    @rule(data=st.data())
    def cancel(self, *, data: st.DataObject) -> None:
        person = self._next_event(data)
        self._deliver(person, a_cancellation(decision_number=person.decision))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def redeliver(self, *, data: st.DataObject) -> None:
        again = self._pick(data, self.sent)
        before = self.ground.run(self.ground.rows(_EVERYTHING))
        self.ground.run(self.ground.bench.dispatcher.dispatch([again]))
        assert self.ground.run(self.ground.bench.published()) == []
        assert self.ground.run(self.ground.rows(_EVERYTHING)) == before

    # Officers

    @precondition(lambda self: self.persons)
    @rule(data=st.data())
    def confirm(self, *, data: st.DataObject) -> None:
        stay = self._stay(data)
        self._act(lambda tx: handlers.confirm_stay(tx, stay, "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data())
    def arrive(self, *, data: st.DataObject) -> None:
        stay, today = self._stay(data), domain.date_in_paris(self.ground.clock.now)
        self._act(lambda tx: handlers.arrive(tx, stay, Arrival("OT-1", today), "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data())
    def depart(self, *, data: st.DataObject) -> None:
        stay, today = self._stay(data), domain.date_in_paris(self.ground.clock.now)
        departure = Departure(DepartureReason.OTHER, today)
        self._act(lambda tx: handlers.depart(tx, stay, departure, "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data(), cell=cells)
    def move(self, *, data: st.DataObject, cell: str) -> None:
        stay = self._stay(data)
        self._act(lambda tx: handlers.move(tx, stay, cell, None, "other", "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data())
    def move_on(self, *, data: st.DataObject) -> None:
        stay = self._stay(data)
        self._act(lambda tx: handlers.end_arrival_phase(tx, stay, "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data(), on=days)
    def postpone(self, *, data: st.DataObject, on: int) -> None:
        stay, first_night = self._stay(data), self._today() + timedelta(days=on)
        self._act(lambda tx: handlers.postpone(tx, stay, first_night, "other", "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data())
    def release(self, *, data: st.DataObject) -> None:
        stay = self._stay(data)
        self._act(lambda tx: handlers.release_place(tx, stay, "other", "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data(), cell=cells)
    def place(self, *, data: st.DataObject, cell: str) -> None:
        stay = self._stay(data)
        self._act(lambda tx: handlers.place(tx, stay, cell, "Chosen.", "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data(), back=st.booleans())
    def go_ahead(self, *, data: st.DataObject, back: bool) -> None:
        stay = self._stay(data)
        if back:
            self._act(lambda tx: handlers.go_in_order(tx, stay, "officer-7"))
        else:
            self._act(lambda tx: handlers.go_ahead(tx, stay, "Chosen.", "officer-7"))

    # The estate

    @rule(cell=cells, start=days, nights=lengths)
    def hold(self, cell: str, start: int, nights: int) -> None:
        first = self._today() + timedelta(days=start)
        until = first + timedelta(days=nights)
        order = handlers.HoldOrder("visit", first, until, self._today() + timedelta(days=10))
        self._act(lambda tx: handlers.make_hold(tx, "DON", cell, order, "officer-7"))

    @rule(cell=cells, start=days, nights=st.one_of(st.none(), lengths))
    def close(self, cell: str, start: int, nights: int | None) -> None:
        order = self._outage(start, nights)
        self._act(lambda tx: handlers.open_outage(tx, "DON", cell, order, "officer-7"))

    @rule(data=st.data())
    def give_back(self, *, data: st.DataObject) -> None:
        known = self._rows("SELECT id, 'outage' AS kind FROM outages UNION ALL SELECT id, 'hold' FROM holds ORDER BY 1")
        if known:
            one = self._pick(data, known)
            end = handlers.end_outage if one.kind == "outage" else handlers.end_hold
            self._act(lambda tx: end(tx, "DON", one.id, "officer-7"))

    @rule(place=st.sampled_from((*CELLS, "DON-F1-U1", "DON-F1-U2")), nights=st.one_of(st.none(), lengths))
    def evacuate(self, place: str, nights: int | None) -> None:
        order = handlers.EvacuationOrder(place, self._outage(0, nights))

        async def carry_out(tx: Tx) -> None:
            plan = await handlers.plan_evacuation(tx.conn, "DON", order, self._today())
            await handlers.evacuate(tx, "DON", order, plan.digest, "officer-7")

        self._act(carry_out)

    @precondition(lambda self: len(self.persons) > 1)
    @rule(data=st.data(), nights=st.one_of(st.none(), lengths))
    def keep_apart(self, *, data: st.DataObject, nights: int | None) -> None:
        one, other = (self._pick(data, self.persons).candidacy for _ in range(2))
        until = None if nights is None else self._today() + timedelta(days=nights)
        self._act(lambda tx: handlers.declare(tx, "DON", (one, other), self._today(), until, "Why.", "officer-7"))
        # Who is near somebody when it is declared is moved by nobody but an officer.
        self.together |= self._together()

    @rule(data=st.data())
    def lift(self, *, data: st.DataObject) -> None:
        known = self._rows("SELECT id, version FROM separations ORDER BY id")
        if known:
            one = self._pick(data, known)
            self._act(lambda tx: handlers.lift(tx, "DON", one.id, one.version, "officer-7"))

    @precondition(lambda self: self.persons)
    @rule(data=st.data())
    def crash(self, *, data: st.DataObject) -> None:
        """An event is handled and the process dies before the commit: nothing has happened, and it comes again."""
        person = self._next_event(data)
        event = a_cancellation(decision_number=person.decision)
        before = self.ground.run(self.ground.rows(_EVERYTHING))

        async def die() -> None:
            kept = record(event, subject=person.candidacy, version=person.version)
            meta = decode(kept.headers)
            async with self.ground.bench.transaction() as tx:
                await handlers.release_bed(tx, event, meta)
                raise Crash

        with contextlib.suppress(Crash):
            self.ground.run(die())
        assert self.ground.run(self.ground.rows(_EVERYTHING)) == before
        self._deliver(person, event)

    @rule(count=st.sampled_from((1, 7, 30)))
    def days_pass(self, count: int) -> None:
        for _ in range(count):
            self.ground.clock.forward(timedelta(days=1))
            self.ground.run(self.ground.bench.fire_timers())
        # Who stays longer than planned may be there when somebody comes from whom the person is kept apart.
        self.together |= self._together()

    # What must be true

    @invariant()
    def nobody_is_brought_near_somebody_from_whom_the_person_is_kept_apart(self) -> None:
        assert self._together() <= self.together

    @invariant()
    def nothing_failed(self) -> None:
        assert self._rows("SELECT type, reason_code, error_class FROM messaging.failed_event") == []
        assert self._rows("SELECT kind, reason_code FROM messaging.timer WHERE attempts > 0") == []

    @invariant()
    def every_rule_holds(self) -> None:
        for name, statement in RULES.items():
            assert (name, self._rows(statement)) == (name, [])

    @invariant()
    def nobody_waits_for_whom_a_bed_is_free(self) -> None:
        async def found() -> list[Any]:
            today = domain.date_in_paris(self.ground.clock.now)
            async with self.ground.engine.connect() as conn:
                return [choice for pool in POOLS if (choice := await store.first_in_line(conn, pool, [], today))]

        assert self.ground.run(found()) == []

    @invariant()
    def whoever_waits_is_told_of_each_cell_why_not(self) -> None:
        async def untold() -> list[Any]:
            found = []
            async with self.ground.engine.connect() as conn:
                for waiting in await placing.waiting_rows(conn, "DON", self._today()):
                    nights = Days(max(waiting.planned_entry, self._today()), waiting.projected_exit)
                    stay = await store.stay(conn, waiting.stay_id)
                    assert stay
                    cells = await explanations.excluded(conn, stay.id, nights) if nights else []
                    found += [(waiting.file_number, one.code) for one in cells if one.rule is None]
            return found

        assert self.ground.run(untold()) == []

    # How it is done

    def _rows(self, statement: str) -> list[Any]:
        return list(self.ground.run(self.ground.rows(statement)))

    def _today(self) -> date:
        return domain.date_in_paris(self.ground.clock.now)

    def _outage(self, start: int, nights: int | None) -> handlers.OutageOrder:
        first = self._today() + timedelta(days=start)
        back = None if nights is None else first + timedelta(days=nights)
        return handlers.OutageOrder("flood", "Maintenance", None, first, back)

    def _together(self) -> set[UUID]:
        return {row.id for row in self._rows(_TOGETHER)}

    def _next_event(self, data: st.DataObject) -> Person:
        number = data.draw(_picks) % len(self.persons)
        person = self.persons[number] = self.persons[number]._replace(version=self.persons[number].version + 1)
        return person

    def _stay(self, data: st.DataObject) -> UUID:
        known = self._rows(
            "SELECT id FROM assignments UNION SELECT stay_id FROM requests WHERE stay_id IS NOT NULL ORDER BY 1"
        )
        return UUID(str(self._pick(data, [row.id for row in known] or [UUID(int=1)])))

    def _pick(self, data: st.DataObject, known: list[Any]) -> Any:
        """One of what is there: what is drawn does not depend on how much that is."""
        return known[data.draw(_picks) % len(known)]

    def _need(self, person: Person, adapted: bool, entry: int, nights: int, decided: int) -> dict[str, Any]:
        planned = domain.date_in_paris(self.ground.clock.now) + timedelta(days=entry)
        return {
            "decision_number": person.decision,
            "decided_on": date(2026, 10, 1) + timedelta(days=decided),
            "file_number": self.persons.index(person) + 1,
            "wing_sex": WingSex.WOMEN,
            "cell_type": CellType.ADAPTED if adapted else CellType.STANDARD,
            "planned_entry": planned,
            "projected_exit": planned + timedelta(days=nights),
        }

    def _deliver(self, person: Person, event: Any) -> list[Published]:
        kept = record(event, subject=person.candidacy, version=person.version, clock=self.ground.clock)
        self.sent.append(kept)
        self.ground.run(self.ground.bench.dispatcher.dispatch([kept]))
        published: list[Published] = self.ground.run(self.ground.bench.published())
        own = [
            one for one in published if one.key == person.candidacy and not one.event_type.endswith(".dates_changed.v1")
        ]
        assert len(own) == 1, "each event about a person has exactly one reply"
        return published

    def _act(self, command: Any) -> None:
        async def act() -> None:
            async with self.ground.bench.transaction(OFFICER) as tx:
                await command(tx)

        with contextlib.suppress(Refused):
            self.ground.run(act())
        self.ground.run(self.ground.bench.published())


_EVERYTHING = """
    SELECT 'request', r.* FROM (SELECT id::text, state, version::text, stay_id::text FROM requests) AS r
    UNION ALL SELECT 'use', u.* FROM (SELECT id::text, cell, nights::text, given_up_at::text FROM bed_uses) AS u
    UNION ALL SELECT 'stay', a.* FROM (SELECT id::text, state, cell_now, departed_on::text FROM assignments) AS a
    UNION ALL SELECT 'free', v.* FROM (SELECT cell, period::text, pool, '' FROM vacancies) AS v
    ORDER BY 1, 2, 3
"""

# Pairs of which one sleeps, or is to sleep, near the other on a day on which they are kept apart.
_TOGETHER = """
    SELECT separations.id FROM separations WHERE lifted_at IS NULL AND EXISTS (
        SELECT FROM bed_uses AS mine JOIN cells AS here ON here.code = mine.cell
        JOIN bed_uses AS theirs ON theirs.candidacy_id = separations.other AND theirs.given_up_at IS NULL
        JOIN cells AS there ON there.code = theirs.cell
        WHERE mine.candidacy_id = separations.one AND mine.given_up_at IS NULL
            AND NOT isempty(mine.nights * theirs.nights * separations.period)
            AND (here.unit = there.unit OR (here.type = 'arrival' AND there.type = 'arrival')))
"""

RULES = {
    "one use of a cell at a time": """
        SELECT one.cell FROM bed_uses AS one JOIN bed_uses AS other ON other.cell = one.cell AND other.id > one.id
        WHERE one.given_up_at IS NULL AND other.given_up_at IS NULL AND one.period && other.period
    """,
    "one cell for a person at a time": """
        SELECT one.cell FROM bed_uses AS one JOIN bed_uses AS other USING (candidacy_id)
        WHERE one.id < other.id AND one.given_up_at IS NULL AND other.given_up_at IS NULL AND one.nights && other.nights
    """,
    "the sex of the person is that of the wing": """
        SELECT bed_uses.id FROM bed_uses JOIN requests USING (candidacy_id) JOIN cells ON cells.code = bed_uses.cell
        JOIN units ON units.code = cells.unit JOIN wings ON wings.code = units.wing
        WHERE bed_uses.given_up_at IS NULL AND requests.state <> 'cancelled' AND wings.sex <> requests.sex
    """,
    "who holds a bed has nights, who does not has none": """
        SELECT requests.id, state FROM requests WHERE (state IN ('proposed', 'confirmed', 'arrived')) <> EXISTS (
            SELECT FROM bed_uses WHERE bed_uses.stay_id = requests.stay_id AND kind = 'stay' AND given_up_at IS NULL
        ) AND state <> 'departed'
    """,
    "a bed that is held belongs to the request's own stay": """
        SELECT assignments.id FROM assignments JOIN requests ON requests.id = assignments.request_id
        WHERE assignments.state <> 'released' AND requests.stay_id IS DISTINCT FROM assignments.id
    """,
    "who has arrived sleeps in a cell, alone": """
        SELECT requests.id FROM requests JOIN assignments ON assignments.id = requests.stay_id
        WHERE (requests.state = 'arrived') <> (assignments.cell_now IS NOT NULL)
    """,
    "what is free is what is not used": """
        SELECT code FROM cells WHERE pool IS NOT NULL AND in_service AND
            (SELECT range_agg(period) FROM vacancies WHERE cell = code) IS DISTINCT FROM
            datemultirange(daterange(NULL, NULL)) - coalesce(
                (SELECT range_agg(period) FROM bed_uses WHERE cell = code AND given_up_at IS NULL), '{}')
    """,
    "nobody who did not need one has an adapted cell, unless it is lent": """
        SELECT bed_uses.id FROM bed_uses JOIN cells ON cells.code = bed_uses.cell JOIN assignments
            ON assignments.id = bed_uses.stay_id JOIN requests ON requests.stay_id = assignments.id
        WHERE given_up_at IS NULL AND cells.type = 'adapted' AND requests.cell_type = 'standard' AND lent_at IS NULL
    """,
    "nothing is kept between a request and an answer": "SELECT id FROM requests WHERE state = 'requested'",
}
"""Each gives the rows that break it."""
