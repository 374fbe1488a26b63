"""Collect what is known of one certificate's revocation: what came along, what is remembered, what has to be asked.

Sources are asked in that order and only until the answer is known; only hosts that the entry names are called. What
was fetched is remembered when it counts, and what failed is not tried again for a minute. The verdict is not made
here: `standing.status_of` makes it from what is returned, failures included, now or from stored evidence.
"""

import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from certs.trust.addresses import Origin, is_bare
from certs.trust.certificate import Certificate, read_certificate
from certs.trust.errors import Fault, Refused
from certs.trust.fetch import Budget, Fetcher
from certs.trust.reasons import Reason
from certs.trust.revocation import crl, ocsp
from certs.trust.revocation.cache import CacheKey, Kept, MemoryRevocationCache, RevocationCache
from certs.trust.revocation.model import Material, MaterialKind, MaterialSource, RevocationRules, Standing, Status
from certs.trust.revocation.ocsp_request import CONTENT_TYPE, NONCE_BYTES, write_request
from certs.trust.revocation.points import list_addresses, responder_addresses
from certs.trust.revocation.standing import is_known, status_of
from certs.trust.revocation.statement import good_until
from certs.trust.trust_list import RevocationSources

__all__ = ["CacheKey", "Kept", "MemoryRevocationCache", "RevocationCache", "gather"]

FAILURE_SECONDS: Final = 60
_ADDRESSES: Final = 3
"""Addresses of a kind that are asked at most."""
_KEPT: Final = 1_024
"""Pairs of addresses, a certificate's and an entry's, whose answer is remembered."""
Background = Callable[[Coroutine[Any, Any, None]], object]
"""Runs a renewal beside the request, such as ``asyncio.create_task`` with somebody who holds the task."""


async def gather(
    certificate: Certificate,
    issuer: Certificate,
    *,
    stapled: Sequence[Material],
    sources: RevocationSources,
    cache: RevocationCache,
    fetcher: Fetcher | None,
    now: datetime,
    rules: RevocationRules,
    budget: Budget,
    sm2_user_id: bytes | None = None,
    jitter: float = 0.5,
    background: Background | None = None,
) -> tuple[Material, ...]:
    """Give the material from which the status follows; without a fetcher nobody is asked.

    ``jitter``, 0 to 1, spreads the moment at which a failed address is tried again.
    """
    if not 0 <= jitter <= 1:
        raise ValueError("jitter lies between 0 and 1")
    question = _Question(certificate, issuer, sources, now, rules, sm2_user_id, _responders(sources))
    desk = _Desk(question, cache, fetcher, budget, jitter)
    return await desk.collect(tuple(stapled), background)


@dataclass(frozen=True, slots=True)
class _Question:
    certificate: Certificate
    issuer: Certificate
    sources: RevocationSources
    now: datetime
    rules: RevocationRules
    sm2_user_id: bytes | None
    responders: tuple[Certificate, ...]

    def status(self, materials: Sequence[Material]) -> Status:
        return status_of(
            self.certificate,
            self.issuer,
            materials,
            at=self.now,
            responders=self.responders,
            rules=self.rules,
            sm2_user_id=self.sm2_user_id,
        )

    def keys(self) -> list[CacheKey]:
        """What could be asked for, answers first: where failures are remembered."""
        answers = _addresses(responder_addresses(self.certificate), self.sources.ocsp)
        lists = _addresses(list_addresses(self.certificate), self.sources.crl)
        return [
            *(CacheKey.answer(self.certificate, self.issuer, url) for url in answers),
            *(CacheKey.list(self.issuer, url) for url in lists if not is_bare(url)),
        ]

    def max_age(self, kind: MaterialKind) -> timedelta:
        """How long an answer is taken from memory before its sender is asked again."""
        policy = self.rules.max_age_ocsp if kind is MaterialKind.OCSP else self.rules.max_age_crl
        entry = self.sources.freshness_seconds
        return timedelta(seconds=policy if entry is None else min(policy, entry))


