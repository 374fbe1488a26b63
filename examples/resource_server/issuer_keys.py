"""The gateway's public keys: found through discovery, kept for five minutes, and asked for again in time."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet

from examples.resource_server.refusals import UnavailableError

MAX_AGE = 300.0
"""Seconds for which keys are used, as the gateway says in ``Cache-Control``."""
PAUSE = 10.0
"""Seconds between two requests, whatever key ids strangers write into their tokens."""


class IssuerKeys:
    """The keys of one issuer. Its address is a setting of ours: no token can name another one."""

    def __init__(self, issuer: str, http: httpx.AsyncClient, clock: Callable[[], float] = time.time) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._keys: Mapping[str, Key] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, kid: str) -> Key | None:
        """The key of this id; an unknown one may be new, so the set is fetched again, but not at anybody's pace."""
        async with self._lock:  # those who come meanwhile wait for this one answer
            now = self._clock()
            is_stale = now - self._fetched_at > MAX_AGE or kid not in self._keys
            if is_stale and now - self._asked_at > PAUSE:
                self._asked_at = now
                await self._fetch(now)
        if not self._keys:
            raise UnavailableError
        return self._keys.get(kid)

    async def _fetch(self, now: float) -> None:
        """Replace the keys; when the gateway does not answer, the last good ones stay."""
        try:
            metadata = await self._json(f"{self._issuer}/.well-known/openid-configuration")
            if metadata["issuer"] != self._issuer:
                return
            keys = KeySet.import_key_set(await self._json(metadata["jwks_uri"]))
        except (httpx.HTTPError, JoseError, KeyError, TypeError, ValueError):
            return
        self._keys = {key.kid: key for key in keys if key.kid}
        self._fetched_at = now

    async def _json(self, url: str) -> Any:
        response = await self._http.get(url)
        response.raise_for_status()
        return response.json()
