"""Registers: rows with a number per site and year, without gaps."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert


def numbered_insert(register: sa.Table, counters: sa.Table, form: str) -> ReturningInsert[str]:
    """The statement that counts and writes, and gives the number.

    One statement does both, so that the counter stays locked as briefly as may be and no number is ever skipped.
    Its parameters: `site`, `year`, and `the_<column>` for each column but the number.

    Args:
        register: with a text column `number`.
        counters: site, year, last.
        form: of the number, for PostgreSQL's `format`: site, year, six digits.
    """
    counted = insert(counters).values(
        site=sa.bindparam("site", type_=sa.Text), year=sa.bindparam("year", type_=sa.Integer), last=1
    )
    numbered = (
        counted.on_conflict_do_update(
            index_elements=[counters.c.site, counters.c.year], set_={"last": counters.c.last + 1}
        )
        .returning(counters.c.last)
        .cte("numbered")
    )
    others = [column for column in register.c if column.name != "number"]
    return (
        insert(register)
        .from_select(
            ["number", *(column.name for column in others)],
            sa.select(
                sa.func.format(
                    form,
                    sa.bindparam("site", type_=sa.Text),
                    sa.bindparam("year", type_=sa.Integer),
                    sa.func.lpad(sa.cast(numbered.c.last, sa.Text), 6, "0"),
                ),
                *(sa.bindparam(f"the_{column.name}", type_=column.type) for column in others),
            ),
        )
        .returning(register.c.number)
    )
