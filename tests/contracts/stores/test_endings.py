"""What is asked for the list of everything that ends: one suite for every engine behind `Endings`."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, insert

from certs.trust.reasons import Reason
from certs.trust.revocation.cache import CacheKey, Kept
from certs.trust.revocation.model import MaterialKind
from gateway.admin.inventory_upkeep import AuditStanding, LastBackup
from gateway.alerts import AlertKind
from gateway.audit import AuditAction
from gateway.store.sql.number_tables import operators
from gateway.store.sql.operation_tables import audit_checkpoints, audit_links, backups, operator_credentials
from tests.contracts.stores.builders import MINUTE, NOW, World, an_event


async def put(world: World, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    await world.stores.database.run(lambda connection: connection.execute(insert(table), list(rows)).rowcount)


async def test_an_empty_database_has_nothing_that_ends(world: World) -> None:
    endings = world.stores.endings

    assert await endings.revocation_lists() == []
    assert await endings.last_backup() is None
    assert (await endings.audit_standing()).linked == 0
    assert await endings.operator_certificates() == {}
    assert await endings.open_alerts() == 0


async def test_revocation_lists_are_given_with_why_they_could_not_be_renewed_and_answers_about_people_are_not(
    world: World,
) -> None:
    cache = world.stores.revocation_cache
    kept = Kept(b"list", "http://ca.example/1.crl", NOW, NOW + MINUTE)
    failed = Kept(b"list", "http://ca.example/2.crl", NOW, NOW + 2 * MINUTE, failure=_a_reason())
    nothing = Kept(b"", "http://ca.example/3.crl", NOW, NOW, failure=_a_reason())
    for one in (kept, failed, nothing):
        await cache.put(CacheKey(MaterialKind.CRL, "key", "", one.url), one)
    await cache.put(CacheKey(MaterialKind.OCSP, "key", "7", ""), Kept(b"answer", "", NOW, NOW + MINUTE))

    found = await world.stores.endings.revocation_lists()

    assert [(one.url, one.good_until, one.fetched_at) for one in found] == [
        (kept.url, kept.good_until, NOW),
        (failed.url, failed.good_until, NOW),
    ]
    assert [one.failure for one in found] == [None, _a_reason().value]


async def test_the_newest_backup_is_given(world: World) -> None:
    record = {"file": "b", "sha256": "00ff", "rows": 1, "size": 1}
    verified = record | {"sha256": "ff00", "verified_at": NOW.isoformat()}
    rows = [
        {"id": "b-1", "at": NOW, "record": json.dumps(record)},
        {"id": "b-2", "at": NOW + MINUTE, "record": json.dumps(verified)},
    ]
    await put(world, backups, rows)

    assert await world.stores.endings.last_backup() == LastBackup("b-2", NOW + MINUTE, "ff00", is_verified=True)


async def test_events_that_wait_and_the_last_checkpoint_are_told(world: World) -> None:
    before = await world.stores.endings.audit_standing()
    for _ in range(3):
        await world.stores.audit.append(an_event(AuditAction.SIGNED_OUT))
    await put(world, audit_links, [{"position": 1, "seq": 1, "hash": b"h"}])
    await put(world, audit_checkpoints, [{"position": 1, "at": NOW, "token": "t"}])

    assert await world.stores.endings.audit_standing() == AuditStanding(1, before.unlinked + 2, 1, NOW)


async def test_operators_certificates_and_open_alerts_are_told(world: World) -> None:
    names = [{"name": name, "role": "reader", "key_hash": name.encode(), "created_at": NOW} for name in ("cara", "dan")]
    await put(world, operators, names)
    certificates = [("cara", "thumbprint"), ("dan", None)]
    await put(
        world,
        operator_credentials,
        [{"name": name, "certificate": one, "box": b"", "changed_at": NOW} for name, one in certificates],
    )
    event = an_event(AuditAction.TRUST_ALARM)
    await world.stores.trust_lists.alarm(AlertKind.TRUST_STALE, "hk", event)

    assert await world.stores.endings.operator_certificates() == {"cara": "thumbprint"}
    assert await world.stores.endings.open_alerts() == 1


def _a_reason() -> Reason:
    return next(iter(Reason))
