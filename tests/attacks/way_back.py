"""The way back from a provider, held up: a browser whose callback waits, so that it can be stolen, swapped or sent again."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.attacks.watch import WatchedWorld
from tests.providers.asgi_net import AsgiNet
from tests.world import AT, Asked, Browser

PEOPLE: Final = {"hong_kong": "chan-siu-ming", "macao": "lei-ka-meng", "guangdong": "li-xiao-hua"}
"""Somebody with an account at each provider."""
OTHERS: Final = {"hong_kong": "wong-ka-yan", "macao": "chao-sio-man", "guangdong": "wang-yan"}
"""Somebody else there."""
TOKEN_PATHS: Final = {
    "hong_kong": "/api/v1/auth/getToken",
    "macao": "/oauth/token",
    "guangdong": "/tif/sso/connect/page/oauth2/access_token",
}
"""Where the gateway spends a provider's code."""


class Road(httpx.AsyncBaseTransport):
    """One browser's net; while it is closed, callbacks wait here and do not reach the gateway."""

    def __init__(self, net: AsgiNet) -> None:
        self._net = net
        self.is_closed = False
        self.held: str | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_closed and str(request.url).startswith(f"{AT.issuer}/callback/"):
            self.held = str(request.url)
            return httpx.Response(200, text="", request=request)
        return await self._net.handle_async_request(request)

    def way_back(self) -> str:
        """The callback that waits here."""
        assert self.held is not None, "no provider sent the browser back"
        return self.held


@dataclass(frozen=True, slots=True)
class Traveller:
    """A browser that can be stopped on its way back."""

    browser: Browser
    road: Road

    async def up_to_callback(self, asked: Asked, provider: str, person: str | None = None) -> str:
        """Everything but the callback; returns its address, code and all."""
        self.road.is_closed, self.road.held = True, None
        page = await self.browser.to_provider(asked, provider)
        if "sign-in" in page.buttons or "open-phone" in page.links:  # otherwise the provider knew the browser
            await self.browser.prove(page, person or PEOPLE[provider])
        self.road.is_closed = False
        return self.road.way_back()


def a_traveller(world: WatchedWorld) -> Traveller:
    """A fresh browser with a road of its own."""
    road = Road(world.net)
    http = httpx.AsyncClient(transport=road, follow_redirects=False, trust_env=False)
    return Traveller(Browser(http), road)


def login_id(url: str) -> str:
    """The id of the sign-in that a callback, or an address of a provider's authorize page, carries."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if "state" in query:
        return query["state"][0]
    back = query["redirect_uri"][0] if "redirect_uri" in query else parts.path
    return back.rpartition("/")[2]


def code_of(callback: str) -> str:
    """The provider's code in a callback."""
    return parse_qs(urlsplit(callback).query)["code"][0]


def sent_to(browser: Browser) -> str:
    """Where the gateway sent the browser last."""
    return next(
        response.headers["location"]
        for response in reversed(browser.visited)
        if "location" in response.headers and str(response.url).startswith(AT.issuer)
    )


def code_calls(world: WatchedWorld) -> dict[str, int]:
    """How often each provider has been asked to redeem a code."""
    return {name: world.net.count(path) for name, path in TOKEN_PATHS.items()}


def assert_restart(response: httpx.Response) -> None:
    """A page that says to start anew, and nothing that could be a session."""
    assert response.status_code == 400
    assert "GBA-1002" in response.text
    assert "set-cookie" not in response.headers
