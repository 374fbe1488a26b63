"""Signing with iAM Smart+: the request, one QR page, then code -> access token -> result (identity-providers §1.5).

Of the two ways the one without a login is used. It is one trip and one scan; its result is fetched by us, so that no
door for calls from outside has to stand open; and the platform itself refuses a person whose identity card is not the
one of the order. The other way wants a sign-in first and sends its result to an address of ours.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from mapping.documents import HongKongIdentityCard
from providers.attributes import AttributeTable, matching
from providers.base import Callback, UpstreamIdentity
from providers.calls import Calls
from providers.errors import ProviderFailure
from providers.hong_kong import wire
from providers.hong_kong.back_channel import GET_TOKEN, BackChannel
from providers.hong_kong.codes import PROVIDER, broken
from providers.hong_kong.identification import anonymous_code, card_hash
from providers.hong_kong.login import GET_QR, LANGUAGES, SOURCE, read_answer
from providers.hong_kong.settings import HongKongSettings, from_settings
from providers.signing import SigningOrder, SigningOutcome, SigningStart, check_order

INITIATE: Final = "/api/v1/anonymous/signing/initiateRequest"
GET_RESULT: Final = "/api/v1/anonymous/signing/getResult"
ACKNOWLEDGE: Final = "/api/v1/account/signing/ackResult"
SCOPE: Final = "eidapi_sign"
ALGORITHM: Final = "NONEwithRSA"
"""The digest is taken as the document's own, so that anybody can verify the signature with the document alone."""
PROFILE: Final = "iamsmart"
ACCEPTED, REJECTED = "SR001", "SR002"
_BASE64: Final = r"[A-Za-z0-9+/]{4,%d}={0,2}"
_TEXT_LIMIT: Final = 16_384


class HongKongSigner:
    """iAM Smart+ as a signing service."""

    name: Final[str] = PROVIDER
    keeps_state: Final[bool] = True
    digest_algorithm: Final[str] = "sha256"

    def __init__(self, settings: HongKongSettings, calls: Calls, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._back_channel = BackChannel(settings, calls, clock)

    async def begin_signing(self, order: SigningOrder, signer: UpstreamIdentity) -> SigningStart:
        """Ask for the signature of the person whose identity card is known, and give the QR page's address."""
        check_order(PROVIDER, self.digest_algorithm, order, signer)
        card = next((found for found in signer.documents if isinstance(found, HongKongIdentityCard)), None)
        if card is None:
            raise broken("card", ProviderFailure.NOT_ELIGIBLE)
        content = await self._back_channel.ask(INITIATE, _request(order, card), repeatable=False)
        ticket = _TICKET.read(PROVIDER, content)
        if not hmac.compare_digest(ticket["businessID"], order.order_id):
            raise broken("business_id")
        query = {
            "clientID": self._settings.client_id,
            "responseType": "code",
            "source": SOURCE,
            "redirectURI": order.callback_url,
            "scope": SCOPE,
            "lang": LANGUAGES.get(order.language, LANGUAGES["en"]),
            "state": order.order_id,
            "ticketID": ticket["ticketID"],
        }
        kept = {"state": order.order_id, "open_id": signer.subject, "digest": order.digest.hex()}
        code = anonymous_code(order.digest, card, self._settings.client_id)
        return SigningStart(f"{self._settings.address(GET_QR)}?{urlencode(query)}", kept, code)

    async def finish_signing(self, callback: Callback) -> SigningOutcome:
        """Spend the code and fetch the result, for the expected person alone."""
        code, business_id, kept = read_answer(callback), callback.login_id, callback.kept
        if not hmac.compare_digest(callback.parameters.get("businessID", "").encode(), business_id.encode()):
            raise broken("business_id", ProviderFailure.MALFORMED_CALLBACK)
        if not {"open_id", "digest"} <= kept.keys():
            raise broken("kept")
        content = await self._back_channel.ask(
            GET_TOKEN, {"code": code, "grantType": "authorization_code"}, repeatable=False
        )
        token = wire.read_access_token(content, int(callback.received_at.timestamp() * 1000))
        # The card was compared over there; that the account is the one we know is compared here (SG-09).
        if not hmac.compare_digest(token.open_id.encode(), kept["open_id"].encode()):
            raise broken("other_person", ProviderFailure.NOT_ELIGIBLE)
        fields = {"accessToken": token.value, "openID": token.open_id, "businessID": business_id}
        result = read_result(await self._back_channel.ask(GET_RESULT, fields, repeatable=True))
        return SigningOutcome(PROFILE, bytes.fromhex(kept["digest"]), result, {"business_id": business_id})

    async def acknowledge(self, outcome: SigningOutcome, *, accepted: bool) -> None:
        """Say whether the result was good; the platform expects to be told (§1.5)."""
        fields = {
            "businessID": outcome.kept.get("business_id", ""),
            "signingResult": ACCEPTED if accepted else REJECTED,
        }
        await self._back_channel.tell(ACKNOWLEDGE, fields)


def _request(order: SigningOrder, card: HongKongIdentityCard) -> dict[str, str]:
    return {
        "businessID": order.order_id,
        "source": SOURCE,
        "redirectURI": order.callback_url,
        "state": order.order_id,
        "hashCode": base64.b64encode(order.digest).decode("ascii"),
        "sigAlgo": ALGORITHM,
        "HKICHash": base64.b64encode(card_hash(card)).decode("ascii"),
        "department": order.department,
        "serviceName": order.service_name,
        "documentName": order.document_name,
    }


def read_result(content: Mapping[str, object]) -> Mapping[str, Any]:
    """Keep the members of a result that have their shape; what they are worth is for the validation to say."""
    result = _RESULT.read(PROVIDER, content)
    if result.setdefault("sigAlgo", ALGORITHM) != ALGORITHM:
        raise broken("field:sigAlgo")
    return MappingProxyType({name: value for name, value in result.items() if name != "businessID"})


def build_signer(block: Mapping[str, Any], calls: Calls, clock: Callable[[], datetime]) -> HongKongSigner:
    """Make the signing service from the provider's block of settings."""
    return HongKongSigner(from_settings(block), calls, clock)


_TICKET: Final = AttributeTable(
    required={"businessID": matching(r"[A-Za-z0-9_-]{1,36}"), "ticketID": matching(r"[A-Za-z0-9._~-]{8,128}")},
    ignored={"authByQR"},
)
_RESULT: Final = AttributeTable(
    required={
        "hashCode": matching(_BASE64 % 64),
        "signature": matching(_BASE64 % _TEXT_LIMIT),
        "cert": matching(_BASE64 % _TEXT_LIMIT),
    },
    optional={"timestamp": wire.moment, "sigAlgo": matching(r"[A-Za-z0-9]{1,32}")},
    ignored={"businessID"},
)
