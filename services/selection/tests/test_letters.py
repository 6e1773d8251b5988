"""The letter to the person: plain French, whole, accessible, escaped, logged, and never stored."""

from html.parser import HTMLParser
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from services.selection import domain, store
from services.selection.letters import day_in_words, easy_letter, letter, words
from services.selection.tables import decisions, identities
from services.selection.tests.builders import POLICY, TODAY, a_body
from services.selection.tests.officers import GROUNDS, NOBODY, Api, problem
from services.selection.tests.test_hand_overs import hand_over
from services.selection.tests.test_postponements import defer

INFORMING = {"Purpose": "informing_the_person"}
SCRIPT = "<script>alert('x')</script>"


class Page(HTMLParser):
    """What a page is made of: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._in_style else data

    @property
    def headings(self) -> list[int]:
        """Their levels, in order."""
        return [int(tag[1]) for tag, _ in self.elements if tag in ("h1", "h2", "h3")]


async def read(api: Api, decision: dict[str, Any], part: str = "letter", by: str = "spip") -> httpx.Response:
    answer = await api.see(f"/decisions/{decision['id']}/{part}", by=by, **INFORMING)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer


async def test_an_approval_tells_its_reasons_effects_remedies_and_the_part_of_the_algorithm(api: Api) -> None:
    candidacy_id = await api.assessed(identity={**a_body()["identity"], "first_names": "Dominique"})
    decision = (await api.approve(candidacy_id)).json()
    text = Page((await read(api, decision)).text).text
    for said in (
        "Monsieur Dominique Fictif",
        "000123",
        "DON-2026-000001",
        "Votre candidature est acceptée",
        GROUNDS["reasons"],
        "du 11 janvier 2027 au 23 novembre 2028",
        "DON-WEB, DON-BASIC",
        "à partir du 1er février 2027",
        "le service public de l'emploi, la Région",
        "Vous pouvez faire un recours hiérarchique pendant 2 mois",
        "au greffe de votre établissement",
        "Tribunal administratif",
        "L. 311-3-1",
        "Il ne décide pas",
        "Solange Brisefer",
        "Par délégation : 2026-014",
        GROUNDS["authority"],
    ):
        assert said in text, said
    assert "1990" not in text


async def test_a_letter_that_is_read_after_the_hand_over_names_the_last_day_of_the_appeal(api: Api) -> None:
    decision = await api.refused()
    await hand_over(api, decision)
    for part in ("letter", "letter/easy"):
        assert "25 janvier 2027" in Page((await read(api, decision, part)).text).text


async def test_a_refusal_tells_each_reason_of_the_closed_list_and_no_effects(api: Api) -> None:
    decision = await api.refused(reason_codes=["PROJECT_INSUFFICIENT", "OFFER_UNSUITABLE"])
    for part in ("letter", "letter/easy"):
        text = Page((await read(api, decision, part)).text).text
        assert words.REASONS[domain.RefusalReason.PROJECT_INSUFFICIENT] in text
        assert words.REASONS[domain.RefusalReason.OFFER_UNSUITABLE] in text
        assert "cellule" not in text


async def test_a_deferral_says_until_when(api: Api) -> None:
    decision = (await defer(api, await api.assessed())).json()
    for part in ("letter", "letter/easy"):
        assert "1er mars 2027" in Page((await read(api, decision, part)).text).text


async def test_the_competent_authority_signs_in_its_own_name(api: Api) -> None:
    candidacy_id = await api.assessed()
    body = {"reasons": "So.", "authority": "DISP", "reason_codes": ["OTHER"]}
    decision = (await api.post(f"/{candidacy_id}/refuse", body, by="director")).json()
    text = Page((await read(api, decision)).text).text
    assert "De sa propre compétence" in text
    assert "own competence" not in text


@pytest.mark.parametrize("kind", domain.Kind)
async def test_every_kind_of_decision_has_its_letters(api: Api, kind: domain.Kind) -> None:
    decision = await api.refused()
    async with api.engine.begin() as conn:
        await conn.execute(sa.update(decisions).values(kind=kind.value))
    for part in ("letter", "letter/easy"):
        assert words.OUTCOMES[kind].heading in Page((await read(api, decision, part)).text).text


def test_every_word_of_the_closed_lists_is_there_in_french() -> None:
    assert set(words.OUTCOMES) == set(domain.Kind)
    assert set(words.REASONS) == set(domain.RefusalReason)
    assert set(words.CATEGORIES) == set(domain.PartnerCategory)
    assert set(words.TITLE_WORDS) == set(domain.Sex)
    assert day_in_words(TODAY) == "23 novembre 2026"


@pytest.mark.parametrize("part", ["letter", "letter/easy"])
async def test_names_and_own_words_are_escaped(api: Api, part: str) -> None:
    identity = {**a_body()["identity"], "last_name": SCRIPT, "first_names": "<b>", "ecrou_number": '"><i>'}
    candidacy_id = await api.assessed(identity=identity)
    order = await api.order(candidacy_id, reasons=f"{SCRIPT} & more", authority=SCRIPT)
    decision = (await api.post(f"/{candidacy_id}/approve", order, by="decision_authority")).json()
    page = Page((await read(api, decision, part)).text)
    assert not {tag for tag, _ in page.elements} & {"script", "b", "i"}
    assert SCRIPT in page.text


@pytest.mark.parametrize("part", ["letter", "letter/easy"])
async def test_a_letter_can_be_read_by_everybody_and_printed(api: Api, part: str) -> None:
    candidacy_id = await api.assessed()
    html = (await read(api, (await api.approve(candidacy_id)).json(), part)).text
    page = Page(html)
    assert ("html", {"lang": "fr"}) in page.elements
    assert [tag for tag, _ in page.elements].count("main") == 1
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert "@media print" in html
    assert "@page" in html
    # Black on white: nothing is told by colour, and nothing comes from elsewhere.
    assert "src=" not in html
    assert "url(" not in html
    assert {line.split("#")[1][:6].strip("; }") for line in html.split("color:")[1:] if "#" in line[:4]} <= {"161616"}


async def test_the_easy_letter_is_short_and_big(api: Api) -> None:
    candidacy_id = await api.assessed()
    decision = (await api.approve(candidacy_id)).json()
    whole, easy = [(await read(api, decision, part)).text for part in ("letter", "letter/easy")]
    assert "font-size: 18pt" in easy
    assert ("body", {"class": "easy"}) in Page(easy).elements
    assert len(Page(easy).text) < len(Page(whole).text) / 2
    sentences = [one.split() for one in Page(easy).text.replace("?", ".").replace(":", ".").split(".")]
    assert max(map(len, sentences)) <= 25
    assert "L'ordinateur n'a pas décidé." in Page(easy).text


async def test_a_letter_is_read_with_its_one_purpose_by_who_works_on_the_file_and_noted(api: Api) -> None:
    decision = await api.refused()
    for part in ("letter", "letter/easy"):
        path = f"/decisions/{decision['id']}/{part}"
        for headers in ({}, {"Purpose": "curiosity"}, {"Purpose": "decision"}):
            assert problem(await api.see(path, by="spip", **headers)) == (400, "purpose-missing")
        for officer in ("inspector", "operator", "placement_officer", "training_lead", "partner_admin"):
            assert problem(await api.see(path, by=officer, **INFORMING)) == (403, "role-missing")
        assert problem(await api.see(path, by="origin_spip", **INFORMING)) == (404, "decision-unknown")
        unknown = await api.see(f"/decisions/{NOBODY}/{part}", by="spip", **INFORMING)
        assert problem(unknown) == (404, "decision-unknown")
    assert (await api.stored())["vault.identity_reads"] == []
    for officer in ("spip", "registry", "origin_head", "decision_authority"):
        await read(api, decision, by=officer)
    noted = (await api.stored())["vault.identity_reads"]
    assert len(noted) == 4
    assert all("informing_the_person" in line and decision["id"] in line for line in noted)


async def test_a_letter_is_never_stored(api: Api) -> None:
    decision = await api.refused()
    before = await api.stored()
    await read(api, decision)
    after = await api.stored()
    assert {table for table in after if after[table] != before[table]} == {"vault.identity_reads"}


async def test_one_decision_always_gives_the_same_letter(api: Api) -> None:
    decision = await api.refused()
    async with api.engine.connect() as conn:
        row = await store.handed_decision_row(conn, UUID(decision["id"]), None)
        person = (await conn.execute(sa.select(identities))).one()
    assert letter(row, person, POLICY) == (await read(api, decision)).text
    assert easy_letter(row, person, POLICY) == (await read(api, decision, "letter/easy")).text
