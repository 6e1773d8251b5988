"""Why a command is refused."""

from enum import StrEnum

from services.notifications.domain.notice import State


class Refusal(StrEnum):
    """Stable codes of what may not be done now."""

    PARTNER_UNKNOWN = "partner-unknown"
    """A subscription names a partner that does not exist."""
    NO_SUCH_PARTNER = "no-such-partner"
    """The partner whose contact is set does not exist."""
    CONTACT_NOT_ALLOWED = "contact-not-allowed"
    """A partner's contact is not one plain address of a public domain."""
    FIELD_NOT_LAWFUL = "field-not-lawful"
    """A convention names a field that the law does not grant bodies of that category."""
    ENDPOINT_NOT_ALLOWED = "endpoint-not-allowed"
    """The address of a subscription is one that we never call."""
    ENDPOINT_CHANGED = "endpoint-changed"
    """Another address was set while the one before proved itself."""
    ENDPOINT_NOT_PROVEN = "endpoint-not-proven"
    """The endpoint did not say that it wants to be told."""
    CHANNEL_NOT_OFFERED = "channel-not-offered"
    """This site sends no e-mail: its settings are missing."""
    NOT_FOR_MAILBOXES = "not-for-mailboxes"
    """Only an endpoint can be sent an example."""
    MAILBOX_PROOF_UNKNOWN = "mailbox-proof-unknown"
    """No mailbox was sent this link, or a later mail or another address has taken its place."""
    MAILBOX_PROOF_USED = "mailbox-proof-used"
    """The link was followed before."""
    MAILBOX_PROOF_EXPIRED = "mailbox-proof-expired"
    """Links can be followed for seven days."""
    APPROVAL_BY_THE_SAME = "approval-by-the-same"
    """Who asked for an address cannot approve it too."""
    HOLD_TOO_LONG = "hold-too-long"
    """Deliveries are held for thirty days at most, and until an instant to come."""
    NOTICE_VERSION_UNKNOWN = "notice-version-unknown"
    """The catalogue has no such version."""
    EXAMPLE_TOO_SOON = "example-too-soon"
    """The last example that was sent to the endpoint is too recent."""
    SCOPE_MATCHES_NOTHING = "scope-matches-nothing"
    """Nothing would ever be told: only retractions are asked for, or the partner's convention is over."""
    SCOPE_UNCHANGED = "scope-unchanged"
    """The types asked for are those that are served."""
    SCOPE_NOT_ASKED = "scope-not-asked"
    """No wider scope waits for anybody."""
    SCOPE_CHANGED = "scope-changed"
    """Another scope waits than the one that is approved."""
    SCOPE_ASKED_BY_ANOTHER = "scope-asked-by-another"
    """Only who asked for a wider scope takes it back."""
    SECRET_INVALID = "secret-invalid"  # noqa: S105
    """A signing secret that a partner brings is not `whsec_` and base64 of 24 to 64 bytes."""
    TOKEN_URL_NOT_ALLOWED = "token-url-not-allowed"  # noqa: S105
    """The address of a token endpoint is one that we never call."""
    CERTIFICATE_INVALID = "certificate-invalid"
    """A client certificate or its key is no PEM, has a password, or is too weak for TLS."""
    CERTIFICATE_KEY_MISMATCH = "certificate-key-mismatch"
    """The key is not that of the first certificate."""
    CERTIFICATE_EXPIRED = "certificate-expired"
    """The certificate, or one that it leads to, is not valid now."""
    SUBSCRIPTION_UNKNOWN = "subscription-unknown"
    """There is no such subscription."""
    REFERENCE_UNKNOWN = "reference-unknown"
    """The partner was told nothing under this reference."""
    DELIVERY_UNKNOWN = "delivery-unknown"
    """There is no such delivery."""
    DELIVERY_NOT_FAILED = "delivery-not-failed"
    """Only a delivery that was given up can be tried again by hand."""
    DELIVERY_NOT_RESENDABLE = "delivery-not-resendable"
    """Only a delivery that was accepted or given up can be sent again by hand."""
    DELIVERY_WITHDRAWN = "delivery-withdrawn"
    """What the delivery says is no longer true: the candidacy has been undone since, or approved anew."""
    DELIVERY_EXPIRED = "delivery-expired"
    """It ended so long ago that its body is not kept any more."""
    SUBSCRIPTION_DISABLED = "subscription-disabled"
    """The endpoint said that it is gone (410, no such mailbox, a complaint); a new subscription is needed."""
    REPLAY_RANGE = "replay-range"
    """A replay is of a range of the past: a beginning before its end, ninety days at most."""
    REPLAY_TOO_FAST = "replay-too-fast"
    """A replay is no faster than what its subscription takes of everything."""
    REPLAY_EMPTY = "replay-empty"
    """Nothing in the range can be sent again."""
    REPLAY_RUNNING = "replay-running"
    """Another replay of the subscription is not over."""
    REPLAY_UNKNOWN = "replay-unknown"
    """There is no such replay."""
    REPLAY_OVER = "replay-over"
    """The replay has ended already."""


class Refused(Exception):
    """A command that the rules refuse. Nothing has changed.

    Args:
        refusal: why.
    """

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class Resend(StrEnum):
    """Why a person has a delivery sent again."""

    GIVEN_UP = "given_up"
    ASKED_BY_PARTNER = "asked_by_partner"
    LOST_BY_PARTNER = "lost_by_partner"
    ENDPOINT_REPAIRED = "endpoint_repaired"
    INCIDENT = "incident"
    OTHER = "other"


def refuse_retry(state: State, *, withdrawn: bool, expired: bool, gone: bool) -> Refusal | None:
    """Why a delivery may not be tried again as one that failed; None when it may. Arguments as for `refuse_resend`."""
    if state is not State.FAILED:
        return Refusal.DELIVERY_NOT_FAILED
    return refuse_resend(state, withdrawn=withdrawn, expired=expired, gone=gone)


def refuse_resend(state: State, *, withdrawn: bool, expired: bool, gone: bool) -> Refusal | None:
    """Why a delivery may not be sent again by hand; None when it may.

    Args:
        state: where it stands.
        withdrawn: whether a later notice has overtaken it.
        expired: whether its body is kept no more.
        gone: whether its endpoint has said that it is; one that is being changed is sent to once that is done.
    """
    if state not in {State.FAILED, State.DELIVERED}:
        return Refusal.DELIVERY_NOT_RESENDABLE
    if withdrawn:
        return Refusal.DELIVERY_WITHDRAWN
    if expired:
        return Refusal.DELIVERY_EXPIRED
    return Refusal.SUBSCRIPTION_DISABLED if gone else None
