"""The answer codes of iAM Smart and CorpID, and what each means for a sign-in (identity-providers §1.3, §1.6, §2)."""

import re
from types import MappingProxyType
from typing import Final

from providers.errors import ProviderError, ProviderFailure

PROVIDER: Final = "hong_kong"
IAM_SMART, CORP_ID = "D", "M"
"""The letters with which the codes of the two servers begin; CorpID's own samples mix them."""
SUCCESS: Final = "D00000"
DUPLICATED: Final = "D20004"
"""A nonce seen before, or a time before the last accepted one: nothing was done, so the call may be made again."""
ENDED_KEY: Final = frozenset({"D30001", "D30002"})
"""The provider says that the key is over."""
STALE_KEY: Final = ENDED_KEY | {"D30003", "D30004"}
"""The content key is not the one that the other side holds; one fresh `getKey` can help (§1.2)."""

_SHAPES: Final = MappingProxyType({IAM_SMART: re.compile(r"D[0-9]{5}"), CORP_ID: re.compile(r"[DM][0-9]{5}|[SC]00001")})
_FAILURES: Final = MappingProxyType(
    {
        "D20000": ProviderFailure.UNREACHABLE,  # their unknown exception, or their own time-out: later may help
        "D20016": ProviderFailure.UNREACHABLE,
        "D20005": ProviderFailure.MISCONFIGURED,
        "D20006": ProviderFailure.MISCONFIGURED,
        "D20007": ProviderFailure.MISCONFIGURED,
        "D20008": ProviderFailure.MISCONFIGURED,
        "D20012": ProviderFailure.MISCONFIGURED,
        "D20015": ProviderFailure.MISCONFIGURED,
        "D20018": ProviderFailure.MISCONFIGURED,
        "D30001": ProviderFailure.MISCONFIGURED,
        "D20009": ProviderFailure.EXPIRED,
        "D40000": ProviderFailure.CANCELLED,
        "D40001": ProviderFailure.REFUSED,
        "D40002": ProviderFailure.REFUSED,
        "D40003": ProviderFailure.EXPIRED,
        "D40004": ProviderFailure.EXPIRED,
        "D50001": ProviderFailure.REFUSED,
        "D50003": ProviderFailure.EXPIRED,
        "D70000": ProviderFailure.CANCELLED,
        "D70001": ProviderFailure.REFUSED,
        "D70002": ProviderFailure.REFUSED,
        "D70003": ProviderFailure.EXPIRED,
        "D70004": ProviderFailure.NOT_ELIGIBLE,  # not iAM Smart+
        "D70005": ProviderFailure.NOT_ELIGIBLE,  # not the card of the person who was to sign
    }
)
_CORP_FAILURES: Final = MappingProxyType(
    {
        "D10001": ProviderFailure.UNREACHABLE,  # the service is suspended
        "D99990": ProviderFailure.UNREACHABLE,
        "D99991": ProviderFailure.UNREACHABLE,
        "D99992": ProviderFailure.NOT_ELIGIBLE,  # not authorised, or no longer
        "S00001": ProviderFailure.UNREACHABLE,
        "C00001": ProviderFailure.UNREACHABLE,
    }
)
_CALLBACK_FAILURES: Final = MappingProxyType({"D20001": ProviderFailure.REFUSED})
"""The sandbox says *parameter missing* in the browser where it means that the person said no."""


def is_code(value: object, letter: str = IAM_SMART) -> bool:
    """Say whether something has the shape of an answer code; nothing else of theirs is ever repeated."""
    return isinstance(value, str) and _SHAPES[letter].fullmatch(value) is not None


def plain_code(code: str) -> str:
    """The code as iAM Smart writes it, whichever of the two servers sent it: both count alike."""
    return IAM_SMART + code[1:] if code.startswith(CORP_ID) else code


def failed_call(code: str, letter: str = IAM_SMART) -> ProviderError:
    """Make the error for the plain code of a call from server to server; it is shown with the server's own letter."""
    own = _CORP_FAILURES.get(code) if letter == CORP_ID else None
    shown = letter + code[1:] if code.startswith(IAM_SMART) else code
    return broken(shown, own or _FAILURES.get(code, ProviderFailure.BROKEN))


def failed_callback(code: str) -> ProviderError:
    """Make the error for the `error_code` with which a browser came back."""
    if not is_code(code):
        return broken("error_code")
    return broken(code, _CALLBACK_FAILURES.get(code) or _FAILURES.get(code, ProviderFailure.BROKEN))


def broken(detail: str, failure: ProviderFailure = ProviderFailure.BROKEN) -> ProviderError:
    """Make the error for something that this dialect does not allow."""
    return ProviderError(PROVIDER, failure, detail)
