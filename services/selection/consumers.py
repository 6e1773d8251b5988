"""What selection consumes: replies to decisions; arrival and departure; what partners may ask; its alarms."""

from services.selection import handlers
from shared.contracts import citizen_space, notifications, placement
from shared.messaging import Consumer, at, on

consumer = Consumer(
    "selection",
    (
        on(placement.BedAssigned, handlers.record_stay),
        on(placement.AssignmentConfirmed, handlers.record_stay),
        on(placement.BedWaitlisted, handlers.record_stay),
        on(placement.BedReleased, handlers.record_stay),
        on(placement.NothingToRelease, handlers.record_stay),
        on(placement.AssignmentExpired, handlers.record_stay),
        on(placement.ReleaseAwaitsDeparture, handlers.record_stay),
        on(placement.Arrived, handlers.record_arrival),
        on(placement.Departed, handlers.record_departure),
        on(citizen_space.Enrolled, handlers.record_enrolment),
        on(citizen_space.EnrolmentConfirmed, handlers.record_enrolment),
        on(citizen_space.EnrolmentWaitlisted, handlers.record_enrolment),
        on(citizen_space.EnrolmentPromoted, handlers.record_enrolment),
        on(citizen_space.EnrolmentCancelled, handlers.record_enrolment),
        on(citizen_space.NothingToCancel, handlers.record_enrolment),
        on(notifications.AlertsPlanned, handlers.record_alerts_planned),
        on(notifications.PartnerAlerted, handlers.record_alert),
        on(notifications.PartnerAlertFailed, handlers.record_delivery),
        on(notifications.PartnerConventionRecorded, handlers.record_convention),
        at(handlers.DEADLINE, handlers.DeadlineAlarm, handlers.ring_deadline),
        at(handlers.ENTRY, handlers.Watch, handlers.review_entry),
        at(handlers.DORMANCY, handlers.Watch, handlers.review_dormant),
        at(handlers.RELEASE_WINDOW, handlers.ReleaseWindow, handlers.open_release_window),
    ),
    chunk=50,
)
