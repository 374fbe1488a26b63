"""A rotation as both sides play it: one simulated provider, the gateway's far side, and whoever turns either of them."""

import asyncio
import base64
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

from certs.keys.key_transport import RsaDecryptionKey
from certs.keys.sm import Sm2PrivateKey
from gateway.config import Settings
from gateway.held_credentials import Held
from gateway.live_upstreams import LiveUpstreams, Outcome
from gateway.upstreams import build_upstreams
from mapping.documents import TravelPermit
from mapping.ports import LinkAnswer, LinkQuestion
from mock_idps import guangdong, hong_kong, macao
from mock_idps.personas import PERSONAS, find
from providers.base import Callback, LoginRequest, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from tests.providers.asgi_net import AsgiNet

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
BASE = "https://far.mock"
CALLBACK = "https://gateway.test/callback"
HK_ID, HK_SECRET = "3f5c0e8b7a0145d0b6c2a19d4e77c001", "hk-secret-number-0001"
MO_ID, MO_SECRET = "gba:1", "mo-secret-number-0001"
GD_ID, GD_SECRET, PAAS_TOKEN = "gba-gateway", "gd-secret-number-0001", "paas-token-0001"
SM4_KEY = "00112233445566778899aabbccddeeff"
KEY, NEXT_KEY = RsaDecryptionKey.generate(), RsaDecryptionKey.generate()
"""RSA keys take their time: made once for all tests."""
PEOPLE = {"hong_kong": "chan-siu-ming", "macao": "chao-sio-man", "guangdong": "li-xiao-hua"}


@dataclass
class Rehearsal:
    """Both sides; ``place`` says whose dialect is spoken."""

    place: str
    app: Any
    providers: dict[str, Any]
    register: dict[str, Any] | None = None
    now: datetime = NOW
    logins: Any = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.net = AsgiNet({BASE: self.app})
        self.settings = Settings("https://gateway.test", Path("keys"), providers=self.providers, register=self.register)
        self.begin()

    def begin(self) -> None:
        """Start our side."""
        self.upstreams = build_upstreams(self.settings, Calls(self.net, total=30.0), lambda: self.now)
        self.live = LiveUpstreams(self.settings, self.upstreams, lambda: self.now)

    def ours(self, name: str, active: str, *, coming: str | None = None, retiring: str | None = None) -> None:
        """Turn our side: the set has these values now."""
        held = Held(active.encode(), _some(coming), _some(retiring))
        swap = self.live.apply(name, held)
        assert swap.outcome is not Outcome.REFUSED, swap.problem

    async def theirs(self, verb: str, kind: str, client: str = "platform", **fields: str) -> dict[str, Any]:
        """Turn the provider's side through its control plane."""
        async with self.net.browser() as http:
            answer = await http.post(
                f"{BASE}/__mock__/credentials/{verb}", json={"client": client, "kind": kind, **fields}
            )
        read: dict[str, Any] = answer.json()
        return read

    async def callback(self) -> Callback:
        """A person goes to the provider and comes back."""
        login_id = f"login{next(self.logins):04d}abcdefghijklmnopqrst"
        start = await self.provider.start(LoginRequest(login_id, CALLBACK, "en"))
        url = f"{start.url}&auto={PEOPLE[self.place]}"
        async with self.net.browser() as browser:
            while not url.startswith(CALLBACK):
                url = urljoin(url, (await browser.get(url)).headers["location"])
        return Callback(dict(parse_qsl(urlsplit(url).query)), start.kept, login_id, self.now)

    @property
    def provider(self) -> Any:
        """The provider as the broker finds it at this moment."""
        return self.upstreams.providers[self.place]

    async def sign_in(self, provider: Any = None) -> UpstreamIdentity:
        """A whole sign-in; with an object of before a swap, as a worker has it that was not told yet."""
        callback = await self.callback()
        identity: UpstreamIdentity = await (provider or self.provider).finish(callback)
        return identity

    async def refusal(self, provider: Any = None) -> tuple[ProviderFailure, str]:
        """A sign-in that fails, and what the operator is told."""
        try:
            await self.sign_in(provider)
        except ProviderError as error:
            return error.failure, error.detail
        raise AssertionError("nothing was refused")

    async def ask(self, register: Any = None) -> LinkAnswer:
        """One question to the register, and the number behind its answer fetched."""
        register = register or self.upstreams.register
        answer: LinkAnswer = await register.ask(a_question())
        assert answer.token is not None
        assert (await register.redeem(answer.token)).value == _person().residence_permit
        return answer

    def restart(self, providers: dict[str, Any], register: dict[str, Any] | None = None) -> None:
        """An operator changes the blocks of the settings, and every worker is replaced."""
        self.settings = replace(self.settings, providers=providers, register=register)
        self.begin()

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


