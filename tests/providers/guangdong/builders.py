"""The province's side of the wire, made by hand: valid by default, one keyword spoils it."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from certs.keys.sm import Sm2PrivateKey, sm4_cbc_decrypt, sm4_cbc_encrypt
from providers.base import Callback
from providers.calls import Answer, Calls
from providers.guangdong import Guangdong, GuangdongSettings, PermitLink, PermitLinkSettings

NOW: Final = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
STAMP: Final = "20260506150809"  # the same moment in Beijing
BASE: Final = "https://gd.test"
LOGIN_ID: Final = "login-id-0123456789-abcdefghijkl"
REDIRECT_URI: Final = f"https://gateway.test/callback/guangdong/{LOGIN_ID}"
CODE: Final = "0123456789abcdef0123456789abcdef"
ACCESS_TOKEN: Final = "0b0b0b0b-1111-4222-8333-444444444444@node5"
SECRET: Final = "sandbox-secret:+ %/0001"
SUBJECT: Final = "00112233445566778899aabbccddeeff"

PLATFORM: Final = Sm2PrivateKey.generate()
NEXT_PLATFORM: Final = Sm2PrivateKey.generate()
STRANGER: Final = Sm2PrivateKey.generate()
OURS: Final = Sm2PrivateKey.generate()
CONTENT_KEY: Final = bytes(range(16))
KEYS: Final = (PLATFORM.public_key, NEXT_PLATFORM.public_key)
SETTINGS: Final = GuangdongSettings(BASE, "gateway-1", SECRET, KEYS)
LINK_SETTINGS: Final = PermitLinkSettings(
    base_url=BASE,
    paas_id="paas-1",
    paas_token="paas-token-0001",
    app_code="app-1",
    signing_key=OURS,
    content_key=CONTENT_KEY,
    platform_keys=KEYS,
)


def a_callback(**parameters: str | None) -> Callback:
    """The browser's return with a code; None leaves a parameter out."""
    given = {"code": CODE, **parameters}
    present = {name: value for name, value in given.items() if value is not None}
    return Callback(present, {"redirect_uri": REDIRECT_URI}, LOGIN_ID, NOW)


def an_answer(content: Any, *, status: int = 200, content_type: str = "application/json;charset=UTF-8") -> Answer:
    """What the HTTP client hands over."""
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    return Answer(status, body, content_type)


def a_token(**changes: Any) -> dict[str, Any]:
    """The answer of `access_token`; None leaves a member out."""
    members = {
        "access_token": ACCESS_TOKEN,
        "refresh_token": "fedcba9876543210fedcba9876543210",
        "token_type": "bearer",
        "expires_in": "7199",
        "scope": "all",
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def a_user(**changes: Any) -> dict[str, Any]:
    """`userobj` of a resident who was verified in person; None leaves a field out."""
    fields = {
        "uid": "gd-li-xiao-hua",
        "useridcode": SUBJECT,
        "usertype": "1",
        "cn": "李小华",
        "idcardtype": "10",
        "idcardnumber": "440305190606070012",
        "telephonenumber": "00000001",
        "mail": "-1",
        "sex": "1",
        "createtime": "20231102093000",
        "uversion": "3.0",
        "origin": "gdbs",
        "accout_type": "3",
        "isreal": "true",
        "realtype": "PLV",
        "creditable_level_of_account": "L3",
        "creditable_level_of_account_way": "L3@GW@k1||L2@YSS@k2||L0@IDV@k3",
        "extproperties": ["address=-1", "uversion=3.0"],
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def an_organisation(*properties: str, **changes: Any) -> dict[str, Any]:
    """`pareobj` whose representative is the resident of `a_user`; properties replace those of the same name."""
    known = {
        "legal_person": "李小华",
        "legal_id_type": "10",
        "legal_code": "440305190606070012",
        "ent_status": "active",
        **dict(entry.split("=", 1) for entry in properties),
    }
    fields = {
        "uid": "gd-bay-trading",
        "useridcode": "ffeeddccbbaa99887766554433221100",
        "usertype": "2",
        "cn": "湾区模拟贸易有限公司",
        "idcardtype": "49",
        "idcardnumber": "91999900GBA000013P",
        "is_real": "true",
        "creditable_level_of_account": "L2",
        "creditable_level_of_account_way": "L2@IDV@k",
        "extproperties": [f"{name}={value}" for name, value in known.items() if value],
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def content_of(user: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """`biz_content`."""
    return {
        "signdata": "-1",
        "userobj": a_user() if user is None else dict(user),
        "pareobj": {},
        "user_creditable_level": {"creditable_level_of_account_way_list": [{"auth_time": None}]},
        **changes,
    }


def signature_of(content: Mapping[str, Any], stamp: str = STAMP, key: Sm2PrivateKey = PLATFORM) -> str:
    """The outer `sign` of §6.D."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(key.sign((text + stamp + "v1").encode())).decode()


def a_wrapper(content: Mapping[str, Any] | None = None, *, stamp: str = STAMP, **changes: Any) -> dict[str, Any]:
    """The answer of `tokeninfo` in mode v2; None leaves a member out."""
    inner = content_of() if content is None else content
    key = changes.pop("key", PLATFORM)
    members = {
        "biz_content": inner,
        "time_stamp": stamp,
        "version": "v1",
        "sign": signature_of(inner, stamp, key),
        **changes,
    }
    return {name: value for name, value in members.items() if value is not None}


def compact(value: Any) -> bytes:
    """JSON without spaces, members in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def a_sealed(payload: Any, *, key: Sm2PrivateKey = PLATFORM, **changes: Any) -> dict[str, Any]:
    """A sealed answer of the register; members go out sorted, as the platform sends them."""
    secret = sm4_cbc_encrypt(CONTENT_KEY, payload if isinstance(payload, bytes) else compact(payload)).hex().upper()
    inner = {
        "appCode": "app-1",
        "data": {"encData": secret},
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": str(int(NOW.timestamp())),
        "version": "1.0.0",
        **changes,
    }
    return {"data": {**inner, "signData": base64.b64encode(key.sign(compact(inner))).decode()}}


def opened_request(request: httpx.Request) -> Any:
    """What we asked, opened as the province opens it."""
    inner = json.loads(request.content)["data"]
    signature = base64.b64decode(inner.pop("signData"), validate=True)
    OURS.public_key.verify(compact(inner), signature)
    return json.loads(sm4_cbc_decrypt(CONTENT_KEY, bytes.fromhex(inner["data"]["encData"])))


class Province:
    """The platform in queued answers per endpoint (the last one stays); counts what it is asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[str, list[Any]] = {
            name: given if isinstance(given, list) else [given]
            for name, given in {"access_token": a_token(), "tokeninfo": a_wrapper(), **answers}.items()
        }
        self.asked: list[httpx.Request] = []
        self.now = NOW
        self.calls = Calls(httpx.MockTransport(self._answer))

    def provider(self) -> Guangdong:
        """The dialect under test, wired to this platform."""
        return Guangdong(SETTINGS, self.calls, lambda: self.now)

    def register(self) -> PermitLink:
        """The register under test, wired to this platform."""
        return PermitLink(LINK_SETTINGS, self.calls, lambda: self.now)

    def endpoints(self) -> list[str]:
        """The endpoints asked for, in order."""
        return [request.url.path.rpartition("/")[2] for request in self.asked]

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        queue = self.answers[request.url.path.rpartition("/")[2]]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
