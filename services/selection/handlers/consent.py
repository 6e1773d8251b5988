"""Use cases of the person's consent: a text was signed; which categories of partners may be told."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from services.selection import domain, store
from services.selection.domain.journey import PARTNERS
from services.selection.handlers.files import opened, order, write
from shared.contracts import selection as contract
from shared.messaging import Event, Tx


async def record_consent(
    tx: Tx, candidacy_id: UUID, editor: domain.Editor, *, text_version: str, signed_on: date
) -> UUID:
    """Enters a signed consent, in the place of an earlier one. The opinion is not made anew by it.

    Args:
        text_version: of the text that was signed.
        signed_on: date on the paper, Europe/Paris.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`; `impossible-dates`, `consent-text-unknown`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.RECORD_CONSENT, editor)
    domain.check_signature(text_version, signed_on, file.case.facts, domain.date_in_paris(tx.now))
    values = {
        "consent_text": text_version,
        "consent_signed_on": signed_on,
        "consent_withdrawn_on": None,
        "consent_recorded_by": editor.id,
        "consent_recorded_at": tx.now,
    }
    written = await write(tx, file, domain.Act.RECORD_CONSENT, state, editor, values=values)
    answer = domain.Answer(domain.PROGRAMME, yes=True, text_version=text_version, dated_on=signed_on)
    await store.insert_answers(tx.conn, file.id, [answer], written)
    return file.id


async def answer_partners(
    tx: Tx, candidacy_id: UUID, answers: Mapping[domain.PartnerCategory, bool], editor: domain.Editor
) -> UUID:
    """Enters the person's yes or no to categories of partners; those that are not named keep their answer.

    Once the file is approved, whoever tells partners obeys at once. Before, the approval lists the categories.

    Returns:
        The id of the candidacy.

    Raises:
        domain.Refused: as `domain.admit`.
    """
    file, state = await opened(tx, candidacy_id, domain.Act.RECORD_CONSENT, editor)
    before = file.wishes.partner_categories
    after = domain.categories_after(before, answers)
    version = None
    if state is domain.State.APPROVED and set(after) != set(before):
        allowed = tuple(contract.PartnerCategory(one) for one in after)
        events: list[tuple[str, Event]] = [(PARTNERS, contract.PartnerConsentChanged(partner_categories=allowed))]
        version = await order(tx, file, events, decision_number=file.decision_number)
    values = {"partner_categories": [one.value for one in after]}
    written = await write(tx, file, domain.Act.RECORD_CONSENT, state, editor, version=version, values=values)
    given = [domain.Answer(category.value, yes=yes) for category, yes in answers.items()]
    await store.insert_answers(tx.conn, file.id, given, written)
    return file.id
