"""Content-encryption keys of the clients: issued for a day, renewed, revoked (identity-providers 1.2)."""

import os
from dataclasses import dataclass, replace
from typing import Final

from mock_idps.hong_kong.codes import WireError
from mock_idps.hong_kong.envelope import CEK_BYTES, FrameError, open_sealed

LIFETIME_MS: Final = 24 * 3_600_000
REMEMBERED: Final = 64
"""Far more than end while anybody's call is under way, also where each of twenty people has one ended."""


@dataclass(frozen=True, slots=True)
class ContentKey:
    """A key with its day; `dead` ones are remembered so that the answer is *expired*, not *cannot decrypt*."""

    key: bytes
    issued_at: int
    dead: bool = False

    def is_live(self, now: int) -> bool:
        """Say whether it still opens and seals."""
        return not self.dead and now < self.issued_at + LIFETIME_MS

    def __repr__(self) -> str:
        """Keep the key out of every trace."""
        return f"ContentKey(issued_at={self.issued_at}, dead={self.dead})"


class KeyRing:
    """The keys of every client, newest last."""

    def __init__(self) -> None:
        self._keys: dict[str, list[ContentKey]] = {}

    def current(self, client_id: str, now: int) -> ContentKey:
        """Give the newest live key, or issue one."""
        keys = self._keys.get(client_id, [])
        if keys and keys[-1].is_live(now):
            return keys[-1]
        return self.renew(client_id, now)

    def renew(self, client_id: str, now: int) -> ContentKey:
        """Issue a new key; calls under the earlier one still pass, so that one tester disturbs no other."""
        fresh = ContentKey(os.urandom(CEK_BYTES), now)
        self._keys[client_id] = [*self._keys.get(client_id, [])[-REMEMBERED:], fresh]
        return fresh

    def revoke(self, client_id: str) -> None:
        """End all keys of a client at once."""
        self._keys[client_id] = [replace(key, dead=True) for key in self._keys.get(client_id, [])]

    def revoke_all(self) -> None:
        """End every key of every client."""
        for client_id in self._keys:
            self.revoke(client_id)

    def open(self, client_id: str, content: str, now: int) -> tuple[bytes, ContentKey]:
        """Open a sealed body, and say under which key it came."""
        keys = self._keys.get(client_id, [])
        for key in reversed(keys):
            try:
                plaintext = open_sealed(key.key, content)
            except FrameError:
                continue
            if not key.is_live(now):
                raise WireError("D30002")
            return plaintext, key
        raise WireError("D30004" if any(key.is_live(now) for key in keys) else "D30002")
