"""The estate is data: what no estate can be is refused by its place in the file, and each profile adds up."""

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.placement.estate import FILE, Malformed, cells_of, read, wings_of
from services.placement.seed import load

TEXT = FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("site", "profile", "expected"),
    [
        ("DON", "80-20", {"M": 80, "F": 20, "arrival": 6, "adapted": 5, "secure_waiting": 1}),
        ("DON", "72-18-10", {"M": 80, "F": 20, "arrival": 10, "adapted": 5, "secure_waiting": 1}),
        ("ARR", "180", {"M": 180, "arrival": 12, "adapted": 6, "secure_waiting": 1}),
        ("TOU", "none", {}),
    ],
)
def test_each_profile_has_the_places_that_are_published(site: str, profile: str, expected: dict[str, int]) -> None:
    estate = read(TEXT)
    cells = cells_of(site, estate.sites[site], wings_of(estate, site, profile))
    found = Counter(cell.pool.split("-")[1] for cell in cells if cell.pool)
    found.update(cell.type for cell in cells if cell.type != "standard")
    assert dict(found) == expected
    assert len({cell.code for cell in cells}) == len(cells)


@pytest.mark.parametrize(
    ("was", "becomes", "place"),
    [
        ("code: H1, name: Meuse", "code: HH1, name: Meuse", "sites.DON.profiles.80-20.0.code"),
        ("sex: F", "sex: X", "sites.DON.profiles.80-20.2.sex"),
        ("arrival: 12", "arrival: 59", "sites.ARR.profiles.180.0"),
        ("units: 4, cells: 10", "units: 0, cells: 10", "sites.DON.profiles.80-20.0.units"),
        ("code: H2, name: Semoy", "code: H1, name: Semoy", "sites.DON"),
        ('profile: "180"', 'profile: "190"', "sites.ARR"),
        ("arrival_days: 21", "arrival_days: 22", "sites.DON.arrival_days"),
        ("status: preparation", "status: ready", "sites.DON.status"),
        ("name: Donchery", "name: Donchery\n    mayor: somebody", "sites.DON.mayor"),
        ("sites:", "sites: [", "line"),
    ],
)
def test_what_no_estate_can_be_is_refused_by_its_place(was: str, becomes: str, place: str) -> None:
    with pytest.raises(Malformed) as refused:
        read(TEXT.replace(was, becomes, 1))
    assert str(refused.value).startswith(place)


def test_a_profile_that_the_site_does_not_have_is_refused() -> None:
    with pytest.raises(Malformed, match="no profile 80-20"):
        wings_of(read(TEXT), "ARR", "80-20")


async def test_loading_the_estate_again_changes_nothing(engine: AsyncEngine) -> None:
    async def everything() -> list[object]:
        async with engine.connect() as conn:
            cells = await conn.execute(sa.text("SELECT code, type, pool FROM cells ORDER BY code"))
            free = await conn.execute(sa.text("SELECT cell, period::text FROM vacancies ORDER BY cell"))
            return [*cells.all(), *free.all()]

    before = await everything()
    async with engine.begin() as conn:
        await load(conn)
    assert await everything() == before


def test_the_command_ends_with_a_named_code_and_the_place() -> None:
    program = (
        "import sys; from services.placement import estate, main\n"
        "from pathlib import Path\n"
        "import services.placement.seed as seed\n"
        "seed.read = lambda text: estate.read('sites: 3')\n"
        "import shared.messaging.commands as commands, asyncio\n"
        "commands.migrate = lambda service, settings, seed: asyncio.run(seed(None))\n"
        "from types import SimpleNamespace\n"
        "main.run_migrate(SimpleNamespace(site='DON', estate_profile=None))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
    )
    assert (ended.returncode, ended.stderr.strip()) == (78, "estate.yaml: sites: Input should be a valid dictionary")
