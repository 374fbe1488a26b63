"""The simulated One Account and the dialect in one process, with a clock that both read."""

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from mock_idps.macao import MacaoConfig, create_app
from providers.base import Callback, LoginRequest, LoginStart, UpstreamIdentity
from providers.calls import Calls
from providers.macao import build
from tests.providers.asgi_net import AsgiNet

BASE = "https://mo.mock"
CALLBACK_URL = "https://gateway.test/callback/macao"
SECRET = "s3cret:+ %/ü"


@dataclass
class Stage:
    """One mock, the dialect wired to it, and a clock that both read."""

    now: datetime = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    logins: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        client = {"client_id": "gba:1", "client_secret": SECRET, "name": "Gateway", "redirect_uris": [CALLBACK_URL]}
        config = MacaoConfig.from_json({"base_url": BASE, "clients": [client]})
        self.app = create_app(
            config, now_ms=lambda: int(self.now.timestamp() * 1000), pause=lambda _: asyncio.sleep(60)
        )
        self.net = AsgiNet({BASE: self.app})
        block = {"base_url": BASE, "client_id": "gba:1", "client_secret": SECRET}
        self.provider = build(block, Calls(self.net, total=30.0), lambda: self.now)

    def arm(self, scenario: str, *, times: int | None = None, **args: Any) -> None:
        self.app.state.switchboard.arm(scenario, times=times, args=args)

    async def start(self, **changes: Any) -> tuple[LoginStart, str]:
        login_id = f"login-{next(self.logins):04d}-abcdefghijklmnopqrst"
        request = {"login_id": login_id, "callback_url": CALLBACK_URL, "language": "en", **changes}
        return await self.provider.start(LoginRequest(**request)), login_id

    async def browse(self, url: str) -> dict[str, str]:
        """Follow redirects until the gateway's callback."""
        async with self.net.browser() as browser:
            while not url.startswith(CALLBACK_URL):
                response = await browser.get(url)
                assert response.status_code == 302, response.text
                url = urljoin(url, response.headers["location"])
        return dict(parse_qsl(urlsplit(url).query))

    async def sign_in(self, person: str = "chao-sio-man", **changes: Any) -> UpstreamIdentity:
        start, login_id = await self.start(**changes)
        parameters = await self.browse(f"{start.url}&auto={person}")
        return await self.provider.finish(Callback(parameters, start.kept, login_id, self.now))
