"""The metadata that all tables of selection share, and the type of its instants."""

import sqlalchemy as sa

from shared.database import metadata as new_metadata

metadata = new_metadata()

instant = sa.DateTime(timezone=True)
"""UTC."""
