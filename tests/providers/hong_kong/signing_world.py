"""The simulated iAM Smart+ with a cloud that signs, the signer, and the net between them, under one clock."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mock_idps.authority.signing import LocalSigning
from mock_idps.hong_kong import HongKongConfig, create_app
from providers.base import Callback, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong.signing import HongKongSigner
from providers.signing import SigningOrder, SigningOutcome, SigningStart
from tests.authority import NOW, a_world
from tests.providers.asgi_net import AsgiNet
from tests.providers.hong_kong.builders import BASE, CLIENT_ID, KEY, SECRET, settings
from tests.providers.hong_kong.world import CALLBACK, World, public_pem

DOCUMENT = b"contract of the tests"
ORDER_ID = "order-0123456789abcdef"
SIGNATORY = "cheung-mei-fong"
ELIGIBLE, BROKEN, REFUSED = ProviderFailure.NOT_ELIGIBLE, ProviderFailure.BROKEN, ProviderFailure.REFUSED
PATH = "/api/v1/anonymous/signing"


class Later:
    """A clock at the moment of the world of authorities."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def an_order(**changes: Any) -> SigningOrder:
    members = {
        "order_id": ORDER_ID,
        "callback_url": CALLBACK,
        "digest_algorithm": "sha256",
        "digest": hashlib.sha256(DOCUMENT).digest(),
        "document_name": "Lease.pdf",
        "service_name": "Housing",
        "department": "Sandbox Department",
        "language": "en",
    }
    return SigningOrder(**{**members, **changes})


@dataclass
class Signing(World):
    """The simulated service with a cloud that signs, the adapter, and the net between them."""

    def __post_init__(self) -> None:
        self.clock: Any = Later()
        self.net = AsgiNet()
        client = {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "name": "Cross-border gateway",
            "redirect_uris": [CALLBACK],
            "kek_public_pem": public_pem(KEY),
        }
        config = HongKongConfig.from_json({"base_url": BASE, "clients": [client]})
        self.app = create_app(config, now_ms=self.now_ms, signing_service=LocalSigning(a_world()))
        self.net.mount(BASE, self.app)
        self.provider = self.another_provider()
        self.signer = HongKongSigner(settings(), Calls(self.net), self.clock)

    def now_ms(self) -> int:
        return int(self.clock().timestamp() * 1000)

    async def who(self, persona: str = SIGNATORY) -> UpstreamIdentity:
        return await self.sign_in(persona)

    async def come_back_signed(self, start: SigningStart, persona: str = SIGNATORY) -> Callback:
        async with self.net.browser() as browser:
            answer = await browser.get(f"{start.url}&auto={persona}")
        assert answer.status_code == 302, answer.text
        return self.returned(answer.headers["location"], start)

    def returned(self, location: str, start: SigningStart) -> Callback:
        return Callback(dict(parse_qsl(urlsplit(location).query)), start.kept, ORDER_ID, self.clock())

    async def sign(self, persona: str = SIGNATORY, **order: Any) -> SigningOutcome:
        return await self.sign_as(await self.who(), persona, **order)

    async def sign_as(self, who: UpstreamIdentity, persona: str = SIGNATORY, **order: Any) -> SigningOutcome:
        start = await self.signer.begin_signing(an_order(**order), who)
        return await self.signer.finish_signing(await self.come_back_signed(start, persona))

    async def refusal(self, persona: str = SIGNATORY, **order: Any) -> tuple[ProviderFailure, str]:
        with pytest.raises(ProviderError) as refused:
            await self.sign(persona, **order)
        return refused.value.failure, refused.value.detail
