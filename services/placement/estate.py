"""The estate as data: read from `estate.yaml`, refused with the place of the fault, and turned into cells."""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

FILE = Path(__file__).with_name("estate.yaml")


class Malformed(Exception):
    """The file says what no estate can be; the message names the place in it."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wing(_Strict):
    """A wing of equal units."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    sex: Literal["M", "F"]
    units: Annotated[int, Field(ge=1, le=20)]
    cells: Annotated[int, Field(ge=1, le=99)]
    """Of each unit."""
    adapted: Annotated[int, Field(ge=0)]
    """The last cells of the wing."""
    arrival: Annotated[int, Field(ge=0)]
    """The first cells of the wing."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.adapted + self.arrival > self.units * self.cells:
            raise ValueError("more adapted and arrival cells than cells")
        return self


class Site(_Strict):
    """A site with the profiles that its wings could have, and the one that they have."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    interregion: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    status: Literal["open", "preparation", "suspended"]
    arrival_days: Annotated[int, Field(ge=0, le=21)]
    cleaning_days: Annotated[int, Field(ge=0, le=14)]
    secure_waiting: Annotated[int, Field(ge=0, le=9)]
    """Cells where somebody waits after an incident: in no unit, in no capacity."""
    profile: str
    profiles: dict[str, tuple[Wing, ...]]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.profile not in self.profiles:
            raise ValueError(f"there is no profile {self.profile}")
        for name, wings in self.profiles.items():
            if len({wing.code for wing in wings}) < len(wings):
                raise ValueError(f"profile {name} has a wing twice")
        return self


class Estate(_Strict):
    """All sites by their codes."""

    sites: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")], Site]


class Cell(NamedTuple):
    """A cell as its row holds it."""

    code: str
    """Such as `DON-H1-U2-C07`."""
    site: str
    unit: str | None
    type: str
    pool: str | None


def read(text: str) -> Estate:
    """The estate that a YAML text describes.

    Raises:
        Malformed: it is no YAML, or no estate; with the place of the first fault.
    """
    try:
        return Estate.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        raise Malformed(f"line {mark.line + 1}: no YAML" if mark else "no YAML") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Malformed(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def wings_of(estate: Estate, code: str, profile: str | None = None) -> tuple[Wing, ...]:
    """The wings of a site, by its own profile or another one.

    Raises:
        Malformed: the site has no such profile.
    """
    site = estate.sites[code]
    chosen = site.profile if profile is None else profile
    if chosen not in site.profiles:
        raise Malformed(f"sites.{code}: there is no profile {chosen}")
    return site.profiles[chosen]


def cells_of(code: str, site: Site, wings: tuple[Wing, ...]) -> list[Cell]:
    """All cells of a site, by code of wing."""
    found = [Cell(f"{code}-SW-C{n + 1:02}", code, None, "secure_waiting", None) for n in range(site.secure_waiting)]
    for wing in wings:
        for number in range(total := wing.units * wing.cells):
            unit = f"{code}-{wing.code}-U{number // wing.cells + 1}"
            kind = "arrival" if number < wing.arrival else "adapted" if number >= total - wing.adapted else "standard"
            cell = f"{unit}-C{number % wing.cells + 1:02}"
            found.append(Cell(cell, code, unit, kind, f"{code}-{wing.sex}-{kind}"))
    return found