def hong_kong_rehearsal() -> Rehearsal:
    clock: list[Rehearsal] = []
    client = {
        "client_id": HK_ID,
        "client_secret": HK_SECRET,
        "name": "Gateway",
        "redirect_uris": [CALLBACK],
        "kek_public_pem": public_pem(KEY),
    }
    config = hong_kong.HongKongConfig.from_json({"base_url": BASE, "clients": [client]})
    block = {
        "base_url": BASE,
        "client_id": HK_ID,
        "client_secret": HK_SECRET,
        "decryption_key": private_pem(KEY).strip(),
    }
    clock.append(Rehearsal("hong_kong", hong_kong.create_app(config, now_ms=_ms(clock)), {"hong_kong": block}))
    return clock[0]


def macao_rehearsal() -> Rehearsal:
    clock: list[Rehearsal] = []
    client = {"client_id": MO_ID, "client_secret": MO_SECRET, "name": "Gateway", "redirect_uris": [CALLBACK]}
    config = macao.MacaoConfig.from_json({"base_url": BASE, "clients": [client]})
    app = macao.create_app(config, now_ms=_ms(clock), pause=lambda _: asyncio.sleep(60))
    block = {"base_url": BASE, "client_id": MO_ID, "client_secret": MO_SECRET}
    clock.append(Rehearsal("macao", app, {"macao": block}))
    return clock[0]


def guangdong_rehearsal(own: Sm2PrivateKey | None = None) -> Rehearsal:
    clock: list[Rehearsal] = []
    key = own or Sm2PrivateKey.generate()
    client = {
        "client_id": GD_ID,
        "client_secret": GD_SECRET,
        "name": "Gateway",
        "redirect_uris": [f"{CALLBACK}/*"],
        "paas_id": "gba_gateway",
        "paas_token": PAAS_TOKEN,
        "app_code": "GBAGATEWAY",
        "sm2_public_hex": key.public_key.to_hex(),
        "sm4_key_hex": SM4_KEY,
    }
    config = guangdong.GuangdongConfig.from_json({"base_url": BASE, "clients": [client]})
    app = guangdong.create_app(config, now_ms=_ms(clock), sleep=lambda _: asyncio.sleep(60))
    keys = [app.state.province.keys.sm2.public_hex]
    block = {"base_url": BASE, "client_id": GD_ID, "client_secret": GD_SECRET, "platform_public_keys": keys}
    register = {
        "base_url": BASE,
        "paas_id": "gba_gateway",
        "paas_token": PAAS_TOKEN,
        "app_code": "GBAGATEWAY",
        "sm2_key": key.to_pem().decode(),
        "sm4_key": SM4_KEY,
        "platform_public_keys": keys,
    }
    clock.append(Rehearsal("guangdong", app, {"guangdong": block}, register))
    return clock[0]


def public_pem(key: RsaDecryptionKey) -> str:
    return f"-----BEGIN PUBLIC KEY-----\n{base64.encodebytes(key.public_spki_der()).decode()}-----END PUBLIC KEY-----\n"


def private_pem(key: RsaDecryptionKey) -> str:
    return key.to_pem().decode()


def a_question() -> LinkQuestion:
    """About somebody whose permit leads to a number."""
    person = _person()
    latin = f"{person.surname}, {person.given}"
    return LinkQuestion(TravelPermit.parse(person.permit), person.name_han, latin, date.fromisoformat(person.birthdate))


def _person() -> Any:
    return find(PERSONAS, "lei-ka-meng")


def _ms(clock: list[Rehearsal]) -> Callable[[], int]:
    """The mock is built before the rehearsal whose clock it reads."""
    return lambda: int((clock[0].now if clock else NOW).timestamp() * 1000)


def _some(value: str | None) -> tuple[bytes, ...]:
    return () if value is None else (value.encode(),)
