"""The simulated platform, the dialect and the register in one process, with a clock that all read."""

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from certs.keys.sm import Sm2PrivateKey
from mock_idps.guangdong import GuangdongConfig, create_app
from mock_idps.personas import PERSONAS, Persona, find
from providers.base import Callback, LoginRequest, LoginStart, UpstreamIdentity
from providers.calls import Calls
from providers.guangdong import build, build_register
from tests.providers.asgi_net import AsgiNet

BASE = "https://gd.mock"
CALLBACK_URL = "https://gateway.test/callback/guangdong"
SECRET = "sandbox-secret:+ %/0001"
OURS = Sm2PrivateKey.generate()
SM4_KEY = "00112233445566778899aabbccddeeff"
TOKENINFO = "/tif/sso/connect/page/oauth2/tokeninfo"


async def _forever(_: float) -> None:
    await asyncio.sleep(60)


@dataclass
class Stage:
    """One mock, the dialect and the register wired to it, and a clock that all read."""

    now: datetime = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    logins: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        client = {
            "client_id": "gba-gateway",
            "client_secret": SECRET,
            "name": "Gateway",
            "redirect_uris": [f"{CALLBACK_URL}/*"],
            "paas_id": "gba_gateway",
            "paas_token": "paas-token-0001",
            "app_code": "GBAGATEWAY",
            "sm2_public_hex": OURS.public_key.to_hex(),
            "sm4_key_hex": SM4_KEY,
        }
        config = GuangdongConfig.from_json({"base_url": BASE, "clients": [client]})
        self.app = create_app(config, now_ms=lambda: int(self.now.timestamp() * 1000), sleep=_forever)
        self.net = AsgiNet({BASE: self.app})
        self.calls = Calls(self.net, total=30.0)  # the simulation signs in plain Python, and machines are busy
        keys = [self.app.state.province.keys.sm2.public_hex]
        block = {"base_url": BASE, "client_id": "gba-gateway", "client_secret": SECRET, "platform_public_keys": keys}
        self.provider = build(block, self.calls, lambda: self.now)
        link_block = {
            "base_url": BASE,
            "paas_id": "gba_gateway",
            "paas_token": "paas-token-0001",
            "app_code": "GBAGATEWAY",
            "sm2_key": OURS.to_pem().decode(),
            "sm4_key": SM4_KEY,
            "platform_public_keys": keys,
        }
        self.register = build_register(link_block, self.calls, lambda: self.now)

    def arm(self, scenario: str, *, times: int | None = None, **args: Any) -> None:
        self.app.state.province.switchboard.arm(scenario, times=times, args=args)

    async def start(self, **changes: Any) -> tuple[LoginStart, str]:
        login_id = f"login-{next(self.logins):04d}-abcdefghijklmnopqrst"
        request = {"login_id": login_id, "callback_url": CALLBACK_URL, "language": "zh-Hans-CN", **changes}
        return await self.provider.start(LoginRequest(**request)), login_id

    async def callback(self, person: str = "li-xiao-hua") -> Callback:
        start, login_id = await self.start()
        async with self.net.browser() as browser:
            back = await browser.get(f"{start.url}&auto={person}")
        return self.returned(back, start, login_id)

    def returned(self, back: httpx.Response, start: LoginStart, login_id: str) -> Callback:
        address = urlsplit(back.headers["location"])
        assert address.path == f"/callback/guangdong/{login_id}"
        return Callback(dict(parse_qsl(address.query)), start.kept, login_id, self.now)

    async def sign_in(self, person: str = "li-xiao-hua") -> UpstreamIdentity:
        return await self.provider.finish(await self.callback(person))


def persona(name: str) -> Persona:
    """A person of the cast."""
    found = find(PERSONAS, name)
    assert found is not None
    return found
