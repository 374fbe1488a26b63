"""How the mocks of the places have a person sign: by a world in the same process, or by the authority's desk.

A mock holds no signing key: as with the real services, the key lies with the certification authority's cloud. What
comes back is the provider's answer as `results` shapes it; the mock puts it into its own envelope.
"""

import base64
from typing import Any, Final, Protocol

import httpx

from mock_idps.authority import results
from mock_idps.authority.kinds import KINDS
from mock_idps.authority.spoils import SPOILS
from mock_idps.authority.world import World

WAYS: Final = {
    "hong_kong": ("SHA256withRSA", "NONEwithRSA", "pdf"),
    "macao": ("cms",),
    "guangdong": ("SM3withSM2", "SM2", "message"),
}
"""What can be asked of each place's service; the first is the usual one."""
LONGEST_HASH: Final = 1_024
"""iAM Smart takes several digests one after another as one hash."""
_SECONDS: Final = 10


class SigningError(ValueError):
    """Nobody signs: the message says why, without the person."""


class Signing(Protocol):
    """A service that signs for people."""

    async def sign(
        self,
        place: str,
        persona: str,
        value: bytes,
        *,
        way: str | None = None,
        kind: str | None = None,
        spoil: str | None = None,
    ) -> dict[str, Any]:
        """Give the place's answer to a hash that a persona signs; `SigningError` when it cannot."""


class LocalSigning:
    """Signs with the keys of a world in this process."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def sign(
        self,
        place: str,
        persona: str,
        value: bytes,
        *,
        way: str | None = None,
        kind: str | None = None,
        spoil: str | None = None,
    ) -> dict[str, Any]:
        """Sign here and now."""
        if place not in WAYS or (way is not None and way not in WAYS[place]):
            raise SigningError("the place has no such way of signing")
        if kind not in {None, *KINDS} or spoil not in {None, *SPOILS}:
            raise SigningError("there is no such certificate")
        if not 0 < len(value) <= LONGEST_HASH:
            raise SigningError("the hash is empty or too long")
        signer = results.signer_for(place, persona, world=self._world, kind=kind, spoil=spoil)
        return _answer(place, signer, value, way or WAYS[place][0])


def _answer(place: str, signer: results.PersonSigner, value: bytes, way: str) -> dict[str, Any]:
    match place:
        case "hong_kong" if way == "pdf":
            return results.iam_smart_pdf(signer, value)
        case "hong_kong":
            if way == "NONEwithRSA" and len(value) != 32:
                raise SigningError("such a signature is over one SHA-256 digest")
            return results.iam_smart(signer, value, algorithm=way)
        case "macao":
            return results.one_account(signer, value)
        case _:
            return results.guangdong(signer, value, way=way)


class RemoteSigning:
    """Signs at the desk of a running authority."""

    def __init__(self, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base_url = base_url.rstrip("/")
        self._transport = transport

    async def sign(
        self,
        place: str,
        persona: str,
        value: bytes,
        *,
        way: str | None = None,
        kind: str | None = None,
        spoil: str | None = None,
    ) -> dict[str, Any]:
        """Ask the desk."""
        asked = {"persona": persona, "hash": base64.b64encode(value).decode("ascii"), "way": way, "kind": kind}
        fields = {name: one for name, one in (asked | {"spoil": spoil}).items() if one is not None}
        try:
            async with httpx.AsyncClient(transport=self._transport, timeout=_SECONDS, trust_env=False) as client:
                reply = await client.post(f"{self._base_url}/signing/{place}", json=fields)
                answer = reply.json()
        except (httpx.HTTPError, ValueError):
            raise SigningError("the authority's desk does not answer") from None
        if reply.status_code != httpx.codes.OK or not isinstance(answer, dict):
            raise SigningError("the authority's desk refuses")
        return answer
