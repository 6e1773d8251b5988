"""Why placement says no: one code per reason, and the exception that carries it."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why an officer's act is refused."""

    STAY_UNKNOWN = "stay-unknown"
    STAY_WAITING = "stay-waiting"
    STAY_CONFIRMED = "stay-confirmed"
    STAY_RELEASED = "stay-released"
    PROPOSAL_OVERDUE = "proposal-overdue"
    STAY_UNCONFIRMED = "stay-unconfirmed"
    STAY_ARRIVED = "stay-arrived"
    STAY_NOT_ARRIVED = "stay-not-arrived"
    STAY_DEPARTED = "stay-departed"
    CELL_OCCUPIED = "cell-occupied"
    ARRIVAL_OUT_OF_DATES = "arrival-out-of-dates"
    DEPARTURE_OUT_OF_DATES = "departure-out-of-dates"
    COUNT_UNKNOWN = "count-unknown"
    COUNT_CORRECTED = "count-corrected"
    PLACE_UNKNOWN = "place-unknown"
    PLACES_NOT_COUNTED_ONCE = "places-not-counted-once"

    CELL_UNKNOWN = "cell-unknown"
    CELL_CLOSED = "cell-closed"
    CELL_TAKEN = "cell-taken"
    CELL_TYPE_UNFIT = "cell-type-unfit"
    SEX_UNFIT = "sex-unfit"
    KEPT_APART = "kept-apart"
    CAPACITY_UNDER_OCCUPANCY = "capacity-under-occupancy"
    IMPOSSIBLE_DATES = "impossible-dates"
    DATE_TOO_FAR = "date-too-far"
    DATE_PAST = "date-past"

    OUTAGE_UNKNOWN = "outage-unknown"
    OUTAGE_ENDED = "outage-ended"
    HOLD_UNKNOWN = "hold-unknown"
    HOLD_ENDED = "hold-ended"
    NOTHING_CHANGES = "nothing-changes"

    ORDER_STANDS = "transfer-order-stands"
    ORDER_DIFFERS = "transfer-order-differs"
    NO_ORDER = "no-transfer-order"
    NOT_IN_ARRIVAL_PHASE = "not-in-arrival-phase"
    RECORD_UNKNOWN = "record-unknown"
    RECORD_CLOSED = "record-closed"
    RECORD_OPEN = "record-open"
    RECORD_CODE_UNKNOWN = "record-code-unknown"
    PHASE_RECORDED = "phase-recorded"
    PHASE_OUT_OF_ORDER = "phase-out-of-order"

    SEPARATION_UNKNOWN = "separation-unknown"
    SEPARATION_LIFTED = "separation-lifted"
    SEPARATION_EXISTS = "separation-exists"
    SAME_PERSON = "same-person"
    STALE_VERSION = "stale-version"

    STAY_NOT_WAITING = "stay-not-waiting"
    STAY_AHEAD = "stay-ahead"
    STAY_NOT_AHEAD = "stay-not-ahead"
    NOTHING_LENT = "nothing-lent"

    PLACE_TO_CLOSE_UNKNOWN = "place-to-close-unknown"
    PLAN_STALE = "plan-stale"
    EVACUATION_UNKNOWN = "evacuation-unknown"


class Refused(Exception):
    """The act is refused and nothing has changed.

    Args:
        refusal: why, as a stable code.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal
