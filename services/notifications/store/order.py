"""What comes before and after a notice among those about the same person, as conditions for statements."""

BEHIND = """
    (s.ordered AND EXISTS (
        SELECT FROM deliveries e
        WHERE e.candidacy_id = n.candidacy_id AND e.subscription_id = s.id
            AND e.state IN ('pending', 'waiting') AND (e.created_at, e.id) < (n.created_at, n.id)
    ))
"""
"""Of a delivery `n` of a subscription `s`: it waits, because an earlier one about the same person has not ended."""

OVERTAKEN = """
    (n.superseded_by IS NOT NULL OR n.notice = 'candidacy.withdrawn' AND EXISTS (
        SELECT FROM deliveries later
        WHERE later.candidacy_id = n.candidacy_id AND later.subscription_id = n.subscription_id
            AND later.notice = 'candidacy.approved' AND later.state NOT IN ('cancelled', 'refused')
            AND (later.created_at, later.id) > (n.created_at, n.id)
    ))
"""
"""Of a delivery `n`: what it says is no longer so. Said again, it would be the last that the partner hears."""
