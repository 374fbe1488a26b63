"""A responder, a list server and somebody who asks them again and again, with one cache."""

import asyncio
from datetime import timedelta

import httpx

from certs.trust.fetch import Budget, Fetcher
from certs.trust.revocation.cache import MemoryRevocationCache
from certs.trust.revocation.gather import gather
from certs.trust.revocation.model import RevocationRules
from certs.trust.revocation.standing import status_of
from certs.trust.trust_list import RevocationSources
from tests.certs.builders import NOW
from tests.certs.trust.revocation.answers import (
    CRL_URL,
    OCSP_URL,
    RULES,
    Pair,
    a_pair,
    an_answer,
)

PAIR = a_pair()
SERIAL = PAIR.leaf.certificate.serial
SOURCES = RevocationSources(ocsp=(OCSP_URL,), crl=(CRL_URL,))
MINUTE = timedelta(minutes=1)


class Authority:
    """Responder and list server in one; what is `None` fails."""

    def __init__(self, *, answer=None, lists=None) -> None:
        self.answer = answer
        self.lists = lists or {}
        self.asked: list[str] = []
        self.questions: list[bytes] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        self.asked.append(url)
        await asyncio.sleep(0)
        if request.method == "POST":
            self.questions.append(request.content)
        content = self.answer if request.method == "POST" else self.lists.get(url)
        return httpx.Response(503) if content is None else httpx.Response(200, content=content)


class Desk:
    """A gatherer with its cache, asked again and again."""

    def __init__(self, authority: Authority, *, sources=SOURCES, rules: RevocationRules = RULES) -> None:
        self.authority = authority
        self.cache = MemoryRevocationCache()
        self.sources = sources
        self.rules = rules
        self.fetcher = Fetcher(transport=httpx.MockTransport(authority), lookup=self.look_up)

    async def look_up(self, host: str, port: int) -> tuple[str, ...]:
        return ("203.0.114.9",)

    async def ask(self, pair: Pair = PAIR, *, stapled=(), now=NOW, fetcher=True, **changes):
        self.material = await gather(
            *pair.who,
            stapled=stapled,
            sources=self.sources,
            cache=self.cache,
            fetcher=self.fetcher if fetcher else None,
            now=now,
            rules=self.rules,
            budget=changes.pop("budget", None) or Budget(),
            **changes,
        )
        return status_of(*pair.who, self.material, at=now, responders=(), rules=self.rules)


def a_responder_saying(**changes) -> Authority:
    return Authority(answer=an_answer(PAIR, **changes))
