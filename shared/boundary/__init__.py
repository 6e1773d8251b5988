"""Where a request becomes a transaction: who may, once only, all or nothing. Routes import from here alone."""

from shared.boundary.access import Access, Read, reading, writing
from shared.boundary.anyone import Anyone, anyone
from shared.boundary.context import Boundary
from shared.boundary.purpose import purposed
from shared.boundary.record import Query, Record, recording
from shared.boundary.version import IfMatch, headers_of
from shared.boundary.write import Command, Render, Write

__all__ = [
    "Access",
    "Anyone",
    "Boundary",
    "Command",
    "IfMatch",
    "Query",
    "Read",
    "Record",
    "Render",
    "Write",
    "anyone",
    "headers_of",
    "purposed",
    "reading",
    "recording",
    "writing",
]
