"""The calls and scenarios of signing at the Hong Kong mock: what each does on the wire (identity-providers 6.A)."""

from typing import Final

INITIATE: Final = "signingInitiate"
GET_RESULT: Final = "signingResult"
PDF_INITIATE: Final = "pdfSigningInitiate"
PDF_RESULT: Final = "pdfSigningResult"
ACKNOWLEDGE: Final = "signingAck"
CALLS: Final = frozenset({INITIATE, GET_RESULT, PDF_INITIATE, PDF_RESULT, ACKNOWLEDGE})
SCOPE: Final = "eidapi_sign"

DENIALS: Final = {
    "sign_cancel": "D70000",
    "sign_reject": "D70001",
    "sign_failed": "D70002",
    "sign_timeout": "D70003",
    "not_plus": "D70004",
    "hkic_mismatch": "D70005",
}
"""Callbacks of a signature that carry an error code in place of a code."""

REFUSALS: Final = {
    "sign_duplicated": ("D20011", frozenset({INITIATE, PDF_INITIATE})),
    "sign_result_failed": ("D70002", frozenset({GET_RESULT, PDF_RESULT})),
    "sign_ack_failed": ("D70006", frozenset({ACKNOWLEDGE})),
}

SIGNING: Final[dict[str, str]] = {
    "sign_cancel": "callback of a signature with error_code=D70000",
    "sign_reject": "callback of a signature with error_code=D70001",
    "sign_failed": "callback of a signature with error_code=D70002",
    "sign_timeout": "callback of a signature with error_code=D70003",
    "not_plus": "callback of a signature with error_code=D70004: not iAM Smart+",
    "hkic_mismatch": "callback of a signature with error_code=D70005: another person's card",
    "sign_duplicated": "initiateRequest answers D20011",
    "sign_ticket": "args override fields of the content of initiateRequest; null removes one",
    "sign_business": "callback of a signature with args.businessID, or one that nobody sent",
    "sign_result_failed": "getResult answers D70002",
    "sign_wrong_hash": "another document is signed, and getResult says so in hashCode",
    "sign_other_document": "another document is signed, and getResult gives the hashCode that was sent",
    "sign_wrong_certificate": "getResult with a certificate of args.persona or args.kind, or spoilt by args.spoil",
    "sign_weird": "args override fields of the getResult content; null removes one",
    "sign_ack_failed": "ackResult answers D70006",
}
"""Scenarios that only a signature meets."""
