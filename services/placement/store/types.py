"""Types of the parameters of written SQL, for which the driver must be told."""

import sqlalchemy as sa

DATE = sa.Date()
INSTANT = sa.DateTime(timezone=True)
TEXT = sa.Text()
UUID_ = sa.Uuid()
DATES = sa.ARRAY(sa.Date)
TEXTS = sa.ARRAY(sa.Text)
UUIDS = sa.ARRAY(sa.Uuid)
