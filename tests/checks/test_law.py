"""Two services read one article: who takes in a convention and who shows what it permits must read it alike."""

from services.notifications.domain import LAWFUL as TAKEN_IN
from services.selection.domain import PartnerCategory
from services.selection.domain import PartnerField as Showable
from services.selection.domain.disclosure import LAWFUL as SHOWN
from shared.contracts.notifications import PartnerField
from shared.contracts.selection import PartnerCategory as Told


def test_what_a_convention_may_permit_is_what_may_be_shown() -> None:
    shown = {category.value: {field.value for field in fields} for category, (_, fields) in SHOWN.items()}
    assert {category: set(fields) for category, fields in TAKEN_IN.items()} == shown


def test_fields_and_categories_have_the_same_names_on_both_sides() -> None:
    assert {one.value for one in PartnerField} == {one.value for one in Showable}
    assert {one.value for one in Told} == {one.value for one in PartnerCategory}
