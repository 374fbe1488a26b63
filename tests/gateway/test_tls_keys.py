"""The key of TLS from its request to the listener's files: every wrong certificate is refused with guard 4 (§9.2)."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.keys.own_certificate import ExpectedCertificate, Purpose
from certs.keys.rotation.guards import GuardError
from gateway.admin import joint_acts, key_certificates, key_office, keyring
from gateway.admin.acts import Act
from gateway.admin.key_certificates import Wish
from gateway.admin.key_sets import TLS
from gateway.admin.key_work import AskedError, KeyOffice, Order
from gateway.config import load
from gateway.managed_keys import ManagedKeys, managed_keys
from gateway.store.open import open_stores
from gateway.tls_keys import installer
from tests.certs.builders import NOW
from tests.certs.keys.authorities import HOSTS, SERVER, authority, certificate, pem, usage
from tests.world import _template

EXPECTED = ExpectedCertificate(Purpose.TLS_SERVER, (pem(authority("root")),), HOSTS)


@dataclass(slots=True)
class Desk:
    managed: ManagedKeys
    settings: Any

    @property
    def office(self) -> KeyOffice:
        return self.managed.office

    def order(self, who: str = "ada", **more: Any) -> Order:
        return Order(Act(who, NOW, "case 7"), **more)

    async def asked(self) -> x509.CertificateSigningRequest:
        text = await key_certificates.request(self.office, TLS, None, Wish("CN=gateway,O=Example,C=HK", HOSTS))
        return x509.load_pem_x509_csr(text.encode())

    async def bundle(self, **changes: Any) -> bytes:
        public = (await self.asked()).public_key()
        return pem(certificate(**{"public": public, **changes}), authority())

    async def bring(self, content: bytes, expected: ExpectedCertificate = EXPECTED, **more: Any) -> Any:
        return await key_certificates.import_certificate(self.office, TLS, content, expected, self.order(**more))


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    folder = shutil.copytree(_template(), tmp_path / "gate")
    text = (folder / "gate.toml").read_text().replace(str(_template()), str(folder))
    (folder / "gate.toml").write_text(text)
    settings = load(folder / "gate.toml")
    server = replace(settings.server, tls_certificate=folder / "tls.pem", tls_key=folder / "tls.key")
    settings = replace(settings, server=server)
    keys = keyring.load(settings.keys_dir)
    stores = await open_stores(
        settings.storage.database_url, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
    )
    managed = await managed_keys(settings, keys, stores, NOW)
    found = Desk(managed, settings)
    await key_office.generate(found.office, TLS, found.order())
    yield found
    await stores.aclose()


def fingerprint(content: bytes) -> str:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - only here

    return "sha256:" + x509.load_pem_x509_certificates(content)[0].fingerprint(SHA256()).hex()


def typed(content: bytes) -> ExpectedCertificate:
    return replace(EXPECTED, fingerprint=fingerprint(content))


@pytest.mark.spec("RFC 2986 §4")
async def test_the_request_is_signed_by_the_key_itself_and_names_the_hosts(desk: Desk) -> None:
    asked = await desk.asked()

    names = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert asked.is_signature_valid
    assert names.get_values_for_type(x509.DNSName) == list(HOSTS)


async def test_from_the_certificate_to_the_files_of_the_listener(desk: Desk) -> None:
    content = await desk.bundle()
    await desk.bring(content, typed(content))
    await key_office.publish(desk.office, TLS, desk.order())
    await desk.managed.live.watch({TLS: installer(desk.settings.server, desk.managed.backend)})
    await desk.managed.live.refresh()

    await key_office.activate(desk.office, TLS, desk.order())
    await desk.managed.live.refresh()

    private = load_pem_private_key(desk.settings.server.tls_key.read_bytes(), None)
    installed = x509.load_pem_x509_certificates(desk.settings.server.tls_certificate.read_bytes())
    assert installed[0].public_key() == private.public_key()
    assert desk.settings.server.tls_key.stat().st_mode & 0o077 == 0


SPOILT: dict[str, dict[str, Any]] = {
    "another key": {"public": authority("root").public_key()},
    "over": {"begins": NOW.replace(year=2020), "ends": NOW.replace(year=2021)},
    "not begun": {"begins": NOW.replace(year=2100), "ends": NOW.replace(year=2101)},
    "another authority": {"issuer": "stranger"},
    "for clients": {"extended": (x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH,)},
    "for nothing": {"usage": usage("crl_sign"), "extended": (SERVER,)},
    "another host": {"hosts": ("elsewhere.example",)},
    "an authority itself": {"ca": True},
}


@pytest.mark.parametrize("how", SPOILT)
async def test_a_wrong_certificate_is_refused_with_guard_four_and_nothing_changes(desk: Desk, how: str) -> None:
    content = await desk.bundle(**SPOILT[how])
    before = await desk.office.registry.all()

    with pytest.raises(GuardError) as refused:
        await desk.bring(content, typed(content))

    assert [int(one.number) for one in refused.value.guards] == [4]
    assert await desk.office.registry.all() == before


async def test_a_fingerprint_that_differs_is_refused(desk: Desk) -> None:
    content = await desk.bundle()

    with pytest.raises(GuardError) as refused:
        await desk.bring(content, replace(EXPECTED, fingerprint="sha256:" + "0" * 64))

    assert [int(one.number) for one in refused.value.guards] == [4]


async def test_without_a_fingerprint_a_second_person_compares_it(desk: Desk) -> None:
    content = await desk.bundle()

    with pytest.raises(GuardError) as alone:
        await desk.bring(content)
    with pytest.raises(AskedError) as asked:
        await desk.bring(content, ask=True)
    await joint_acts.agree(desk.office.acts, asked.value.asked.id, Act("ben", NOW))
    done, _ = await desk.bring(content, joint_act=asked.value.asked.id)

    assert [int(one.number) for one in alone.value.guards] == [13]
    assert asked.value.asked.subject["fingerprint"] in {
        fingerprint(content),
        fingerprint(content).removeprefix("sha256:"),
    }
    assert done.changed


async def test_a_second_person_s_word_does_not_cover_another_certificate(desk: Desk) -> None:
    content, other = await desk.bundle(), await desk.bundle()
    with pytest.raises(AskedError) as asked:
        await desk.bring(content, ask=True)
    await joint_acts.agree(desk.office.acts, asked.value.asked.id, Act("ben", NOW))

    with pytest.raises(GuardError) as refused:
        await desk.bring(other, joint_act=asked.value.asked.id)

    assert [int(one.number) for one in refused.value.guards] == [13]


async def test_a_dry_run_of_an_import_changes_nothing(desk: Desk) -> None:
    content = await desk.bundle()
    before = await desk.office.registry.all()

    await desk.bring(content, typed(content), dry_run=True)

    assert await desk.office.registry.all() == before
