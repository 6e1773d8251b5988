"""What the tables share."""

import sqlalchemy as sa

from shared.database import metadata as new_metadata

metadata = new_metadata()
INSTANT = sa.DateTime(timezone=True)
