"""Where the list of everything that ends comes from: settings and files, and how long a serving process remembers it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.admin.inventory import Item, Kind, Severity, in_order
from gateway.config import Federation, OperatorApi, Outbound, Server, Settings
from gateway.inventory_sources import Inventory, _of_settings, certificate_files, listeners
from tests.certs import pki

NOW = datetime(2026, 12, 1, tzinfo=UTC)


async def test_a_serving_process_gathers_now_and_then_and_judges_every_time() -> None:
    asked: list[datetime] = []

    async def gather(now: datetime) -> tuple[Item, ...]:
        asked.append(now)
        return in_order([Item("a", "a", Kind.TLS_CERTIFICATE, "server", not_after=NOW + timedelta(seconds=5))], now)

    inventory = Inventory(gather)
    moments = [NOW, NOW + timedelta(seconds=5), NOW + timedelta(seconds=30), NOW - timedelta(hours=1)]
    seen = [(await inventory(moment))[0].severity for moment in moments]

    assert seen == [Severity.URGENT, Severity.EXPIRED, Severity.EXPIRED, Severity.URGENT]
    assert asked == [moments[0], moments[2], moments[3]]


def test_every_file_and_key_that_the_settings_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(pki.pem_of(pki.an_authority()))
    (tmp_path / "anchor.json").write_text(json.dumps({"keys": [{"kid": "k1", "kty": "EC", "d": "never"}]}))
    settings = Settings(
        issuer="https://id.example.hk",
        keys_dir=tmp_path,
        server=Server(tls_certificate=tmp_path / "gone.pem", tls_key=tmp_path / "gone.key"),
        outbound=Outbound(ca_bundle=tmp_path / "ca.pem"),
        operator_api=OperatorApi(tls_client_ca=tmp_path / "ca.pem"),
        federation=Federation("Example", trust_anchors={"https://anchor.example": tmp_path / "anchor.json"}),
        register={"platform_public_keys": ["04ab", "04cd"]},
    )

    items = list(_of_settings(settings))

    assert [file.where for file in certificate_files(settings)] == [
        "server.tls_certificate",
        "outbound.ca_bundle",
        "operator_api.tls_client_ca",
    ]
    assert [one.kind for one in items].count(Kind.PEER_KEY) == 3
    assert {one.state for one in items if one.where == "server.tls_certificate"} == {"unusable"}
    assert [(one.name, one.host) for one in listeners(settings)] == [
        ("server", "id.example.hk"),
        ("operator_api", None),
    ]
    assert str(tmp_path) not in str(items)
    assert "never" not in str(items)
