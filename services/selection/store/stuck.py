"""Which files are stuck, by what, and since when: a query, so that no row can say it wrongly."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from services.selection import domain

PATIENCE = timedelta(minutes=5)
"""A reply that is missing for longer will not come by itself."""

_OPEN = "c.state IN ('draft', 'submitted', 'assessed', 'deferred', 'approved') AND c.departed_on IS NULL"
_LATEST = """
    CROSS JOIN LATERAL (
        SELECT h.version, (h.at AT TIME ZONE 'Europe/Paris')::date AS since FROM file_history AS h
        WHERE h.candidacy_id = c.id AND h.act IN ({acts}) ORDER BY h.version DESC LIMIT 1
    ) AS start
"""
_HANDED_IN = _LATEST.format(acts=", ".join(f"'{act.value}'" for act in domain.HANDED_IN))
_APPROVED = _LATEST.format(acts=f"'{domain.Act.APPROVE.value}'")
_NOT_ASSESSED = """
    NOT EXISTS (SELECT FROM file_history AS a
        WHERE a.candidacy_id = c.id AND a.act = 'assess' AND a.version > start.version)
"""
_NOT_CONFIRMED = """
    NOT EXISTS (SELECT FROM journey_steps AS s
        WHERE s.candidacy_id = c.id AND s.step = 'accommodation' AND s.fact = 'assignment_confirmed')
"""
_EXPECTED = "c.departed_on IS NULL AND c.arrived_on IS NULL AND c.state = 'approved'"


def _level(level: domain.Level, start: str, waiting: str) -> str:
    """Files that wait for a level although its last day, `start` and the parameter named like the level, is over."""
    late = f"start.since + CAST(:{level.value} AS integer)"
    return f"""
    SELECT c.id, '{domain.Snag.LEVEL_PASSED.value}', '{level.value}',
        ({late} + 1)::timestamp AT TIME ZONE 'Europe/Paris'
    FROM candidacies AS c {start} WHERE {waiting} AND {late} < CAST(:today AS date)
    """  # noqa: S608


# Text, for it is big and always the same: built of expressions, it would take longer to compile than to answer.
STUCK = (
    sa.text(
        f"""
    SELECT r.candidacy_id, '{domain.Snag.REPLY_MISSING.value}' AS snag, r.step AS what, r.asked_at AS since
    FROM expected_replies AS r JOIN candidacies AS c ON c.id = r.candidacy_id
    WHERE {_OPEN} AND r.answered_at IS NULL AND r.asked_at < CAST(:asked_before AS timestamptz)
    UNION ALL
    SELECT d.candidacy_id, '{domain.Snag.DEADLINE_PASSED.value}', d.kind,
        (d.due_on + 1)::timestamp AT TIME ZONE 'Europe/Paris'
    FROM deadlines AS d JOIN candidacies AS c ON c.id = d.candidacy_id
    WHERE {_OPEN} AND d.met_at IS NULL AND d.due_on < CAST(:today AS date)
    UNION ALL {_level(domain.Level.FILE_COMPLETE, _HANDED_IN, f"c.state = 'submitted' AND {_NOT_ASSESSED}")}
    UNION ALL {_level(domain.Level.DECIDED, _HANDED_IN, "c.state IN ('submitted', 'assessed')")}
    UNION ALL {_level(domain.Level.ORDER_ISSUED, _APPROVED, f"{_EXPECTED} AND {_NOT_CONFIRMED}")}
    UNION ALL {_level(domain.Level.ARRIVED, _APPROVED, _EXPECTED)}
    """  # noqa: S608
    )
    .columns(
        sa.column("candidacy_id", sa.Uuid),
        sa.column("snag", sa.Text),
        sa.column("what", sa.Text),
        sa.column("since", sa.DateTime(timezone=True)),
    )
    .subquery("stuck")
)
"""Rows of `candidacy_id, snag, what, since` of open files; a file may have several. Parameters: `parameters`.

`domain.levels` says the same of one file's service levels.
"""


def parameters(now: datetime, policy: domain.Policy) -> dict[str, object]:
    """What `STUCK` needs.

    Args:
        now: UTC.
        policy: how many days each service level has.
    """
    return {
        "today": domain.date_in_paris(now),
        "asked_before": now - PATIENCE,
        domain.Level.FILE_COMPLETE.value: policy.level_complete_days,
        domain.Level.DECIDED.value: policy.level_decided_days,
        domain.Level.ORDER_ISSUED.value: policy.level_order_days,
        domain.Level.ARRIVED.value: policy.level_arrived_days,
    }
