"""Which number a relying party was given last for a person: whom to tell when another takes its place."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Text, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from gateway.store.sql.columns import NOW
from gateway.store.sql.number_tables import bindings, holders, releases
from mapping.lifecycle import Standing

_SUBJECT: Final = bindparam("of_subject", type_=Text())
_RECEIVERS: Final = select(releases.c.client_id, releases.c.at).where(releases.c.subject_id == _SUBJECT)
_FORGET: Final = delete(releases).where(releases.c.subject_id == _SUBJECT)
_RECORDED: Final = (
    select(holders.c.subject_id, bindparam("to_client", type_=Text()), bindings.c.number_id, NOW)
    .join(bindings, bindings.c.id == holders.c.binding_id)
    .where(
        holders.c.subject_id == _SUBJECT,
        bindings.c.standing == Standing.ACTIVE.value,
        bindings.c.number_id.is_not(None),
    )
)


def _give(dialect: Any) -> Any:
    """Write the number that the record has at this moment over the one that the relying party had before."""
    columns = [releases.c.subject_id, releases.c.client_id, releases.c.number_id, releases.c.at]
    new = dialect.insert(releases).from_select(columns, _RECORDED)
    given = new.on_conflict_do_update(
        index_elements=["subject_id", "client_id"],
        set_={"number_id": new.excluded.number_id, "at": new.excluded.at},
    )
    return given.execution_options(preserve_rowcount=True)


_GIVE: Final = {"sqlite": _give(sqlite), "postgresql": _give(postgresql)}


def give(connection: Connection, subject_id: str, client_id: str, now: datetime) -> bool:
    """Remember that a client has a person's number; false if there is none that may go out."""
    values = {"of_subject": subject_id, "to_client": client_id, "now": now}
    return connection.execute(_GIVE[connection.dialect.name], values).rowcount == 1


def receivers(connection: Connection, subject_id: str) -> dict[str, datetime]:
    """The clients that were given a person's number, with the moment of the last time."""
    return {row.client_id: row.at for row in connection.execute(_RECEIVERS, {"of_subject": subject_id})}


def forget(connection: Connection, subject_id: str) -> None:
    """Forget who was given a person's number."""
    connection.execute(_FORGET, {"of_subject": subject_id})
