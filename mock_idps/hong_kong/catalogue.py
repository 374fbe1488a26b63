"""The scenarios of the Hong Kong mock: what each does on the wire (identity-providers 6.A)."""

from typing import Final

from mock_idps.hong_kong import signing_catalogue

GET_QR: Final = "getQR"
GET_KEY: Final = "getKey"
REVOKE_KEY: Final = "revokeKey"
GET_TOKEN: Final = "getToken"
PROFILES: Final = "profiles"
CORP_GET_KEY: Final = "corpGetKey"
CORP_REVOKE_KEY: Final = "corpRevokeKey"
CORP_GET_TOKEN: Final = "corpGetToken"
CORP_PROFILES: Final = "corpProfiles"
"""The calls of CorpID, which have the names of iAM Smart's and another server."""
CORP_CALLS: Final = frozenset({CORP_GET_KEY, CORP_REVOKE_KEY, CORP_GET_TOKEN, CORP_PROFILES})
SEALED: Final = frozenset({GET_TOKEN, PROFILES, CORP_GET_TOKEN, CORP_PROFILES}) | signing_catalogue.CALLS
CALLS: Final = SEALED | CORP_CALLS | {GET_KEY, REVOKE_KEY}

DENIALS: Final = {
    "user_cancel": "D40000",
    "user_reject": "D40001",
    "deny_sandbox_code": "D20001",
    "auth_timeout": "D40003",
}
"""Callbacks that carry an error code in place of a code."""

REFUSALS: Final = {
    "bad_method": ("D20005", CALLS),
    "bad_signature": ("D20006", CALLS),
    "replayed_nonce": ("D20004", CALLS),
    "old_timestamp": ("D20004", CALLS),
    "kek_missing": ("D30001", frozenset({GET_KEY, CORP_GET_KEY})),
    "cek_expired": ("D30002", SEALED),
    "decrypt_fail": ("D30004", SEALED),
    "code_expired": ("D40004", frozenset({GET_TOKEN})),
    "code_reused": ("D40004", frozenset({GET_TOKEN})),
    "token_expired": ("D20009", frozenset({PROFILES})),
    "openid_mismatch": ("D20010", frozenset({PROFILES})),
    "org_code_foreign": ("D40004", frozenset({CORP_GET_TOKEN})),
    "org_code_reused": ("D40004", frozenset({CORP_GET_TOKEN})),
    "org_suspended": ("D10001", frozenset({CORP_GET_TOKEN})),
    "org_revoked": ("D99992", frozenset({CORP_GET_TOKEN})),
    "org_token_spent": ("D20009", frozenset({CORP_PROFILES})),
}
"""Answers with an error code, and the endpoints on which the scenario acts."""

SCENARIOS: Final[dict[str, str]] = {
    "user_cancel": "callback with error_code=D40000",
    "user_reject": "callback with error_code=D40001",
    "deny_state_only": "callback with nothing but state",
    "deny_sandbox_code": "callback with error_code=D20001, as in the sandbox sample",
    "auth_timeout": "callback with error_code=D40003",
    "callback_error": "callback with error_code=args.code",
    "qr_expired": "the QR is expired as soon as it is shown",
    "state_dropped": "callback without state",
    "state_wrong": "callback with args.state, or a state that nobody sent",
    "callback_lost": "the callback is never sent; the browser stays on a page",
    "callback_twice": "the callback is sent again, with the same code, each time the page continues",
    "bad_method": "D20005 on any call",
    "bad_signature": "D20006 on any call",
    "replayed_nonce": "D20004 on any call",
    "old_timestamp": "D20004 on any call",
    "error_code": "args.code on any call",
    "kek_missing": "getKey answers D30001",
    "kek_rotated_old_cek": "getKey gives the content key under args.kek_public_pem, the previous or an unknown KEK",
    "key_weird": "args override fields of the getKey content; args.cek_bytes sets the length of the wrapped key",
    "cek_expired": "D30002 on the next sealed call; getKey then gives a new content key",
    "decrypt_fail": "D30004 on a sealed call",
    "wrong_key": "the answer is sealed with another content key",
    "frame_broken": "the sealed answer is damaged; args.kind: iv_length, short, tag_cut, flip or extra",
    "code_expired": "getToken answers D40004 and the code is dead",
    "code_reused": "getToken answers D40004 and the code is dead",
    "token_expired": "profiles answers D20009",
    "openid_mismatch": "profiles answers D20010",
    "expires_absolute": "expiresIn of getKey or getToken is an absolute time",
    "data_changed": "getToken gives a lastModifiedDate of now",
    "token_weird": "args override fields of the getToken content; null removes one",
    "profile_weird": "args override fields of the profiles content; null removes one",
    "no_chinese_name": "profiles without chName and chNameVerified",
    "chinese_name_unverified": "profiles without chNameVerified",
    "org_chosen": "a sign-in without pages is one for args.organisation, or for the person's first company",
    "org_code_missing": "callback without the second code although a company was chosen",
    "org_code_odd": "callback with args.code, or a text, in place of the second code",
    "org_code_doubled": "callback with cCode and corpMockCode",
    "org_code_unasked": "callback with a second code although no company was asked for",
    "org_code_foreign": "CorpID's getToken answers M40004, as for a code of another person",
    "org_code_reused": "CorpID's getToken answers M40004 and the code is dead",
    "org_token_spent": "CorpID's profiles answers M20009, as for a token that was shown before",
    "org_suspended": "CorpID's getToken answers M10001",
    "org_revoked": "CorpID's getToken answers M99992: no longer authorised",
    "org_mixed_prefix": "CorpID answers with D in place of M, as its own samples do",
    "org_certificate": "CorpID's userType is p12: a certificate file signed in",
    "org_no_login": "the representative's powers do not hold login",
    "org_struck_off": "corpStatusEN is Dissolved",
    "org_mandate_expired": "validUntil lies in the past",
    "org_wrong_number": "brn lacks a digit",
    "org_weird": "args override fields of CorpID's profiles content; null removes one",
    "maintenance": "503 with an HTML page",
    "outage": "500",
    "throttled": "429 with Retry-After",
    "slow": "the answer waits args.delay_ms, at most a minute",
    "truncated": "half of the answer's body",
}
