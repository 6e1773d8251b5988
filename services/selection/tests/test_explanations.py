"""Opinions over HTTP: who reads them, and how each is explained in plain French."""

from typing import Any

import pytest
import sqlalchemy as sa

from services.selection import domain, store
from services.selection.domain import words
from services.selection.domain.words.lines import SENTENCES
from services.selection.tests import builders, steps
from services.selection.tests.builders import NOW, Clock, a_body
from services.selection.tests.officers import NOBODY, Api, problem
from shared.testing.kernel import Bench


def penal(**overrides: Any) -> dict[str, Any]:
    """The penal part of a favourable file but for the overrides."""
    part: dict[str, Any] = a_body()["penal"]
    return part | overrides


async def opinions_of(api: Api, candidacy_id: str, by: str = "spip") -> list[dict[str, Any]]:
    answer = await api.get(f"/{candidacy_id}/opinions", by=by)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["opinions"]
    return found


async def explanation_of(api: Api, candidacy_id: str, by: str = "spip") -> dict[str, Any]:
    newest = (await opinions_of(api, candidacy_id, by))[0]
    answer = await api.get(f"/{candidacy_id}/opinions/{newest['id']}/explanation", by=by)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_all_opinions_are_listed_the_newest_first_without_identity(api: Api, clock: Clock) -> None:
    candidacy_id = await api.assessed()
    clock.now = NOW.replace(day=24)
    await api.post(f"/{candidacy_id}/assess")
    answer = await api.get(f"/{candidacy_id}/opinions", by="inspector")
    assert [one["reference_on"] for one in answer.json()["opinions"]] == ["2026-11-24", "2026-11-23"]
    assert answer.json()["version"] == 3
    assert "1990" not in answer.text
    assert "Fictif" not in answer.text
    assert len(answer.json()["opinions"][0]["lines"]) == len(domain.Criterion)
    assert [line["criterion"] for line in answer.json()["opinions"][0]["entry_lines"]] == ["C3a", "C3b", "C4"]


async def test_a_file_without_opinion_has_an_empty_list(api: Api) -> None:
    assert await opinions_of(api, await api.create()) == []


async def test_only_who_works_on_the_file_or_inspects_reads_its_opinions(api: Api) -> None:
    candidacy_id = await api.assessed()
    (opinion,) = await opinions_of(api, candidacy_id)
    for path in (f"/{candidacy_id}/opinions", f"/{candidacy_id}/opinions/{opinion['id']}/explanation"):
        for officer in ("spip", "registry", "head_of_spip", "decision_authority", "inspector"):
            assert (await api.get(path, by=officer)).status_code == 200, officer
        for officer in ("placement_officer", "training_lead", "companion", "partner_admin", "operator"):
            assert problem(await api.get(path, by=officer)) == (403, "role-missing")
        async with api.engine.begin() as conn:
            await conn.execute(sa.text("UPDATE candidacies SET establishment = 'MA-CHALONS'"))
        assert problem(await api.get(path)) == (404, "candidacy-unknown")
        async with api.engine.begin() as conn:
            await conn.execute(sa.text("UPDATE candidacies SET establishment = 'MA-REIMS'"))


async def test_an_opinion_of_another_file_explains_nothing(api: Api) -> None:
    one, other = await api.assessed(), await api.assessed()
    (opinion,) = await opinions_of(api, other)
    for opinion_id in (opinion["id"], NOBODY):
        answer = await api.get(f"/{one}/opinions/{opinion_id}/explanation")
        assert problem(answer) == (404, "opinion-unknown")


async def test_an_explanation_gives_notice_contribution_data_parameters_and_operations(api: Api) -> None:
    told = await explanation_of(api, await api.assessed())
    assert "L. 311-3-1" in told["notice"]
    assert "une personne nommée" in told["contribution"]
    assert {"label": "Date de fin de peine", "value": "23 novembre 2028", "source": "fiche pénale"} in told["data"]
    assert {"label": "18 ans ou plus à l'entrée prévue", "value": "oui", "source": "état civil pénitentiaire"} in (
        told["data"]
    )
    assert {"label": "Peine la plus longue, en mois", "value": "60"} in told["parameters"]
    assert {"label": "Sites qui accueillent ce public", "value": "Donchery et Arras"} in told["parameters"]
    assert len(told["operations"]) == len(told["lines"]) == len(domain.Criterion)
    assert (told["language"], told["reproduced"], told["result"]) == ("fr", True, "favourable")
    assert told["lines"][1]["sentence"] == "La peine prise en compte est de 4 ans. Elle ne dépasse pas cinq ans."
    assert told["lines"][2]["legal_basis"].endswith("CPP, art. 716-1")
    assert "le 11 janvier 2027" in told["lines"][5]["sentence"]
    assert told["entry_lines"][0]["sentence"].startswith("Au 11 janvier 2027, il vous reste au moins un an")


