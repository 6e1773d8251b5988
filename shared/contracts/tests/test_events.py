"""Every contract class: survives its own JSON whatever its values, reads every golden sample, has a stable key."""

import json
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.gate import catalogue, samples
from shared.contracts.gate.__main__ import CONTRACTS
from shared.messaging.event import Event

EVENTS = catalogue.read().events
GOLD = samples.load(CONTRACTS / "samples")


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_an_event_comes_back_from_its_json_as_it_was(event: type[Event]) -> None:
    @settings(max_examples=30, deadline=None)
    @given(st.builds(event))
    def comes_back(sent: Event) -> None:
        received = event.model_validate_json(sent.model_dump_json())
        assert received == sent
        assert received.key(subject) == sent.key(subject)

    subject = uuid4()
    comes_back()


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_an_event_ignores_what_a_later_producer_adds(event: type[Event]) -> None:
    body = samples.of_type(event.type, GOLD)[0]["body"]
    assert event.model_validate_json(json.dumps(body | {"added_later": {"a": 1}})) == event.model_validate(body)


@pytest.mark.parametrize("event", [one for one in EVENTS.values() if one.model_fields], ids=lambda one: one.type)
def test_an_event_cannot_be_altered_once_it_is_made(event: type[Event]) -> None:
    made = event.model_validate(samples.of_type(event.type, GOLD)[0]["body"])
    field = next(iter(event.model_fields))
    with pytest.raises(ValueError, match="frozen"):
        setattr(made, field, getattr(made, field))


@pytest.mark.parametrize("name", GOLD)
def test_a_golden_sample_is_read_by_todays_code(name: str) -> None:
    assert samples.unreadable(name, GOLD[name], EVENTS) == []


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_every_type_names_its_producer_and_stands_in_that_producers_topic(event: type[Event]) -> None:
    family, _ = catalogue.major(event.type)
    assert event.topic.name.startswith(f"{family.rpartition('.')[0]}.v")
    assert event.topic.partitions == 6
