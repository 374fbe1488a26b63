"""Signed messages of the sandbox's people for these tests: valid by default, one keyword spoils them."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from certs.signatures.formats.cms import read_cms
from certs.signatures.signed import SignedObject
from certs.trust.arithmetic import verify
from certs.trust.content import BytesContent, Content
from certs.trust.errors import Fault
from certs.trust.reasons import Reason
from mock_idps.authority.certificate import Issued
from mock_idps.authority.cms import Message, Signer, sign
from mock_idps.authority.world import World
from tests.authority import NOW, a_world

CONTENT = b"The parties agree to meet at the border at noon."
DETACHED = BytesContent(CONTENT)


@cache
def the_world() -> World:
    return a_world()


@cache
def a_person(kind: str = "hk-personal-mr", name: str = "Chan Tai Man", **changes: Any) -> Issued:
    return the_world().issue(kind, name, **changes)


def a_signer(kind: str = "hk-personal-mr", **changes: Any) -> Signer:
    return Signer(**{"certificate": a_person(kind), "signing_time": NOW} | changes)


def a_message(*signers: Signer, **changes: Any) -> bytes:
    """A detached message of one good signer over CONTENT."""
    return sign(Message(**{"content": CONTENT} | changes), *(signers or (a_signer(),)))


def read(data: bytes, content: Content | None = DETACHED, **options: Any) -> SignedObject:
    (signed,) = read_cms(data, content, **options)
    return signed


def reasons(signed: SignedObject) -> dict[str, Reason]:
    """The findings that did not pass."""
    return {finding.code: finding.reason for finding in signed.findings if finding.reason is not None}


def codes(signed: SignedObject) -> Sequence[str]:
    return [finding.code for finding in signed.findings]


def value_of(signed: SignedObject, user_id: bytes | None = None) -> Reason | None:
    """What the arithmetic says of a signature; `None`: it is right."""
    assert signed.algorithm is not None
    assert signed.certificate is not None
    try:
        verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature, sm2_user_id=user_id)
    except Fault as fault:
        return fault.reason
    return None


def is_good(signed: SignedObject) -> bool:
    return not reasons(signed) and value_of(signed) is None
