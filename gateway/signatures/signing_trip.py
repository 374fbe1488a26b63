"""Where a person's trip to their provider stands; kept sealed with the request, written as texts.

A way back is found by a hash over the order, the provider and the browser: a return in another browser, or at another
provider's address, finds nothing and spends nothing (G02, G03).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from gateway.signatures.records import SigningRequest

_FOREIGN: Final = "provider."


class Leg(StrEnum):
    """What the person is away for."""

    CHOOSE = "choose"
    """For nothing: a provider could not be used, and another one may be chosen."""
    SIGN_IN = "sign-in"
    """To say who they are, which is what the provider's signing service has to know first."""
    SIGN = "sign"
    """To compare the identification code, and to sign."""


@dataclass(frozen=True, slots=True, repr=False)
class Trip:
    """One trip of one browser."""

    browser: str
    """Hash of the browser's binding cookie, in hexadecimal."""
    order_id: str
    """What the provider carries for us."""
    leg: Leg
    legs: int = 1
    url: str = ""
    """Where the browser goes when the person has compared the code."""
    code: str = ""
    """The identification code; empty where a provider has none."""
    number_sha256: str = ""
    """SHA-256 of the document number that the certificate must name; empty where certificates name none."""
    kept: Mapping[str, str] = field(default_factory=dict)
    """What the provider's dialect needs again."""

    def way_back(self, provider: str) -> bytes:
        """What the return is found by."""
        return way_back(self.order_id, provider, self.browser)

    def written(self) -> dict[str, str]:
        """The trip as a request keeps it."""
        own = {
            "browser": self.browser,
            "order_id": self.order_id,
            "leg": self.leg.value,
            "legs": str(self.legs),
            "url": self.url,
            "code": self.code,
            "number_sha256": self.number_sha256,
        }
        return own | {f"{_FOREIGN}{name}": value for name, value in self.kept.items()}


def trip_of(request: SigningRequest) -> Trip | None:
    """The trip that a request keeps, if the person has been sent anywhere."""
    kept = request.kept
    if not kept:
        return None
    return Trip(
        browser=kept["browser"],
        order_id=kept["order_id"],
        leg=Leg(kept["leg"]),
        legs=int(kept["legs"]),
        url=kept["url"],
        code=kept["code"],
        number_sha256=kept["number_sha256"],
        kept={name.removeprefix(_FOREIGN): text for name, text in kept.items() if name.startswith(_FOREIGN)},
    )


def way_back(order_id: str, provider: str, browser: str) -> bytes:
    """The hash by which a return is found."""
    return hashlib.sha256(f"back\n{order_id}\n{provider}\n{browser}".encode("utf-8", "replace")).digest()


def opened_by(request_id: str, browser: str) -> bytes:
    """The hash by which the first browser keeps a request."""
    return hashlib.sha256(f"opened\n{request_id}\n{browser}".encode("utf-8", "replace")).digest()
