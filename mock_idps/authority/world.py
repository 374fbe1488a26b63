"""One world of three jurisdictions: issues certificates of every kind, good or spoilt, and knows who is revoked.

Keys and certificates are made when they are first asked for and shared by every world of the same moment and seed in
this process; what was revoked belongs to one world alone.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Self

from mock_idps.authority.authorities import AUTHORITIES, Authority
from mock_idps.authority.certificate import Issued, Profile, build
from mock_idps.authority.extensions import no_check as no_check_extension
from mock_idps.authority.keys import Key, KeyRing
from mock_idps.authority.kinds import KINDS, PERSONAL, Kind, key_name, profile
from mock_idps.authority.registry import Registry
from mock_idps.authority.spoils import ISSUED_BY, LEAF
from mock_idps.personas import PERSONAS, find

BASE_URL: Final = "http://authority.sandbox.example"
_DELEGATE_DAYS: Final = 30


class _Material:
    """What worlds of the same moment and seed share: keys, and certificates already written."""

    def __init__(self) -> None:
        self.keys = KeyRing()
        self.issued: dict[object, Issued] = {}


@lru_cache(maxsize=16)
def _material(now: datetime, seed: str, base_url: str) -> _Material:
    del now, seed, base_url  # they are the name of the material
    return _Material()


@dataclass(frozen=True, slots=True, repr=False)
class World:
    """The authorities of Hong Kong, Macao and Guangdong at one moment."""

    now: datetime
    seed: str
    base_url: str
    material: _Material
    registry: Registry = field(default_factory=Registry)

    @classmethod
    def make(cls, now: datetime, seed: str = "", *, base_url: str = BASE_URL) -> Self:
        """Make the world as it is at `now`, an aware moment; another seed has other keys under the same names."""
        return cls(now, seed, base_url, _material(now, seed, base_url))

    def key(self, name: str, family: Any) -> Key:
        """Give a key of the world by name and family, for whatever a test needs signed."""
        return self.material.keys.key(name, family)

    def authority(self, id: str) -> Issued:  # noqa: A002 - the word of the table
        """Give an authority of `AUTHORITIES` with its key and certificate."""
        known = self.material.issued.get(id)
        if known is None:
            known = self._found(AUTHORITIES[id])
            self.material.issued[id] = known
        return known

    def _found(self, authority: Authority) -> Issued:
        return self._built(
            authority.id,
            Profile(
                subject=authority.name,
                issuer=authority.parent or authority.id,
                family=authority.family,
                not_before=authority.start,
                not_after=authority.end,
                ca=True,
                path_length=authority.path_length,
                key_usage=("keyCertSign", "cRLSign"),
                crl=() if authority.parent is None else (f"{self.base_url}/crl/{authority.parent}.crl",),
                ocsp=() if authority.parent is None else (f"{self.base_url}/ocsp/{authority.parent}",),
                key_name=authority.id,
            ),
            None if authority.parent is None else self.authority(authority.parent),
        )

    def subordinate(self, name: str, parent: Issued, *, expired: bool = False, **changes: Any) -> Issued:
        """Put another authority below one: valid unless changed, on no list."""
        subject = (*parent.profile.subject[:-1], ("CN", f"Sandbox Subordinate {name}"))
        said = replace(parent.profile, subject=subject, path_length=0, key_name=f"sub-{name}", extensions=())
        if expired:
            said = replace(said, not_before=self.now - timedelta(days=800), not_after=self.now - timedelta(days=1))
        return self._cached(("sub", name, parent.sha256), f"sub-{name}", replace(said, **changes), parent)

    def issue(self, kind: str, subject: str = "chan-siu-ming", spoil: str | None = None, **changes: Any) -> Issued:
        """Issue a certificate of a kind to a persona (by id) or to any name.

        `spoil` names one thing that is wrong (`spoils.SPOILS`); `changes` set fields of the `Profile` at will, and
        `issuer` may also be an `Issued` to sign it.
        """
        person = find(PERSONAS, subject)
        what = KINDS[kind]
        said = profile(what, person or subject, self.now, self.base_url)
        said = replace(said, key_name=key_name(what, person or subject))
        if spoil is not None and spoil in LEAF:
            said = LEAF[spoil](said, self.now)
        issuer = changes.pop("issuer", None)
        if isinstance(issuer, str):
            said = replace(said, issuer=issuer)
        said = replace(said, **changes)
        above = issuer if isinstance(issuer, Issued) else self._issuer(what, said, spoil)
        return self._cached((kind, subject, spoil, above.sha256), kind, said, above)

    def _issuer(self, kind: Kind, said: Profile, spoil: str | None) -> Issued:
        if spoil is None or spoil in LEAF:
            return self.authority(said.issuer)
        if spoil == "look_alike":
            return World.make(self.now, f"{self.seed}-look-alike", base_url=self.base_url).authority(said.issuer)
        if spoil == "ca_false":
            return self.issue(kind.id, "Sandbox Bystander")
        wrong = dict(ISSUED_BY[spoil])
        issuing = self.authority(said.issuer)
        parent = issuing if wrong.pop("parent", None) else issuing.issuer
        return self.subordinate(spoil, parent or issuing, **wrong)

    def responder(self, authority: str, spoil: str | None = None, *, no_check: bool = True, **changes: Any) -> Issued:
        """Issue the certificate of a delegated responder of an authority (RFC 6960 §4.2.2.2)."""
        return self.issue_service(authority, "responder", ("OCSPSigning",), spoil, no_check=no_check, **changes)

    def issue_service(
        self,
        authority: str,
        name: str,
        purposes: tuple[str, ...],
        spoil: str | None = None,
        *,
        no_check: bool = False,
        **changes: Any,
    ) -> Issued:
        """Issue a certificate to a service of an authority."""
        above = self.authority(authority)
        said = Profile(
            subject=(*above.profile.subject[:-1], ("CN", f"Sandbox {name} of {authority}")),
            issuer=authority,
            family=above.key.family,
            not_before=self.now - timedelta(days=_DELEGATE_DAYS),
            not_after=self.now + timedelta(days=_DELEGATE_DAYS),
            key_usage=("digitalSignature",),
            extended_key_usage=purposes,
            extensions=(no_check_extension(),) if no_check else (),
            key_name=f"{name}-{authority}",
        )
        said = LEAF[spoil](said, self.now) if spoil else said
        return self._cached((name, authority, spoil, no_check), f"{name}-{authority}", replace(said, **changes), above)

    def personal(self, subject: str) -> Issued:
        """The certificate that a persona signs with at home."""
        person = find(PERSONAS, subject)
        return self.issue(PERSONAL[person.home if person else "hong_kong"], subject)

    def issued(self) -> tuple[Issued, ...]:
        """Every certificate that was issued so far."""
        return tuple(self.material.issued.values())

    def _cached(self, name: object, kind: str, said: Profile, issuer: Issued) -> Issued:
        slot = (name, said)
        known = self.material.issued.get(slot)
        if known is None:
            known = self._built(kind, said, issuer)
            self.material.issued[slot] = known
        return known

    def _built(self, kind: str, said: Profile, issuer: Issued | None) -> Issued:
        key = self.key(said.key_name, said.family)
        return build(kind, said, key, issuer, serial=self._serial(kind, said))

    def _serial(self, kind: str, said: Profile) -> int:
        """A number of its own for every certificate that differs: sixteen bytes, positive."""
        text = repr((self.seed, kind, replace(said, serial=None)))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big") >> 1 | 1 << 126
