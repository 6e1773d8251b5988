"""What the tables share."""

from typing import Any

import sqlalchemy as sa

from shared.database import metadata as new_metadata

metadata = new_metadata()
INSTANT = sa.DateTime(timezone=True)


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's number of a transaction, which never comes again."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Its name in DDL."""
        return "xid8"