async def test_the_flags_of_a_file_reach_its_opinion_and_its_view_and_nothing_else(api: Api) -> None:
    flags = {"specially_flagged": True, "separation": True, "other_proceedings": True, "adjustment_requested": True}
    candidacy_id = await api.assessed(penal=penal(**flags), local_project=True, adapted_cell=True)
    (opinion,) = await opinions_of(api, candidacy_id)
    assert opinion["result"] == "to_examine"
    codes = {line["code"] for line in opinion["lines"]} - {None, "ADVICE_MISSING", "INTERVIEW_NOT_HELD"}
    assert codes == {
        "MINISTER_DECIDES",
        "SEPARATION_TO_EXAMINE",
        "JUDICIAL_SITUATION_TO_EXAMINE",
        "INFO_ADJUSTMENT",
        "INFO_LOCAL_PROJECT",
        "INFO_ADAPTATION",
    }
    shown = (await api.get(f"/{candidacy_id}", Purpose="assessment")).json()
    assert {name: shown[name] for name in flags} == flags
    assert (shown["terrorism"], shown["local_project"]) == (False, True)
    journey = (await api.get(f"/{candidacy_id}/journey")).text
    assert "flagged" not in journey
    assert "MINISTER" not in journey


@pytest.mark.parametrize(("field", "value"), [("terrorism", "no"), ("separation", 1), ("nationality", "any")])
async def test_a_flag_is_yes_or_no_and_there_are_no_others(api: Api, field: str, value: object) -> None:
    answer = await api.post("", a_body(penal=penal(**{field: value})))
    assert problem(answer)[0] == 422


async def test_who_would_wait_behind_others_for_such_a_cell_is_told_so(bench: Bench) -> None:
    waiting, asked = await steps.approved(bench)
    reply = builders.a_reply(waiting, asked["accommodation-request"])
    async with bench.transaction() as tx:
        outcome = domain.Outcome(
            step="accommodation",
            fact="bed_waitlisted",
            request_id=reply["request_id"],
            decision_number=reply["decision_number"],
            detail={},
            occurred_at=NOW,
        )
        await store.record_fact(tx.conn, waiting, outcome, version=1, adds=False, now=NOW)
    woman = domain.Identity("Fictif", "Alix", builders.IDENTITY.birth_date, "000124", domain.Sex.FEMALE)
    adapted = domain.Wishes(adapted_cell=True, training=(), partner_categories=())
    for others_wait, overrides in ((True, {}), (False, {"identity": woman}), (False, {"wishes": adapted})):
        assert await _others_wait(bench, **overrides) is others_wait
    async with bench.transaction() as tx:
        assert (await store.lock_file(tx.conn, waiting)).case.others_wait is False
        await builders.withdraw(tx, waiting)
    assert await _others_wait(bench) is False


async def _others_wait(bench: Bench, **overrides: Any) -> bool | None:
    async with bench.transaction() as tx:
        candidacy_id, opinion_id = await builders.an_assessed_candidacy(tx, **overrides)
        return (await store.opinion_of_file(tx.conn, candidacy_id, opinion_id)).inputs.others_wait


def test_every_criterion_is_named_described_and_said() -> None:
    assert set(words.TITLES) == set(words.OPERATIONS) == {criterion for criterion, _, _ in SENTENCES}
    assert set(words.TITLES) == set(domain.Criterion)
    assert set(words.RESULTS) == {result.value for result in domain.Result}
    assert {code for _, _, code in SENTENCES} == {None, *domain.Code}


def test_sentences_are_short_enough_to_be_read() -> None:
    for text in (*SENTENCES.values(), *words.OPERATIONS.values(), *words.RESULTS.values()):
        for sentence in text.removesuffix(".").split(". "):
            assert len(sentence.split()) <= 30, sentence


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "non renseigné"),
        (True, "oui"),
        ("2026-12-01", "1er décembre 2026"),
        ({"months": 59, "days": 31}, "4 ans, 11 mois et 31 jours"),
        ({"months": 13, "days": 1}, "1 an, 1 mois et 1 jour"),
        (["DON", "ARR"], "Donchery et Arras"),
        ([], "aucun"),
        (60, "60"),
    ],
)
def test_figures_dates_and_codes_are_said_in_french(value: object, said: str) -> None:
    assert words.spoken(value) == said