@dataclass(frozen=True, slots=True)
class _Desk:
    question: _Question
    cache: RevocationCache
    fetcher: Fetcher | None
    budget: Budget
    jitter: float

    async def collect(self, stapled: tuple[Material, ...], background: Background | None) -> tuple[Material, ...]:
        keys = self.question.keys()
        fresh, aged = await self._remembered(keys, background)
        if is_known(self.question.status(stapled)):
            # What came along was chosen by who sent it: what we remember to the contrary is not left out.
            return (*stapled, *(one for one in fresh if self._is_against(one)))
        found = [*stapled, *fresh]
        for key in keys if self.fetcher is not None else ():
            if is_known(self.question.status(found)):
                return tuple(found)
            found.append(await self.ask(key))
        if not is_known(self.question.status(found)):
            found.extend(aged)  # what is too old to be taken first may still be right, or count by the grace
        return tuple(found)

    async def _remembered(
        self, keys: Sequence[CacheKey], background: Background | None
    ) -> tuple[list[Material], list[Material]]:
        fresh: list[Material] = []
        aged: list[Material] = []
        answer = CacheKey.answer(self.question.certificate, self.question.issuer)
        for key in (answer, *(key for key in keys if key.kind is MaterialKind.CRL)):
            kept = await self.cache.get(key)
            if kept is None or not kept.der:
                continue
            is_fresh = kept.is_revoked or self.question.now < kept.good_until
            (fresh if is_fresh else aged).append(Material(key.kind, kept.der, MaterialSource.CACHE, kept.url))
            if is_fresh and not kept.is_revoked and kept.is_ageing(self.question.now):
                self._renew(key, kept, background)
        return fresh, aged

    def _renew(self, key: CacheKey, kept: Kept, background: Background | None) -> None:
        if background is None or self.fetcher is None or Origin.of(kept.url) not in self._allowed(key.kind):
            return
        background(self._renewed(replace(key, url=kept.url)))

    async def _renewed(self, key: CacheKey) -> None:
        await replace(self, budget=Budget()).ask(key)

    def _is_against(self, material: Material) -> bool:
        return self.question.status((material,)).standing in {Standing.REVOKED, Standing.ON_HOLD}

    async def ask(self, key: CacheKey) -> Material:
        for place in (key, self._place(key, Reason.REVOCATION_SCOPE)):
            kept = await self.cache.get(place)
            if kept is not None and kept.has_failed(self.question.now):
                return _nothing(key, kept.failure or Reason.REVOCATION_UNREACHABLE)
        try:
            return await _flying(self.fetcher).once(key, lambda: self._fetch(key), self.budget)
        except Fault as fault:
            return _nothing(key, fault.reason)

    async def _fetch(self, key: CacheKey) -> Material:
        """Ask once for all who wait; what counts is remembered, and what does not is remembered as a failure."""
        try:
            material = await (self._answer(key) if key.kind is MaterialKind.OCSP else self._list(key))
        except Fault as fault:
            await self._remember_failure(key, fault.reason)
            raise
        status = self.question.status((material,))
        if is_known(status):
            await self._remember(key, material, status)
        else:
            await self._remember_failure(key, (*status.tried, Reason.REVOCATION_STALE)[0])
        return material

    async def _answer(self, key: CacheKey) -> Material:
        nonce = secrets.token_bytes(NONCE_BYTES)
        request = write_request(self.question.certificate, self.question.issuer, nonce)
        der = await _flying(self.fetcher).post(
            key.url, request, CONTENT_TYPE, allowed=self._allowed(key.kind), limit=ocsp.MAX_ANSWER
        )
        return Material(key.kind, der, MaterialSource.FETCHED, key.url, nonce)

    async def _list(self, key: CacheKey) -> Material:
        der = await _flying(self.fetcher).get(key.url, allowed=self._allowed(key.kind), limit=crl.MAX_LIST)
        kept = await self.cache.get(key)
        number = crl.number_of(der)
        if kept is not None and kept.number is not None and (number is None or number < kept.number):
            raise Fault(Reason.REVOCATION_OLDER_THAN_SEEN)
        return Material(key.kind, der, MaterialSource.FETCHED, key.url)

    async def _remember(self, key: CacheKey, material: Material, status: Status) -> None:
        is_list = key.kind is MaterialKind.CRL
        now, rules = self.question.now, self.question.rules
        latest = now + self.question.max_age(key.kind)
        kept = Kept(
            der=material.der,
            url=key.url,
            fetched_at=now,
            good_until=min(good_until(status, rules) or latest, latest),
            is_revoked=status.standing is Standing.REVOKED and not is_list,
            number=crl.number_of(material.der) if is_list else None,
        )
        await self.cache.put(key if is_list else replace(key, url=""), kept)

    async def _remember_failure(self, key: CacheKey, reason: Reason) -> None:
        now = self.question.now
        until = now + timedelta(seconds=FAILURE_SECONDS * (0.5 + self.jitter))
        place = self._place(key, reason)
        kept = await self.cache.get(place) or Kept(b"", key.url, now, now)
        await self.cache.put(place, replace(kept, failure=reason, failed_until=until))

    def _place(self, key: CacheKey, reason: Reason) -> CacheKey:
        """Where a failure is remembered: a list that does not cover this certificate may cover the next one."""
        is_own = reason is Reason.REVOCATION_SCOPE
        return replace(key, serial=f"{self.question.certificate.serial:x}") if is_own else key

    def _allowed(self, kind: MaterialKind) -> frozenset[Origin]:
        named = self.question.sources.ocsp if kind is MaterialKind.OCSP else self.question.sources.crl
        return frozenset(origin for origin in map(Origin.of, named) if origin is not None)


@lru_cache(maxsize=_KEPT)
def _addresses(of_certificate: tuple[str, ...], named: tuple[str, ...]) -> tuple[str, ...]:
    """The certificate's own addresses at named hosts, then the entry's: a list may be cut into parts by certificate."""
    origins = {Origin.of(url) for url in named} - {None}
    own = [url for url in of_certificate if Origin.of(url) in origins]
    callable_ones = [url for url in named if Origin.of(url) is not None]
    return tuple(dict.fromkeys([*own, *callable_ones]))[:_ADDRESSES]


def _responders(sources: RevocationSources) -> tuple[Certificate, ...]:
    found: list[Certificate] = []
    for der in sources.responders:
        try:
            found.append(read_certificate(der))
        except (Fault, Refused):
            continue  # the list's own check names it; here it just answers nothing
    return tuple(found)


def _nothing(key: CacheKey, reason: Reason) -> Material:
    return Material(key.kind, b"", MaterialSource.FETCHED, key.url, failure=reason)


def _flying(fetcher: Fetcher | None) -> Fetcher:
    if fetcher is None:
        raise Fault(Reason.REVOCATION_UNREACHABLE)
    return fetcher
