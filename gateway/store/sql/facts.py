"""What a database says of itself: the issuer whose tokens are in it (F-UPG-04)."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Text, bindparam, exists, or_, select, update

from gateway.store.sql.columns import NOW
from gateway.store.sql.database import Database, insert_unless_there
from gateway.store.sql.operation_tables import gateway_facts
from gateway.store.sql.tables import codes, grants, refresh_tokens, tokens

ISSUER: Final = "issuer"

_ADD: Final = insert_unless_there(gateway_facts, "name")
_IS_ISSUER: Final = gateway_facts.c.name == ISSUER
_READ: Final = select(gateway_facts.c.value).where(_IS_ISSUER)
_READ_AND_HOLD: Final = _READ.with_for_update()
_MOVE: Final = update(gateway_facts).where(_IS_ISSUER).values(value=bindparam("address", type_=Text()))
_FAMILY_LIVES: Final = exists().where(grants.c.id == refresh_tokens.c.grant_id, grants.c.revoked_at.is_(None))
_LIVES: Final = select(
    or_(
        exists().where(tokens.c.expires_at > NOW),
        exists().where(codes.c.expires_at > NOW, codes.c.spent_at.is_(None)),
        exists().where(refresh_tokens.c.idle_ends_at > NOW, refresh_tokens.c.spent_at.is_(None), _FAMILY_LIVES),
    )
)
"""Whether anything is out there that names the issuer: tokens, codes on their way to becoming some."""


class SqlFacts:
    """What the database knows of the gateway that it belongs to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issuer_in_the_way(self, issuer: str, now: datetime) -> str | None:
        """The other issuer whose tokens live in this database; none if a gateway may work under ``issuer``."""

        def work(connection: Connection) -> str | None:
            return _in_the_way(connection, issuer, now, connection.execute(_READ).scalar_one_or_none())

        return await self._database.read(work)

    async def settle_issuer(self, issuer: str, now: datetime) -> str | None:
        """Put on record under which issuer tokens are made from now on; not so if ``issuer_in_the_way``."""

        def work(connection: Connection) -> str | None:
            connection.execute(_ADD[connection.dialect.name], {"name": ISSUER, "value": issuer})
            held = connection.execute(_READ_AND_HOLD).scalar_one()
            other = _in_the_way(connection, issuer, now, held)
            if other is None and held != issuer:
                connection.execute(_MOVE, {"address": issuer})
            return other

        return await self._database.run(work)


def _in_the_way(connection: Connection, issuer: str, now: datetime, held: str | None) -> str | None:
    if held is None or held == issuer:
        return None
    return held if connection.execute(_LIVES, {"now": now}).scalar_one() else None
