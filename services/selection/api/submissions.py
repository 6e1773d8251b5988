"""What an officer types of a file: identity, penal facts, consent, wishes; and the file that it asks for."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from services.selection import domain, handlers
from services.selection.api.fields import Body, Categories, Day, Name, SiteCode, Wishes
from shared.auth import Principal
from shared.problems import WRONG_SITE


class IdentityBody(Body):
    """Who the candidate is. It goes to the vault."""

    last_name: Name
    first_names: Name
    birth_date: Day
    ecrou_number: Annotated[Name, Field(max_length=40)]
    sex: domain.Sex


class DurationBody(Body):
    """Years, months (12 or more allowed) and days (0 to 30) as pronounced."""

    years: Annotated[StrictInt, Field(ge=0, le=1000)] = 0
    months: Annotated[StrictInt, Field(ge=0, le=12_000)] = 0
    days: Annotated[StrictInt, Field(ge=0, le=400_000)] = 0

    def duration(self) -> domain.Duration:
        """As the rules take it; days alone are refused."""
        return domain.Duration(self.years, self.months, self.days)


class SentenceBody(Body):
    """One sentence under execution; `firm` is the part to serve where the rest is suspended."""

    pronounced: DurationBody
    firm: DurationBody | None = None

    def sentence(self) -> domain.Sentence:
        """As the rules take it."""
        return domain.Sentence(self.pronounced.duration(), None if self.firm is None else self.firm.duration())


class PenalBody(Body):
    """The penal situation as the extract shows it; what it does not say is left out."""

    status: domain.PenalStatus | None = None
    sentences: Annotated[tuple[SentenceBody, ...], Field(max_length=50)] = ()
    sentence_end: Day | None = None
    extract_on: Day | None = None
    specially_flagged: StrictBool = False
    """Listed among the détenus particulièrement signalés."""
    terrorism: StrictBool = False
    """Sentenced for an act of terrorism."""
    separation: StrictBool = False
    """There is a contact or place ban, or an incompatibility with somebody at the site; never which."""
    other_proceedings: StrictBool = False
    """Another title to execute, a hearing or a measure is pending; never which."""
    adjustment_requested: StrictBool = False
    """The person has asked the judge to adjust the sentence."""


class ConsentBody(Body):
    """The candidate's written yes."""

    signed_on: Day | None = None
    withdrawn_on: Day | None = None


class CandidacyBody(Body):
    """A file as handed in."""

    site: SiteCode
    draft: StrictBool = False
    """Kept for later, and handed in by `submit`; else it is handed in at once."""
    identity: IdentityBody
    person_id: UUID | None = None
    """Whom the officer knows the candidate to be, after `possible-homonym`; `/v1/persons/homonyms` lists them."""
    different_person: StrictBool = False
    """The officer knows that all persons of that name and birth date are others."""
    penal: PenalBody = PenalBody()
    consent: ConsentBody = ConsentBody()
    planned_entry: Day | None = None
    adapted_cell: StrictBool = False
    """Whether a cell for reduced mobility is needed; never why."""
    training_wishes: Annotated[Wishes, Field(max_length=10)] = ()
    """Activity codes, first wish first."""
    local_project: StrictBool | None = None
    """Whether the person has a project around the site; left out where nobody asked."""
    partner_categories: Annotated[Categories, Field(max_length=len(domain.PartnerCategory))] = ()
    """Who may be told, as agreed by the person."""

    @model_validator(mode="after")
    def _same_or_different(self) -> Self:
        if self.different_person and self.person_id is not None:
            raise PydanticCustomError("same_and_different", "a person is known or is another one, not both")
        return self

    def submission(self, principal: Principal, site: str) -> handlers.Submission:
        """As the use case takes it.

        Raises:
            Problem: `wrong-site`.
            domain.Refused: as `handlers.Submission`.
        """
        if self.site != site:
            raise WRONG_SITE.problem()
        return handlers.Submission(
            site=self.site,
            prepared_by=principal.subject,
            establishment=principal.establishment,
            identity=domain.Identity(**dict(self.identity)),
            facts=domain.Facts(
                penal_status=self.penal.status,
                sentences=tuple(sentence.sentence() for sentence in self.penal.sentences),
                sentence_end=self.penal.sentence_end,
                extract_on=self.penal.extract_on,
                consent_signed_on=self.consent.signed_on,
                consent_withdrawn_on=self.consent.withdrawn_on,
                planned_entry=self.planned_entry,
                specially_flagged=self.penal.specially_flagged,
                terrorism=self.penal.terrorism,
                separation=self.penal.separation,
                other_proceedings=self.penal.other_proceedings,
                adjustment_requested=self.penal.adjustment_requested,
                local_project=self.local_project,
            ),
            wishes=domain.Wishes(self.adapted_cell, self.training_wishes, self.partner_categories),
            draft=self.draft,
            person_id=self.person_id,
            different_person=self.different_person,
        )
