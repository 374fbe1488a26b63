"""The answer codes that this mock gives, and the error that carries one (identity-providers 1.6, 2).

They are written as iAM Smart writes them; an answer of CorpID puts `M` in place of `D`.
"""

from typing import Final

SUCCESS: Final = "D00000"

MESSAGES: Final = {
    SUCCESS: "SUCCESS",
    "D20000": "unknown exception",
    "D20001": "parameter {0} is missing",
    "D20002": "parameter {0} is empty",
    "D20003": "parameter {0} is invalid",
    "D20004": "duplicated request",
    "D20005": "signature method is not supported",
    "D20006": "signature verification failed",
    "D20007": "source is not supported",
    "D20008": "callback url is not registered",
    "D20009": "access token is missing or expired",
    "D20010": "openid does not exist",
    "D20011": "business id is duplicated",
    "D20012": "permission is insufficient",
    "D20015": "scope does not match",
    "D20018": "client id is unknown",
    "D30001": "key encryption key is missing or expired",
    "D30002": "content encryption key is missing or expired",
    "D30003": "encryption failed",
    "D30004": "decryption failed",
    "D40000": "login was cancelled",
    "D40001": "login was rejected",
    "D40002": "login failed",
    "D40003": "login timed out",
    "D40004": "auth code is missing, expired or used",
    "D10001": "service is suspended",
    "D99992": "not authorised",
    "D50001": "profile request was rejected",
    "D50002": "profile request failed",
    "D50003": "profile request timed out",
    "D70000": "signing was cancelled",
    "D70001": "signing was rejected",
    "D70002": "signing failed",
    "D70003": "signing timed out",
    "D70004": "user may not sign",
    "D70005": "identity card does not match",
    "D70006": "acknowledgement failed",
}


class WireError(Exception):
    """A business error: answered with HTTP 200 and its code, or shown on a page to a browser."""

    def __init__(self, code: str, parameter: str = "") -> None:
        self.code = code
        self.message = MESSAGES.get(code, MESSAGES["D20000"]).format(parameter)
        super().__init__(code)
