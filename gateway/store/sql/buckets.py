"""How many stand-ins one region code has given to one sex of one birth date (mapping specification 11.5).

A birth date is a person's: which code, date and sex a row counts stands sealed, and the row is found by its index.
"""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Integer, bindparam, func, insert, select, update

from gateway.admin.records import Bucket
from gateway.oidc.random_values import new_id
from gateway.store.sql import indexes
from gateway.store.sql.number_tables import buckets
from gateway.store.sql.number_tables import indexes as index_rows
from gateway.store.vault import Indexes, Vault
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import Sex

CODE_LENGTH: Final = 6
_ADD: Final = insert(buckets)
_FULLEST: Final = (
    select(buckets.c.id, buckets.c.given, buckets.c.box)
    .order_by(buckets.c.given.desc(), buckets.c.id)
    .limit(bindparam("most", type_=Integer()))
)


class Counted(NamedTuple):
    """A bucket after one more number came from it."""

    id: str
    given: int


def code_of(number: MainlandIdentifier) -> str:
    """The region code of a number."""
    return number.value[:CODE_LENGTH]


def count(connection: Connection, vault: Vault, number: MainlandIdentifier) -> Counted:
    """Count a number that was just given, in the transaction that gives it."""
    code = code_of(number)
    wanted = _index(vault, code, number.birthdate, number.sex)
    bucket_id = new_id()
    counted = _more(connection, wanted)
    if counted is None and indexes.claim(connection, indexes.BUCKET, wanted, bucket_id):
        record = {"code": code, "birthdate": number.birthdate.isoformat(), "sex": number.sex.value}
        row = {"id": bucket_id, "given": 1, "box": vault.seal(record, "buckets", bucket_id)}
        connection.execute(_ADD, row)
        return Counted(bucket_id, 1)
    counted = counted or _more(connection, wanted)
    if counted is None:
        raise LookupError("a bucket vanished")
    return counted


def given(connection: Connection, vault: Vault, codes: Iterable[str], birthdate: date, sex: Sex) -> int:
    """How many numbers the codes have given to one sex of one birth date."""
    total = 0
    for code in codes:
        wanted = _index(vault, code, birthdate, sex)
        total += connection.execute(_given(len(wanted)), indexes.values_of(wanted)).scalar_one()
    return total


def fullest(connection: Connection, limit: int) -> list[tuple[str, int, bytes]]:
    """The rows of the fullest buckets, their boxes still closed."""
    return [(row.id, row.given, row.box) for row in connection.execute(_FULLEST, {"most": limit})]


def opened(vault: Vault, bucket_id: str, how_many: int, box: bytes) -> Bucket:
    """Open the box of a bucket."""
    fields = vault.open(box, "buckets", bucket_id)
    bucket = Bucket(fields.text("code"), fields.day("birthdate"), fields.member("sex", Sex), how_many)
    fields.end()
    return bucket


def index_of(vault: Vault, bucket: Bucket) -> Indexes:
    """What a bucket is found by."""
    return _index(vault, bucket.code, bucket.birthdate, bucket.sex)


def _index(vault: Vault, code: str, birthdate: date, sex: Sex) -> Indexes:
    return vault.text_index("bucket", code, birthdate.isoformat(), sex.value)


def _more(connection: Connection, wanted: Indexes) -> Counted | None:
    row = connection.execute(_count(len(wanted)), indexes.values_of(wanted)).first()
    return None if row is None else Counted(row.id, row.given)


@cache
def _count(keys: int) -> Any:
    target = select(index_rows.c.target).where(indexes.sought(keys)).limit(1).scalar_subquery()
    return (
        update(buckets)
        .where(buckets.c.id == target)
        .values(given=buckets.c.given + 1)
        .returning(buckets.c.id, buckets.c.given)
    )


@cache
def _given(keys: int) -> Any:
    target = select(index_rows.c.target).where(indexes.sought(keys)).limit(1).scalar_subquery()
    return select(func.coalesce(func.sum(buckets.c.given), 0)).where(buckets.c.id == target)
