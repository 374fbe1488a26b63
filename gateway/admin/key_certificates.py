"""Certificates of managed keys: a request for one, and the checks before one joins its key (§9.2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from certs.keys import certificate_request
from certs.keys.errors import KeyMaterialError
from certs.keys.key_state import KeyState
from certs.keys.own_certificate import CertificateImportError, ExpectedCertificate, Imported, check_import
from certs.keys.rotation.guards import Guard, GuardError, GuardNumber
from certs.keys.rotation.records import KeyRecord
from gateway.admin import key_office, key_work
from gateway.admin.key_work import Chain, Done, KeyOffice, Order, UnknownKeySetError
from gateway.admin.operation_records import JointActKind

_CERTIFIABLE = (KeyState.GENERATED, KeyState.CERTIFIED, KeyState.PUBLISHED, KeyState.HELD, KeyState.ACTIVE)


@dataclass(frozen=True, slots=True)
class Wish:
    """For whom a certificate is asked."""

    subject: str
    """RFC 4514."""
    names: tuple[str, ...] = ()
    """Host names."""


async def request(office: KeyOffice, name: str, kid: str | None, wish: Wish) -> str:
    """A certificate request in PEM, signed by the key itself (RFC 2986); changes nothing."""
    description, _ = await key_work.current(office, name)
    key = await _key(office, name, kid)
    try:
        signer = office.backend.signer(key.handle or "")
        return certificate_request.request(signer, description.algorithm, wish.subject, wish.names)
    except KeyMaterialError as error:
        guard = Guard(GuardNumber.BACKEND, holds=False, need="a private half that signs a request", have=str(error))
        raise GuardError(guard) from error


async def import_certificate(
    office: KeyOffice, name: str, pem: bytes, expected: ExpectedCertificate, order: Order, *, kid: str | None = None
) -> tuple[Done, Imported]:
    """Check a certificate and let it join its key; refused with guard 4, and nothing is changed.

    A fingerprint that the operator did not type is compared by a second person (guard 13).
    """
    key = await _key(office, name, kid)
    current = await _in_use(office, name, key)
    try:
        found = check_import(pem, public=key.public, expected=expected, current=current, now=order.act.now)
    except CertificateImportError as error:
        raise GuardError(error.guard) from None
    if expected.fingerprint is None:
        subject = {"key_set": name, "kid": key.kid, "fingerprint": found.fingerprint}
        await key_work.second_person(office, JointActKind.CERTIFICATE_IMPORT, subject, order)
    done = await key_office.certify(office, name, key.kid, Chain(found.chain, found.not_after), order)
    return done, found


async def _key(office: KeyOffice, name: str, kid: str | None) -> KeyRecord:
    _, keys = await key_work.current(office, name)
    found: Sequence[KeyRecord] = keys.in_state(*_CERTIFIABLE) if kid is None else [k for k in keys.keys if k.kid == kid]
    if not found:
        raise UnknownKeySetError("no key of this set can get a certificate now")
    return found[-1]  # the youngest: the one that is on its way


async def _in_use(office: KeyOffice, name: str, key: KeyRecord) -> bytes | None:
    """The certificate that a new one must not fall behind: that of the key that signs, or the key's own earlier one."""
    _, keys = await key_work.current(office, name)
    held = next((one for one in (keys.active, key) if one is not None and one.certificates), None)
    return None if held is None else held.certificates[0].encode("ascii")
