"""What each refusal becomes over HTTP."""

from services.placement.domain import Refusal
from shared.problems import Problem

_ANSWERS = {
    Refusal.STAY_UNKNOWN: (404, "There is no such stay."),
    Refusal.STAY_WAITING: (409, "The stay is on the waiting list; no bed is proposed."),
    Refusal.STAY_CONFIRMED: (409, "The stay is confirmed already."),
    Refusal.STAY_RELEASED: (409, "The bed of this stay has been given up."),
    Refusal.PROPOSAL_OVERDUE: (409, "The proposal is past its date; the bed stays held."),
    Refusal.STAY_UNCONFIRMED: (409, "Nobody arrives on a bed that is not confirmed."),
    Refusal.STAY_ARRIVED: (409, "The arrival on this stay is recorded already."),
    Refusal.STAY_NOT_ARRIVED: (409, "Nobody has arrived on this stay."),
    Refusal.STAY_DEPARTED: (409, "The departure from this stay is recorded already."),
    Refusal.CELL_OCCUPIED: (409, "Somebody else has the cell on that day."),
    Refusal.ARRIVAL_OUT_OF_DATES: (422, "The arrival is too early for the stay, after its end, or in the future."),
    Refusal.DEPARTURE_OUT_OF_DATES: (422, "The departure is before the arrival or in the future."),
    Refusal.COUNT_UNKNOWN: (404, "There is no such roll count."),
    Refusal.COUNT_CORRECTED: (409, "Another count has corrected this one already."),
    Refusal.PLACE_UNKNOWN: (422, "A count names wings, units, and cells that belong to none, of this site."),
    Refusal.PLACES_NOT_COUNTED_ONCE: (422, "Every cell of the site is counted once: by its unit or by its wing."),
}

PROBLEMS = {refusal: Problem(status, refusal.value, title) for refusal, (status, title) in _ANSWERS.items()}
"""The problem of each refusal."""
