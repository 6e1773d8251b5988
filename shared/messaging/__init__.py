"""The messaging kernel: what services see of it, and nothing more."""

from shared.messaging.consumer import Consumer, at, on
from shared.messaging.event import Actor, Clock, Event, Handler, Meta, Poison, Retry, Topic, Tx
from shared.messaging.outbox import Outgoing, held, publish, publish_all
from shared.messaging.timers import cancel, schedule, schedule_unless_set

__all__ = [
    "Actor",
    "Clock",
    "Consumer",
    "Event",
    "Handler",
    "Meta",
    "Outgoing",
    "Poison",
    "Retry",
    "Topic",
    "Tx",
    "at",
    "cancel",
    "held",
    "on",
    "publish",
    "publish_all",
    "schedule",
    "schedule_unless_set",
]
