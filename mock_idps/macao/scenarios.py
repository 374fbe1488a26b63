"""What a tester can turn at this mock: scenario names and their effect on the wire (section 6.C)."""

from typing import Final

SCENARIOS: Final[dict[str, str]] = {
    # the person
    "user_cancel": "callback with error=access_denied and error_description=cancelled",
    "user_reject": "callback with error=access_denied and error_description=rejected",
    "otp_wrong": "the soft token's code is refused on the form",
    "otp_locked": "the account answers as locked after five wrong codes",
    # the code on the screen
    "qr_expired": "the code on the screen is expired; status EXPIRED",
    "qr_bad_sign": "the code is signed over other data",
    "qr_unknown_key": "the code names a key that /keys does not list",
    "qr_key_rotated": "the code is signed with a retired key",
    # the callback
    "state_dropped": "callback without state",
    "iss_wrong": "callback with the iss of somebody else (RFC 9207)",
    # the token endpoint
    "pkce_wrong": "the code verifier is refused: invalid_grant",
    "refresh_reused": "the refresh token counts as used before: invalid_grant, the family is revoked",
    "token_redirect": "302 to another host; args: location",
    "token_307": "307 to another host; args: location",
    "token_weird": "args override members of the token answer; {'repeat': n} makes a long text, {'absent': true} none",
    # the profile
    "token_expired": "4011 ACCESS_DENIED",
    "success_text": "the envelope's success is the text 'true'",
    "false_with_data": "success false although data is filled",
    "zero_with_tag": "code 0 with the tag of an error",
    "api_error": "a row of the error table; args: code (default 5999)",
    "throttled": "4290 CLIENT_ERROR at the interfaces, 429 elsewhere",
    "jws_bad": "the signature of the profile is of other data",
    "jws_old_key": "the profile is signed with a key whose notAfter has passed",
    "jws_unknown_key": "the profile names a key that /keys does not list; args: kid",
    "jws_alg_none": "the profile is unsigned, alg none",
    "jws_hs256": "the profile is HS256 with the public key as the secret",
    "extra_uid": "the profile carries uid twice, the second of somebody else",
    "other_client_jws": "the profile carries the uid that another client would see",
    "other_user_jws": "the profile of another person; args: persona",
    "lang_pt": "Portuguese texts, namePt first, no nameZh",
    "child_account": "guardianOf is present",
    "face_no_match": "match false, the level stays",
    # the entity that somebody signs in for
    "org_chosen": "a sign-in without pages is a staff login at args.organisation, or at the person's first entity",
    "org_master_only": "4030 NO_ACCESS: the master login opens nothing but its administrators",
    "org_staff_removed": "4011 ACCESS_DENIED: the staff login was removed",
    "org_public_body": "the account is one of a public body, Gov-Entity",
    "org_of_another": "the profile names another entity than the token's answer",
    "org_struck_off": "the entity's status is cancelled",
    "org_mandate_expired": "until lies in the past",
    "org_wrong_number": "the entity's taxpayer number lacks a digit",
    "org_absent": "the profile of an entity's account without entity",
    "org_weird": "args override entity, role, services or until in the profile",
    # everywhere
    "html_200": "an HTML page with status 200 where JSON is expected",
    "maintenance": "503 with a page in Portuguese and Chinese",
    "outage": "500 without a useful body",
    "slow": "the answer is late; args: delay_ms (default 3000)",
    "clock_skew": "the mock's clock is wrong; args: skew_ms (default 120000)",
}
