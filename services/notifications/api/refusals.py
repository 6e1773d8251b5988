"""How the refusals of the rules are answered."""

from services.notifications.domain import EXAMPLE_EVERY, Refusal, Refused
from shared.problems import Problem

PROBLEMS = {
    Refusal.PARTNER_UNKNOWN: Problem(422, "partner-unknown", "There is no such partner."),
    Refusal.NO_SUCH_PARTNER: Problem(404, "no-such-partner", "There is no such partner."),
    Refusal.CONTACT_NOT_ALLOWED: Problem(
        422, "contact-not-allowed", "The contact is not one plain address of a public domain."
    ),
    Refusal.FIELD_NOT_LAWFUL: Problem(
        422, "field-not-lawful", "The law does not let a partner of this category have one of these fields."
    ),
    Refusal.ENDPOINT_NOT_ALLOWED: Problem(
        422,
        "endpoint-not-allowed",
        "The address is neither a public https address on an allowed port nor one plain mailto: address.",
    ),
    Refusal.ENDPOINT_CHANGED: Problem(409, "endpoint-changed", "The address has changed meanwhile; prove it again."),
    Refusal.ENDPOINT_NOT_PROVEN: Problem(
        409, "endpoint-not-proven", "The endpoint did not say that it wants to be told."
    ),
    Refusal.CHANNEL_NOT_OFFERED: Problem(422, "channel-not-offered", "This site sends no e-mail."),
    Refusal.NOT_FOR_MAILBOXES: Problem(409, "not-for-mailboxes", "A mailbox is told by mail alone."),
    Refusal.MAILBOX_PROOF_UNKNOWN: Problem(
        404, "mailbox-proof-unknown", "No mailbox was sent this link, or something later has taken its place."
    ),
    Refusal.MAILBOX_PROOF_USED: Problem(409, "mailbox-proof-used", "The link was followed before."),
    Refusal.MAILBOX_PROOF_EXPIRED: Problem(410, "mailbox-proof-expired", "The link is older than seven days."),
    Refusal.APPROVAL_BY_THE_SAME: Problem(
        403, "approval-by-the-same", "Somebody else than who asked for it has to approve it."
    ),
    Refusal.HOLD_TOO_LONG: Problem(
        422, "hold-too-long", "Deliveries are held for thirty days at most, and until an instant to come."
    ),
    Refusal.NOTICE_VERSION_UNKNOWN: Problem(
        422, "notice-version-unknown", "The catalogue of notices has no such version."
    ),
    Refusal.EXAMPLE_TOO_SOON: Problem(
        429,
        "example-too-soon",
        "An example was sent to this endpoint a moment ago.",
        headers={"Retry-After": str(int(EXAMPLE_EVERY.total_seconds()))},
    ),
    Refusal.SCOPE_MATCHES_NOTHING: Problem(
        422,
        "scope-matches-nothing",
        "Nothing would ever be told: retractions only go to who was told, and a convention that is over tells nobody.",
    ),
    Refusal.SCOPE_UNCHANGED: Problem(409, "scope-unchanged", "These types are served already."),
    Refusal.SCOPE_NOT_ASKED: Problem(409, "scope-not-asked", "No wider scope waits for approval."),
    Refusal.SCOPE_CHANGED: Problem(409, "scope-changed", "Another scope waits for approval; look at it first."),
    Refusal.SCOPE_ASKED_BY_ANOTHER: Problem(
        403, "scope-asked-by-another", "Only who asked for a wider scope takes it back."
    ),
    Refusal.SECRET_INVALID: Problem(
        422, "secret-invalid", "A signing secret is `whsec_` and the base64 of 24 to 64 random bytes."
    ),
    Refusal.TOKEN_URL_NOT_ALLOWED: Problem(
        422, "token-url-not-allowed", "The token endpoint is not a public https address on an allowed port."
    ),
    Refusal.CERTIFICATE_INVALID: Problem(
        422, "certificate-invalid", "The certificate or its key is no PEM, has a password, or is too weak for TLS."
    ),
    Refusal.CERTIFICATE_KEY_MISMATCH: Problem(
        422, "certificate-key-mismatch", "The key is not that of the first certificate."
    ),
    Refusal.CERTIFICATE_EXPIRED: Problem(
        422, "certificate-expired", "The certificate, or one that it leads to, is not valid now."
    ),
    Refusal.SUBSCRIPTION_UNKNOWN: Problem(404, "subscription-unknown", "There is no such subscription."),
    Refusal.REFERENCE_UNKNOWN: Problem(404, "reference-unknown", "You were told nothing under this reference."),
    Refusal.DELIVERY_UNKNOWN: Problem(404, "delivery-unknown", "There is no such delivery."),
    Refusal.DELIVERY_NOT_FAILED: Problem(
        409, "delivery-not-failed", "Only a delivery that was given up can be tried again or set aside."
    ),
    Refusal.DELIVERY_NOT_RESENDABLE: Problem(
        409, "delivery-not-resendable", "Only a delivery that was accepted or given up can be sent again."
    ),
    Refusal.DELIVERY_WITHDRAWN: Problem(
        409, "delivery-withdrawn", "What the delivery says is no longer true; it will not be sent."
    ),
    Refusal.DELIVERY_EXPIRED: Problem(
        409, "delivery-expired", "The delivery ended so long ago that its body is not kept any more."
    ),
    Refusal.SUBSCRIPTION_DISABLED: Problem(
        409, "subscription-disabled", "The endpoint said that it is gone; a new subscription is needed."
    ),
    Refusal.REPLAY_RANGE: Problem(
        422, "replay-range", "A replay has a beginning and an end, both past, the end later, and ninety days at most."
    ),
    Refusal.REPLAY_TOO_FAST: Problem(
        422, "replay-too-fast", "A replay is no faster than the rate of its subscription."
    ),
    Refusal.REPLAY_EMPTY: Problem(422, "replay-empty", "Nothing in the range can be sent again."),
    Refusal.REPLAY_RUNNING: Problem(409, "replay-running", "Another replay of the subscription is not over."),
    Refusal.REPLAY_UNKNOWN: Problem(404, "replay-unknown", "There is no such replay."),
    Refusal.REPLAY_OVER: Problem(409, "replay-over", "The replay has ended already."),
}
"""The problem of each refusal."""

REFUSALS = (Refused, PROBLEMS)
"""For `create_app`."""
