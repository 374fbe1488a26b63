"""What can go wrong with keys and sealed things, told by fixed words that never quote a key, a token or a person.

JsonError             text that is not exactly one JSON object
JoseError             a token or key set that is refused; `code` says which check refused it
KeyMaterialError      a key of our own that is malformed, weak or of the wrong kind
  KeyUnavailableError a private half that cannot be used now: its file, token or service does not answer
SealError             a box, frame or wrapped key that does not open
SmError               a national algorithm refused its input
  SmUnavailableError  this machine offers no trustworthy SM2
"""

from enum import StrEnum


class JoseErrorCode(StrEnum):
    """Which check refused a token; for logs and for the caller's own decision, never for the sender."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    HEADER_REFUSED = "header_refused"
    ALGORITHM_REFUSED = "algorithm_refused"
    TYPE_REFUSED = "type_refused"
    KEYS_REFUSED = "keys_refused"
    UNKNOWN_KID = "unknown_kid"
    """The only refusal after which fetching the key set again, once, can help."""
    SIGNATURE_REFUSED = "signature_refused"
    CLAIM_MISSING = "claim_missing"
    CLAIM_MALFORMED = "claim_malformed"
    ISSUER_REFUSED = "issuer_refused"
    AUDIENCE_REFUSED = "audience_refused"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    ISSUED_IN_FUTURE = "issued_in_future"
    TOO_OLD = "too_old"
    LIFETIME_TOO_LONG = "lifetime_too_long"
    KEY_NOT_ACTIVE = "key_not_active"
    CLAIMS_NOT_JSON = "claims_not_json"


class JoseError(Exception):
    """A token or key set was refused (RFC 7515 §5.2, RFC 7519 §7.2)."""

    def __init__(self, code: JoseErrorCode) -> None:
        super().__init__(code.value)
        self.code = code


class JsonError(Exception):
    """Text from outside is not exactly one JSON object (RFC 8259 §4)."""


class KeyMaterialError(Exception):
    """A key of our own cannot be used."""


class KeyUnavailableError(KeyMaterialError):
    """A private half cannot be used now; nothing is made up in its place (F-KEY-03)."""


class SealError(Exception):
    """A box, frame or wrapped key was refused; one class and one text, so that no attempt teaches the next."""


class SmError(Exception):
    """A national algorithm refused a key, a signature or a text."""


class SmUnavailableError(SmError):
    """No library on this machine passes the self-test of SM2."""
