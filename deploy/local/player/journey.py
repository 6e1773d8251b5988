"""First scene: one person from the file to the confirmed bed, the partner told, as one trace."""

import asyncio
import json
from typing import Any

from deploy.local.officers import Officers, detail_of, steps_of
from deploy.local.papers import ADVICE, Person
from deploy.local.player.show import Show
from deploy.local.traces import Span, orphans, roots, tree
from shared.testing.waiting import eventually

JEAN = Person("Valjean", "Jean")
TOLD, UNTOLD = "france-travail", "region"
MAILBOX = "accueil@cap-emploi.example"


async def play(officers: Officers, show: Show) -> None:
    """The main job."""
    show.heading("An approval, and what its signature sets off")
    await officers.subscribe("France Travail Sedan (bac à sable)", "employment_service", TOLD)
    await officers.subscribe("Région Grand Est (bac à sable)", "region", UNTOLD)
    await officers.subscribe_mailbox("Cap emploi Ardennes (bac à sable)", "employment_service", MAILBOX)

    opened = (await officers.open_file(JEAN)).body
    candidacy = str(opened["id"])
    version = await officers.gather(candidacy, version=opened["version"])
    opinion = (await officers.act("spip", candidacy, "assess", version=version)).body
    show.say(f"A file is handed in, with advice of {', '.join(ADVICE)}, and the interview.")
    show.say(f"The rules of {opinion['rule_version']} say: {opinion['result']}.")
    show.lines(f"{line['criterion']:<4} {line['finding']:<11} {line['legal_basis']}" for line in opinion["lines"])

    preview = await officers.preview(candidacy)
    show.say("The deputy director sees what a signature would set off:")
    show.lines(_effect(effect) for effect in preview["effects"])

    signed = await officers.sign(candidacy, preview)
    act = signed.body
    show.say(
        f"Signed: {act['decision_number']} by {act['signer_name']} ({act['signer_function']}),"
        f" act {act['act_digest'][:16]}…, in {signed.seconds * 1000:.0f} ms"
    )
    found = await eventually(lambda: _settled(officers, candidacy))
    bed, seat = detail_of(found, "accommodation"), detail_of(found, "training")
    show.check(f"bed proposed: {bed['cell']}, to be confirmed by {bed['confirm_by'][:10]}", bool(bed["cell"]))
    show.check(f"seat reserved: {seat['activity']}, from {seat['starts_on']}", seat["state"] == "reserved")

    notices = await officers.notices(TOLD, "candidacy.approved", count=1)
    show.check("the partner verified one signed notice", len(notices) == 1)
    show.lines([json.dumps(notices[0]["body"]) if notices else "-"])
    show.check("the partner of a category that the act does not list was told nothing", not await _heard(officers))
    show.check("the notice names nobody", not _names(notices, candidacy))
    _, mail = await officers.mails(MAILBOX, count=2)
    show.check("the partner without a developer got one mail, which names nobody", not _names([mail], candidacy))
    show.lines([mail["subject"], *mail["text"].splitlines()[2:8]])

    await officers.confirm_bed(bed["stay_id"])
    await officers.confirm_seat(seat["enrolment_id"])
    final = await eventually(lambda: _confirmed(officers, candidacy))
    show.check("a named officer confirmed the bed, another the seat", True)
    show.say("The journey, as selection tells it:")
    show.lines(f"{step['since'][11:23]}  {step['step'][:22]:<22} {step['status']}" for step in final["steps"])

    spans = await eventually(lambda: _whole(officers, signed.trace_id))
    show.say(f"One trace, {len(spans)} spans:")
    show.lines(tree(spans))
    show.check("one trace holds it all, from the click to the partner", len(roots(spans)) == 1 and not orphans(spans))


def _effect(effect: dict[str, Any]) -> str:
    match effect["kind"]:
        case "accommodation":
            cell = f"one {effect['cell_type']} cell in a wing {effect['wing_sex']}"
            return f"{cell}, {effect['planned_entry']} → {effect['projected_exit']}"
        case "training":
            return f"a training seat: {', '.join(effect['wishes'])}, from {effect['earliest_start']}"
    return f"partners told: {', '.join(effect['categories'])}"


async def _settled(officers: Officers, candidacy: str) -> dict[str, Any] | None:
    found = await officers.journey(candidacy)
    now = steps_of(found)
    wanted = {"accommodation": "proposed", "training": "reserved", "partners": "told"}
    return found if wanted.items() <= now.items() and not found["missing_replies"] else None


async def _confirmed(officers: Officers, candidacy: str) -> dict[str, Any] | None:
    found = await officers.journey(candidacy)
    now = steps_of(found)
    return found if now["accommodation"] == now["training"] == "confirmed" else None


async def _heard(officers: Officers) -> bool:
    return bool(await officers.notices(UNTOLD))


def _names(notices: list[dict[str, Any]], candidacy: str) -> bool:
    text = json.dumps(notices)
    return any(word in text for word in (JEAN.last_name, JEAN.ecrou, candidacy))


async def _whole(officers: Officers, trace_id: str) -> list[Span] | None:
    """The trace, once everything that is to be in it has arrived."""
    spans = await asyncio.to_thread(officers.stack.spans, trace_id)
    names = [span["name"] for span in spans]
    webhook = any(name.startswith("POST webhook") for name in names)
    # alerts_planned and two times partner_alerted, each created, sent, and processed by selection.
    told = names.count("process notifications.delivery.v1")
    beds = {"process placement.stay.v1", "process citizen-space.enrolment.v1"} <= set(names)
    whole = webhook and told == 3 and beds and len(roots(spans)) == 1 and not orphans(spans)  # noqa: PLR2004
    return spans if whole else None
