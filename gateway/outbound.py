"""The port ``Fetch`` of the protocol core, fulfilled by the guarded client of ``providers.outbound`` (G14)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.config import Outbound as OutboundSettings
from gateway.oidc.ports import Fetch, Fetched, FetchError
from providers.outbound import Outbound, OutboundError


@dataclass(frozen=True, slots=True)
class GuardedFetch:
    """Calls addresses that relying parties or federation entities name."""

    outbound: Outbound

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Fetch; raises ``FetchError``."""
        try:
            answer = await self.outbound.get(url, headers)
        except OutboundError as error:
            raise FetchError("unusable") from error
        return Fetched(answer.status, answer.content, answer.content_type)

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Fetched:
        """Post bytes; raises ``FetchError``."""
        try:
            answer = await self.outbound.post(url, content, headers)
        except OutboundError as error:
            raise FetchError("unusable") from error
        return Fetched(answer.status, answer.content, answer.content_type)


@asynccontextmanager
async def build_fetch(settings: OutboundSettings) -> AsyncIterator[Fetch]:
    """The client for the whole process, closed at its end."""
    outbound = Outbound(ca_bundle=settings.ca_bundle, allow_loopback=settings.allow_loopback)
    try:
        yield GuardedFetch(outbound)
    finally:
        await outbound.aclose()
