"""The adapter, the mock and the net between them: two independent readings of one wire meet in one process."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest

from certs.keys.key_transport import RsaDecryptionKey
from mock_idps.hong_kong import HongKongConfig, create_app
from providers.base import Callback, LoginRequest, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.hong_kong import HongKong
from tests.providers.asgi_net import AsgiNet
from tests.providers.hong_kong.builders import (
    BASE,
    CLIENT_ID,
    EARLIER_KEY,
    KEY,
    LOGIN_ID,
    SECRET,
    Clock,
    settings,
)

CALLBACK = "http://gate.mock/callback/hong_kong"
STUDENT = "chan-siu-ming"


def public_pem(key: RsaDecryptionKey) -> str:
    body = base64.encodebytes(key.public_spki_der()).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n"


@dataclass
class World:
    """The mock, the adapter and the net between them, all under one clock."""

    clock: Clock = field(default_factory=Clock)
    net: AsgiNet = field(default_factory=AsgiNet)

    def __post_init__(self) -> None:
        client = {
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            "name": "Cross-border gateway",
            "redirect_uris": [CALLBACK],
            "kek_public_pem": public_pem(KEY),
            "previous_kek_public_pem": public_pem(EARLIER_KEY),
        }
        config = HongKongConfig.from_json({"base_url": BASE, "clients": [client]})
        self.net.mount(BASE, create_app(config, now_ms=lambda: int(self.clock().timestamp() * 1000)))
        self.provider = self.another_provider()

    def another_provider(self, clock: Any = None) -> HongKong:
        return HongKong(settings(), Calls(self.net), clock or self.clock)

    async def arm(self, scenario: str, endpoint: str | None = None, times: int = 1, **args: Any) -> None:
        match = {} if endpoint is None else {"endpoint": endpoint}
        order = {"scenario": scenario, "times": times, "args": args, "match": match}
        async with self.net.browser() as browser:
            answer = await browser.post(f"{BASE}/__mock__/scenario", json=order)
        assert answer.status_code == 200, answer.text

    async def come_back(self, persona: str = STUDENT) -> Callback:
        """Sign in without pages, and give the callback."""
        start = await self.provider.start(LoginRequest(LOGIN_ID, CALLBACK, "zh-Hant-HK"))
        async with self.net.browser() as browser:
            answer = await browser.get(f"{start.url}&auto={persona}")
        return self.callback_of(answer.headers["location"])

    def callback_of(self, location: str) -> Callback:
        assert location.startswith(f"{CALLBACK}?")
        return Callback(dict(parse_qsl(urlsplit(location).query)), {"state": LOGIN_ID}, LOGIN_ID, self.clock())

    async def sign_in(self, persona: str = STUDENT) -> UpstreamIdentity:
        return await self.provider.finish(await self.come_back(persona))

    async def failure(self, persona: str = STUDENT) -> tuple[ProviderFailure, str]:
        with pytest.raises(ProviderError) as refused:
            await self.sign_in(persona)
        return refused.value.failure, refused.value.detail


def link(page: str, element: str) -> str:
    match = re.search(rf'id="{element}"[^>]*href="([^"]+)"', page)
    assert match, page
    return urljoin(BASE, str(match[1]).replace("&amp;", "&"))


def ticket(page: str) -> str:
    match = re.search(r'name="c" value="([0-9a-f]+)"', page)
    assert match, page
    return str(match[1])


async def walk(world: World, action: str) -> Callback:
    """Go through the pages as a person does: QR, phone, back to the browser, continue."""
    start = await world.provider.start(LoginRequest(LOGIN_ID, CALLBACK, "en"))
    async with world.net.browser() as browser, world.net.browser() as phone:
        qr = await browser.get(start.url)
        asked = await phone.get(link(qr.text, "open-phone"))
        said = await phone.post(f"{BASE}/qr", data={"c": ticket(asked.text), "person": STUDENT, "action": action})
        assert said.status_code == 200, said.text
        home = await browser.get(f"{BASE}/qr/continue", params={"c": ticket(qr.text)})
    assert home.status_code == 302, home.text
    return world.callback_of(home.headers["location"])
