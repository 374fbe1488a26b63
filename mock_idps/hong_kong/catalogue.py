"""The scenarios of the Hong Kong mock: what each does on the wire (identity-providers 6.A)."""

from typing import Final

GET_QR: Final = "getQR"
GET_KEY: Final = "getKey"
REVOKE_KEY: Final = "revokeKey"
GET_TOKEN: Final = "getToken"
PROFILES: Final = "profiles"
SEALED: Final = frozenset({GET_TOKEN, PROFILES})
CALLS: Final = SEALED | {GET_KEY, REVOKE_KEY}

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
    "kek_missing": ("D30001", frozenset({GET_KEY})),
    "cek_expired": ("D30002", SEALED),
    "decrypt_fail": ("D30004", SEALED),
    "code_expired": ("D40004", frozenset({GET_TOKEN})),
    "code_reused": ("D40004", frozenset({GET_TOKEN})),
    "token_expired": ("D20009", frozenset({PROFILES})),
    "openid_mismatch": ("D20010", frozenset({PROFILES})),
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
    "maintenance": "503 with an HTML page",
    "outage": "500",
    "throttled": "429 with Retry-After",
    "slow": "the answer waits args.delay_ms, at most a minute",
    "truncated": "half of the answer's body",
}
