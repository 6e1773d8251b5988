"""Second scene: a withdrawal frees the bed, the next on the list gets it, and who was told is told again."""

from typing import Any

from deploy.local.officers import Officers, detail_of, steps_of
from deploy.local.papers import Person
from deploy.local.player.journey import TOLD, UNTOLD
from deploy.local.player.show import Show
from shared.testing.waiting import eventually

COSETTE = Person("Fauchelevent", "Cosette", "F", adapted_cell=True)
# She agreed to nobody being told, so nobody is.
EPONINE = Person("Thénardier", "Éponine", "F", adapted_cell=True, categories=())


async def play(officers: Officers, show: Show) -> None:
    """A withdrawal, and everything that it undoes."""
    show.heading("A withdrawal before arrival")
    before = len(await officers.notices(TOLD))
    first, _ = await officers.approve(COSETTE)
    held = await eventually(lambda: _status(officers, first, "proposed"))
    cell = detail_of(held, "accommodation")["cell"]
    await officers.notices(TOLD, count=before + 1)
    second, _ = await officers.approve(EPONINE)
    await eventually(lambda: _status(officers, second, "waitlisted"))
    show.say(f"Cosette holds {cell}, the only adapted cell of the women's wing; Éponine is on the list.")

    await officers.withdraw(first)
    freed = await eventually(lambda: _undone(officers, first))
    show.check("the bed and the seat are free again", True)
    show.lines(f"{step['since'][11:23]}  {step['step'][:22]:<22} {step['status']}" for step in freed["steps"])
    promoted = await eventually(lambda: _status(officers, second, "proposed"))
    same = detail_of(promoted, "accommodation")["cell"] == cell
    show.check(f"{cell} is proposed to the next on the list", same)
    notices = await officers.notices(TOLD, "candidacy.withdrawn", count=1)
    references = {notice["body"]["data"]["reference"] for notice in notices}
    told = (await officers.notices(TOLD, "candidacy.approved"))[-1]["body"]["data"]["reference"]
    show.check("the partner who had been told is told again, by the same reference", references == {told})
    show.check("nobody else was told", not await officers.notices(UNTOLD))
    await officers.withdraw(second)
    await eventually(lambda: _undone(officers, second))


async def _status(officers: Officers, candidacy: str, status: str) -> dict[str, Any] | None:
    found = await officers.journey(candidacy)
    return found if steps_of(found).get("accommodation") == status else None


async def _undone(officers: Officers, candidacy: str) -> dict[str, Any] | None:
    found = await officers.journey(candidacy)
    now = steps_of(found)
    done = now["accommodation"] == now["training"] == "released" and not found["missing_replies"]
    return found if done and now["partners"] in ("told", "nobody_to_tell") else None
