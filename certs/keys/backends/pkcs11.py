"""Keys on a token behind PKCS #11: made there, never extractable, asked for signatures only (PKCS #11 §6.1, §6.3)."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from certs.keys.backends import NewKey, handles
from certs.keys.backends.pkcs11_token import Token
from certs.keys.backends.public_half import members_of_spki, require_fit, require_form, thumbprint
from certs.keys.errors import KeyMaterialError, KeyUnavailableError
from certs.keys.signing_key import RSA_BITS, Algorithm, Signer

NAME: Final = "pkcs11"
_ID_BYTES: Final = 16
_ID: Final = re.compile(r"[0-9a-f]{32}")
_PROBE_BITS: Final = 64
_SALT_BYTES: Final = 32  # PS256 has a salt as long as its hash (RFC 7518 §3.5)


class Pkcs11Backend:
    """Keeps private halves on one token; handles are ``pkcs11:<id>``, the label of a key is its set."""

    __slots__ = ("_token",)

    def __init__(self, module: Path, token: str, pin: str) -> None:
        self._token = Token(module, token, pin)

    @property
    def name(self) -> str:
        """What handles begin with."""
        return NAME

    def generate(self, key_set: str, algorithm: str) -> NewKey:
        """Make a pair on the token; one that the token would ever hand out is destroyed at once, and refused."""
        handles.require_set(key_set)
        if algorithm not in set(Algorithm):
            raise KeyMaterialError("a token holds keys that sign, and no others")
        key_id = secrets.token_bytes(_ID_BYTES)
        handle = f"{NAME}:{key_id.hex()}"
        is_safe = self._token.run(lambda p11, session: _make(p11, session, key_set, algorithm, key_id))
        if not is_safe:
            self.destroy(handle)
            raise KeyMaterialError("the token makes keys that can be taken out of it")
        public = members_of_spki(algorithm, self._public(key_id))
        return NewKey(thumbprint(public), algorithm, handle, public)

    def signer(self, handle: str) -> Signer:
        """What signs with a key."""
        key_id = _id(handle)
        return TokenSigner(self._token, key_id, members_of_spki(None, self._public(key_id)))

    def secret(self, handle: str) -> bytes:  # noqa: ARG002 - the port's argument; no key is handed out
        """Refuse."""
        raise KeyMaterialError("a token hands out no private half")

    def destroy(self, handle: str) -> None:
        """Destroy both halves on the token."""
        key_id = _id(handle)
        self._token.run(lambda p11, session: _destroy(p11, session, key_id))
        self._token.forget(key_id)

    def answers(self) -> bool:
        """Whether the token can be reached, and takes our PIN."""
        try:
            self._token.run(_look)
        except KeyUnavailableError:
            return False
        return True

    def close(self) -> None:
        """Leave the token, at the end of the process."""
        self._token.close()

    def _public(self, key_id: bytes) -> bytes:
        return self._token.run(lambda p11, session: _spki(p11, session, key_id))

    def __repr__(self) -> str:
        return f"Pkcs11Backend({self._token!r})"


@dataclass(frozen=True, slots=True, repr=False)
class TokenSigner:
    """One key of a token."""

    token: Token
    key_id: bytes
    public: Mapping[str, Any]

    def sign(self, algorithm: Algorithm, message: bytes) -> bytes:
        """Have the token sign; ES256 comes back as r and s, as RFC 7518 §3.4 wants it."""
        require_fit(self.public, algorithm)
        return require_form(
            algorithm, self.token.run(lambda p11, session: self._sign(p11, session, algorithm, message))
        )

    def _sign(self, p11: Any, session: Any, algorithm: Algorithm, message: bytes) -> bytes:
        key = self.token.remembered(self.key_id, lambda: _find(p11, session, self.key_id, p11.ObjectClass.PRIVATE_KEY))
        signed: bytes
        if algorithm == Algorithm.ES256:
            # Not every token hashes for ECDSA, and the hash is no secret.
            signed = key.sign(hashlib.sha256(message).digest(), mechanism=p11.Mechanism.ECDSA)
        elif algorithm == Algorithm.RS256:
            signed = key.sign(message, mechanism=p11.Mechanism.SHA256_RSA_PKCS)
        else:
            salted = (p11.Mechanism.SHA256, p11.MGF.SHA256, _SALT_BYTES)
            signed = key.sign(message, mechanism=p11.Mechanism.SHA256_RSA_PKCS_PSS, mechanism_param=salted)
        return signed


def _make(p11: Any, session: Any, key_set: str, algorithm: str, key_id: bytes) -> bool:
    attribute = p11.Attribute
    wanted = {
        "id": key_id,
        "label": key_set,
        "store": True,
        "capabilities": p11.MechanismFlag.SIGN | p11.MechanismFlag.VERIFY,
        "private_template": {attribute.SENSITIVE: True, attribute.EXTRACTABLE: False, attribute.PRIVATE: True},
    }
    if algorithm == Algorithm.ES256:
        curve = {attribute.EC_PARAMS: p11.util.ec.encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(p11.KeyType.EC, curve, local=True)
        _, private = parameters.generate_keypair(**wanted)
    else:
        _, private = session.generate_keypair(p11.KeyType.RSA, RSA_BITS, **wanted)
    return bool(private[attribute.NEVER_EXTRACTABLE]) and bool(private[attribute.ALWAYS_SENSITIVE])


def _look(p11: Any, session: Any) -> None:
    # Random numbers come from the module, even where the token is gone: so the token itself is asked, too.
    session.token.slot.get_token()
    _search(p11, session, bytes(_ID_BYTES), p11.ObjectClass.PRIVATE_KEY)


def _spki(p11: Any, session: Any, key_id: bytes) -> bytes:
    key = _find(p11, session, key_id, p11.ObjectClass.PUBLIC_KEY)
    encode = p11.util.ec.encode_ec_public_key if key.key_type is p11.KeyType.EC else p11.util.rsa.encode_rsa_public_key
    der: bytes = encode(key)
    return der


def _find(p11: Any, session: Any, key_id: bytes, kind: Any) -> Any:
    found = _search(p11, session, key_id, kind)
    if len(found) != 1:
        raise p11.exceptions.NoSuchKey
    return found[0]


def _search(p11: Any, session: Any, key_id: bytes, kind: Any) -> list[Any]:
    # The binding's search complains on the error stream about a session that was lost; this notices it quietly before.
    session.generate_random(_PROBE_BITS)
    return list(session.get_objects({p11.Attribute.CLASS: kind, p11.Attribute.ID: key_id}))


def _destroy(p11: Any, session: Any, key_id: bytes) -> None:
    # The private half first: what a crash leaves behind is then no danger.
    for kind in (p11.ObjectClass.PRIVATE_KEY, p11.ObjectClass.PUBLIC_KEY):
        for found in _search(p11, session, key_id, kind):
            found.destroy()


def _id(handle: str) -> bytes:
    name = handles.within(handle, NAME)
    if not _ID.fullmatch(name):
        raise KeyUnavailableError("not the handle of a key on a token")
    return bytes.fromhex(name)
