"""Signing with the province's platform: the digest goes there, the person follows, the message is fetched (§6.D).

The dialect is an assumption (no published one was found): calls run through the government gateway as those of the
register do. The message form is asked for, GB/T 35275: its digest is the document's own, so that anybody can verify it
with the document. `state` is dropped over there, so the order travels in the path of the address home.
"""

import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from providers.attributes import AttributeTable, matching, one_of, text
from providers.base import Callback, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderFailure
from providers.guangdong.gateway import Gateway
from providers.guangdong.settings import PermitLinkSettings, link_from_settings
from providers.guangdong.wire import PROVIDER, broken
from providers.signing import SigningOrder, SigningOutcome, SigningStart, check_order

HASH: Final = "/ebus/tyrzapi/sign/hash"
RESULT: Final = "/ebus/tyrzapi/sign/result"
FORM: Final = "signedData"
PROFILE: Final = "guangdong"
SIGNED: Final = "SIGNED"
_FAILURES: Final = MappingProxyType(
    {
        "CANCELLED": ProviderFailure.CANCELLED,
        "REJECTED": ProviderFailure.REFUSED,
        "FAILED": ProviderFailure.REFUSED,
        "LAPSED": ProviderFailure.EXPIRED,
        "WAITING": ProviderFailure.BROKEN,  # the person is back, and nothing was decided
    }
)
_START: Final = AttributeTable(
    required={
        "sign_id": matching(r"[A-Za-z0-9_-]{16,128}"),
        "sign_url": text,
        "check_code": matching(r"[0-9]{4,8}"),
    }
)
_RESULT: Final = AttributeTable(
    required={
        "status": one_of({SIGNED}),
        "hash": matching(r"[0-9A-Fa-f]{64}"),
        "signedData": matching(r"[A-Za-z0-9+/]{4,160000}={0,2}"),
    },
    optional={"cert": matching(r"[A-Za-z0-9+/]{4,16384}={0,2}")},
)


class GuangdongSigner:
    """The province's platform as a signing service."""

    name: Final[str] = PROVIDER
    keeps_state: Final[bool] = False
    digest_algorithm: Final[str] = "sm3"

    def __init__(self, settings: PermitLinkSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._gateway = Gateway(settings, calls, clock)

    async def begin_signing(self, order: SigningOrder, signer: UpstreamIdentity) -> SigningStart:
        """Hand over the digest for one account, and give the address of its page."""
        check_order(PROVIDER, self.digest_algorithm, order, signer)
        payload = {
            "hash": order.digest.hex(),
            "title": order.document_name,
            "useridcode": signer.subject,
            "notify_url": f"{order.callback_url}/{order.order_id}",
            "form": FORM,
        }
        started = _START.read(PROVIDER, await self._gateway.post(HASH, payload))
        ours, theirs = urlsplit(self._settings.base_url), urlsplit(started["sign_url"])
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):  # nobody is sent to another host
            raise broken("field:sign_url")
        kept = {"sign_id": started["sign_id"], "digest": order.digest.hex(), "order_id": order.order_id}
        return SigningStart(started["sign_url"], kept, started["check_code"])

    async def finish_signing(self, callback: Callback) -> SigningOutcome:
        """Fetch what the person signed."""
        kept = callback.kept
        if not {"sign_id", "digest", "order_id"} <= kept.keys() or kept["order_id"] != callback.login_id:
            raise broken("kept")
        if not hmac.compare_digest(callback.parameters.get("sign_id", "").encode(), kept["sign_id"].encode()):
            raise broken("sign_id", ProviderFailure.MALFORMED_CALLBACK)
        result = read_result(await self._gateway.get(RESULT, {"sign_id": kept["sign_id"]}))
        return SigningOutcome(PROFILE, bytes.fromhex(kept["digest"]), result)

    async def acknowledge(self, outcome: SigningOutcome, *, accepted: bool) -> None:
        """The platform does not ask what became of its result."""


def read_result(data: Mapping[str, object]) -> Mapping[str, Any]:
    """Keep the members of a signature that have their shape, or say why there is none."""
    status = data.get("status")
    if status != SIGNED:
        known = isinstance(status, str) and status in _FAILURES
        raise broken(str(status), _FAILURES[str(status)]) if known else broken("status")
    return MappingProxyType(_RESULT.read(PROVIDER, data))


def build_signer(block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> GuangdongSigner:
    """Make the signing service from the block of the register, behind the same gateway."""
    return GuangdongSigner(link_from_settings(block), calls, clock)
