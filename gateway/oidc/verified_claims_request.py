"""The shape of a request for verified claims (OpenID Connect for Identity Assurance 1.0 §6).

Only the shape is checked here: what is asked for and cannot be given is left out of the answer, which is no error.
"""

from typing import Final

from gateway.oidc.errors import OAuthError
from gateway.oidc.names import ErrorCode

MAX_ELEMENTS: Final = 8
"""Elements of one request, each about another trust framework or other evidence."""
PURPOSE: Final = (3, 300)
"""Characters of a ``purpose``, least and most."""


def check_verified_claims(asked: object) -> None:
    """Refuse what has no ``verification`` with a ``trust_framework``, or asks for no claim."""
    elements = asked if isinstance(asked, list) else [asked]
    if not 0 < len(elements) <= MAX_ELEMENTS:
        raise _refused("verified_claims has no element, or too many")
    for element in elements:
        if not isinstance(element, dict):
            raise _refused("verified_claims is not an object")
        _check_verification(element.get("verification"))
        _check_claims(element.get("claims"))


def _check_verification(verification: object) -> None:
    if not isinstance(verification, dict) or "trust_framework" not in verification:
        raise _refused("verified_claims needs a verification with a trust_framework")
    # A bare text is a common spelling of {"value": …}; both are understood.
    if not isinstance(verification["trust_framework"], str | dict | None):
        raise _refused("verified_claims names a trust_framework that cannot be read")
    evidence = verification.get("evidence", [])
    if not isinstance(evidence, list | None) or not all(isinstance(each, dict | None) for each in evidence or ()):
        raise _refused("verified_claims lists evidence in a way that cannot be read")


def _check_claims(claims: object) -> None:
    if not isinstance(claims, dict) or not claims:
        raise _refused("verified_claims asks for no claim")
    for wish in claims.values():
        if not isinstance(wish, dict | None):
            raise _refused("verified_claims asks for a claim in a way that cannot be read")
        purpose = wish.get("purpose", "none") if wish else "none"
        if not isinstance(purpose, str) or not PURPOSE[0] <= len(purpose) <= PURPOSE[1]:
            raise _refused("verified_claims gives a purpose that is too short or too long")


def _refused(description: str) -> OAuthError:
    return OAuthError(ErrorCode.INVALID_REQUEST, description)
