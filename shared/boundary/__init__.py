"""Where a request becomes a transaction: who may, once only, all or nothing. Routes import from here alone."""

from shared.boundary.access import Access, Read, reading, writing
from shared.boundary.context import Boundary
from shared.boundary.write import Command, Render, Write

__all__ = ["Access", "Boundary", "Command", "Read", "Render", "Write", "reading", "writing"]
