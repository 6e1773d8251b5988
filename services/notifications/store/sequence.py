"""Numbers of notices: each subscription's one after the other, without a gap, so that a partner sees what it missed.

A number is given with the first attempt or pull, in its transaction, and becomes part of the body that is signed. What
was never tried has none: notices that became void before they were sent leave no hole.
"""


def numbering(told: str, *, also: str = "") -> str:
    """Common table expressions that number what has no number yet; the last, `numbered`, has `id`, `sequence`, `base`.

    The counter is locked in the order of subscriptions, so that two that tell the same ones do not wait for each other.

    Args:
        told: an expression before it, of rows `id, subscription_id, sequence, tellable` that are locked.
        also: further columns of the subscription to set, from `taken`, how many rows it has there.
    """
    return f"""
    fresh AS (
        SELECT id, subscription_id, row_number() OVER (PARTITION BY subscription_id ORDER BY id) AS place
        FROM {told} WHERE tellable AND sequence IS NULL
    ), counted AS (
        SELECT subscription_id, count(*) AS taken, count(*) FILTER (WHERE tellable AND sequence IS NULL) AS news
        FROM {told} GROUP BY subscription_id
    ), counters AS MATERIALIZED (
        SELECT s.id FROM subscriptions s JOIN counted ON counted.subscription_id = s.id
        WHERE news > 0 OR s.rate_per_minute IS NOT NULL
        ORDER BY s.id FOR NO KEY UPDATE OF s
    ), moved AS (
        UPDATE subscriptions s SET last_sequence = s.last_sequence + news {also}
        FROM counted JOIN counters ON counters.id = counted.subscription_id
        WHERE s.id = counted.subscription_id
        RETURNING s.id, s.last_sequence - news AS base
    ), numbered AS (
        SELECT fresh.id, base + place AS sequence FROM fresh JOIN moved ON moved.id = fresh.subscription_id
    )"""  # noqa: S608


_BODY = """CASE WHEN numbered.sequence IS NULL THEN d.body ELSE
        substring(d.body FROM 1 FOR length(d.body) - 1)
        || convert_to(',"sequence":' || numbered.sequence || '}', 'UTF8')
    END"""


def given(now: str) -> str:
    """What is set of a delivery `d`: its number and its body with that, if it is given one now; the same ever after.

    With its hash and the instant it belongs to a day's manifest, which stays as it is when the body is emptied later.

    Args:
        now: the parameter with the instant.
    """
    return f"""sequence = coalesce(d.sequence, numbered.sequence), body = {_BODY},
        numbered_at = coalesce(d.numbered_at, CASE WHEN numbered.sequence IS NOT NULL THEN {now} END),
        body_sha256 = coalesce(d.body_sha256, CASE WHEN numbered.sequence IS NOT NULL THEN sha256({_BODY}) END)"""
