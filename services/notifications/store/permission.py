"""Whether a notice may be told now: one condition for every way to a body."""

FORBIDDEN = """
    CASE WHEN n.notice <> 'candidacy.approved' THEN NULL
    WHEN NOT daterange(p.convention_from, p.convention_to) @> CAST(:today AS date) THEN 'convention_ended'
    WHEN NOT EXISTS (
        SELECT FROM approvals a
        WHERE a.candidacy_id = n.candidacy_id AND a.decision_number = n.decision_number
            AND p.category = ANY (a.ordered) AND p.category = ANY (a.allowed)
    ) THEN 'not_allowed' END
"""
"""Of a delivery `n` to a partner `p` on the day `:today`, Europe/Paris: NULL if it may be told, else why not.

A retraction always may: it says less than what was told, and goes to exactly those who have that.
"""
