"""A Guangdong mock in one process, with a clock that stands still, and an application that talks to it."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx

from mock_idps.guangdong import GuangdongConfig, create_app
from mock_idps.guangdong.envelope import open_sealed, seal
from mock_idps.guangdong.sm import Sm2Signer, Sm2Verifier, Sm4Key
from mock_idps.guangdong.tif import outbound_signature

NOW_MS: Final = 1_760_000_000_000  # 2025-10-09 16:53:20 in Beijing
OAUTH: Final = "/tif/sso/connect/page/oauth2"
STEM: Final = "https://gateway.test/callback/guangdong/"
CALLBACK: Final = STEM + "login-0001"
SECRET: Final = "sandbox-secret-0001"
PAAS_TOKEN: Final = "gba-paas-token-0001"
SM4_HEX: Final = "00112233445566778899aabbccddeeff"
CLIENT_SM2: Final = Sm2Signer.generate()


def a_client(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A registered application, as the configuration file has it."""
    return {
        "client_id": f"gateway-{number}",
        "client_secret": SECRET,
        "name": "Gateway <under test>",
        "redirect_uris": [STEM + "*", "https://gateway.test/plain?x=1"],
        "paas_id": f"paas-{number}",
        "paas_token": PAAS_TOKEN,
        "app_code": f"app-{number}",
        "sm2_public_hex": CLIENT_SM2.public_hex,
        "sm4_key_hex": SM4_HEX,
        **changed,
    }


def a_config(**changed: Any) -> GuangdongConfig:
    """A configuration with two applications."""
    settings = {"base_url": "https://gd.test", "clients": [a_client(1), a_client(2)], **changed}
    return GuangdongConfig.from_json(settings)


USUAL: Final = a_config()


class Stage:
    """The mock, its clock, and what an application does with it."""

    def __init__(self, config: GuangdongConfig | None = None) -> None:
        self.now_ms = NOW_MS
        self.naps: list[float] = []
        self.app = create_app(config or USUAL, now_ms=lambda: self.now_ms, sleep=self._nap)
        self.province = self.app.state.province
        self.browser = self.new_browser()
        self._nonce = 0

    async def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)

    def new_browser(self, session: str | None = None) -> httpx.AsyncClient:
        """A browser with cookies of its own; over https, in-process."""
        headers = {"X-Mock-Session": session} if session else {}
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url="https://gd.test", headers=headers, follow_redirects=False
        )

    def arm(self, scenario: str, **more: Any) -> None:
        """Arm a scenario."""
        self.province.switchboard.arm(scenario, **more)

    async def authorize(self, browser: httpx.AsyncClient | None = None, **changed: Any) -> httpx.Response:
        """Send the authorization request; None takes a parameter away."""
        fields = {
            "service": "initService",
            "response_type": "code",
            "client_id": "gateway-1",
            "scope": "all",
            "redirect_uri": CALLBACK,
            **changed,
        }
        prefix = fields.pop("prefix", OAUTH)
        kept = {name: value for name, value in fields.items() if value is not None}
        return await (browser or self.browser).get(f"{prefix}/authorize", params=kept)

    async def code(self, person: str = "li-xiao-hua", browser: httpx.AsyncClient | None = None, **changed: Any) -> str:
        """Sign in without pages and give the code."""
        response = await self.authorize(browser, auto=person, **changed)
        return returned(response)["code"]

    async def redeem(self, code: str, **changed: Any) -> Any:
        """Ask for the access token."""
        fields = {
            "client_id": "gateway-1",
            "client_secret": SECRET,
            "code": code,
            "scope": "all",
            "grant_type": "authorization_code",
            "redirect_uri": CALLBACK,
            **changed,
        }
        kept = {name: value for name, value in fields.items() if value is not None}
        return await self._json(await self.new_browser().get(f"{OAUTH}/access_token", params=kept))

    async def token(self, person: str = "li-xiao-hua", browser: httpx.AsyncClient | None = None) -> str:
        """Sign in and give the access token."""
        return (await self.redeem(await self.code(person, browser)))["access_token"]

    async def tokeninfo(self, token: str) -> httpx.Response:
        """Ask for the user data."""
        return await self.new_browser().get(f"{OAUTH}/tokeninfo", params={"access_token": token})

    async def user(self, person: str = "li-xiao-hua", browser: httpx.AsyncClient | None = None) -> Any:
        """Sign in and give the answer of tokeninfo."""
        return await self._json(await self.tokeninfo(await self.token(person, browser)))

    def tif(self, number: int = 1, **changed: str) -> dict[str, str]:
        """Sign the gateway headers, each time with a new nonce."""
        self._nonce += 1
        timestamp = changed.pop("timestamp", str(self.now_ms // 1000))
        nonce = changed.pop("nonce", f"nonce-{self._nonce}")
        token = changed.pop("token", PAAS_TOKEN)
        return {
            "x-tif-paasid": f"paas-{number}",
            "x-tif-timestamp": timestamp,
            "x-tif-nonce": nonce,
            "x-tif-signature": outbound_signature(timestamp, token, nonce),
            **changed,
        }

    def sealed(self, payload: Any, number: int = 1, *, now_s: int | None = None) -> dict[str, Any]:
        """Seal a request as application `number` does."""
        moment = self.now_ms // 1000 if now_s is None else now_s
        return seal(payload, app_code=f"app-{number}", key=Sm4Key(SM4_HEX), signer=CLIENT_SM2, now_s=moment)

    async def ebus(
        self,
        endpoint: str,
        payload: Any,
        number: int = 1,
        *,
        body: bytes | None = None,
        session: str = "",
        **headers: str,
    ) -> httpx.Response:
        """Call the register with everything in order unless told otherwise."""
        sent = json.dumps(self.sealed(payload, number)).encode() if body is None else body
        signed = self.tif(number, **headers)
        browser = self.new_browser(session or None)
        return await browser.post(f"/ebus/tyrzapi/link/{endpoint}", content=sent, headers=signed)

    def opened(self, response: httpx.Response, number: int = 1) -> Any:
        """Open a sealed answer as the application does."""
        verifier = Sm2Verifier(self.province.keys.sm2.public_hex)
        return open_sealed(
            response.content,
            app_code=f"app-{number}",
            key=Sm4Key(SM4_HEX),
            verifier=verifier,
            now_s=self.now_ms // 1000,
        )

    async def ask(self, query: Mapping[str, Any], number: int = 1, session: str = "") -> Any:
        """Ask the register about a permit and open the answer."""
        return self.opened(await self.ebus("permit", query, number, session=session), number)

    async def _json(self, response: httpx.Response) -> Any:
        assert response.status_code == 200
        return response.json()


def returned(response: httpx.Response) -> dict[str, str]:
    """Read what a callback carries."""
    assert response.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()}


def a_query(**changed: Any) -> dict[str, Any]:
    """A question about a person of Hong Kong who has a residence permit."""
    fields = {"cardtype": "14", "cardno": "H00000034", "name": "黃嘉欣", "birth": "1903-02-03", **changed}
    return {name: value for name, value in fields.items() if value is not None}
