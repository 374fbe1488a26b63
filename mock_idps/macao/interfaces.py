"""The interfaces behind an access token: the signed profile and the module token (section 6.C)."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from mock_idps.macao import entities, profile_faults
from mock_idps.macao.answers import NO_STORE, api_answer, api_failure, language, oauth_error
from mock_idps.macao.call import Call, bearer_token
from mock_idps.macao.claims import claims_of, portuguese_only, uid_for
from mock_idps.macao.envelope import TAGS, sign_profile, success
from mock_idps.macao.grants import MODULE_MS, Grant, Token
from mock_idps.macao.keys import UNKNOWN_KEY

MODULES: Final = frozenset({"Recruit", "SocialSecurity", "Health", "DSI", "Dsaj", "iam", "Fp"})
INVENTED_CHILD: Final = "child-of-the-scenario"


class AccessError(Exception):
    """The caller may not have this; carries the row of the error table."""

    def __init__(self, code: int) -> None:
        super().__init__(TAGS[code])
        self.code = code


async def keys(call: Call) -> Response:
    """`GET /keys`: the numbered keys, each with its end."""
    return JSONResponse(call.account.keys.published(), headers={"Cache-Control": "public, max-age=300"})


async def profile(call: Call) -> Response:
    """`GET /api/profile`: the signed claims in the envelope."""
    try:
        token, grant = holder_of(call, needed="profile")
    except AccessError as error:
        return api_failure(call, error.code)
    refused = {"token_expired": 4011, "org_staff_removed": 4011, "org_master_only": 4030}
    for scenario, code in refused.items():
        if call.take(scenario) is not None:
            return api_failure(call, code)
    lang = language(call, grant.locale)
    claims = _claims(call, token, grant, lang)
    if call.take("lang_pt") is not None:
        claims, lang = portuguese_only(claims), "pt"
    answer = success(_signed(call, grant, claims), lang)
    return api_answer(_spoilt(call, answer))


def holder_of(call: Call, *, needed: str) -> tuple[Token, Grant]:
    """Know who calls, and that the token is alive and wide enough."""
    value = bearer_token(call.request)
    if value is None:
        raise AccessError(4010)
    held = call.account.ledger.holder(value)
    if held is None or held[1].revoked or call.now_ms >= held[0].expires_ms:
        raise AccessError(4011)
    if needed not in held[0].scope:
        raise AccessError(4030)
    return held


def _claims(call: Call, token: Token, grant: Grant, lang: str) -> dict[str, Any]:
    account = call.account
    shown = grant.persona
    if (other := call.take("other_user_jws")) is not None:
        others = [person.id for person in account.people if person.id != grant.persona]
        shown = str(other.get("persona", others[0]))
    person = account.person(shown)
    if person is None:
        return {}
    claims = claims_of(person, grant, token.scope, lang)
    if entities.SCOPE in token.scope:
        claims |= entities.entity_claims(call, grant)
    if call.take("child_account") is not None:
        claims.setdefault("guardianOf", [uid_for(grant.client_id, INVENTED_CHILD)])
    if call.take("other_client_jws") is not None:
        claims["uid"] = uid_for(f"not-{grant.client_id}", person.id)
    return claims


def _signed(call: Call, grant: Grant, claims: dict[str, Any]) -> str:
    """Sign the claims, or spoil the signature as a tester wishes."""
    ring = call.account.keys
    if call.take("jws_bad") is not None:
        return profile_faults.bad_signature(claims, ring)
    if call.take("jws_alg_none") is not None:
        return profile_faults.unsigned(claims, ring)
    if call.take("jws_hs256") is not None:
        return profile_faults.public_key_as_secret(claims, ring)
    if call.take("extra_uid") is not None:
        return profile_faults.doubled_uid(claims, ring, uid_for(grant.client_id, INVENTED_CHILD))
    if call.take("jws_old_key") is not None:
        return sign_profile(claims, ring.retired)
    unknown = call.take("jws_unknown_key")
    kid = None if unknown is None else str(unknown.get("kid", UNKNOWN_KEY))
    return sign_profile(claims, ring.current, kid=kid)


def _spoilt(call: Call, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Play envelopes that say yes and no at once (attack MO-03)."""
    if call.take("success_text") is not None:
        return {**answer, "success": "true"}
    if call.take("false_with_data") is not None:
        return {**answer, "success": False, "code": 5999, "tag": TAGS[5999]}
    if call.take("zero_with_tag") is not None:
        return {**answer, "tag": "SERVICE_ERROR"}
    return dict(answer)


async def module_token(call: Call) -> Response:
    """`POST /oauth/module-token`: a narrower token for one module, ten minutes."""
    try:
        _, grant = holder_of(call, needed="profile")
    except AccessError:
        return oauth_error("invalid_token", "the access token does not allow this", 401, scheme="Bearer")
    module = call.fields.get("module")
    if module not in MODULES:
        return oauth_error("invalid_scope", "the module is not granted")
    value = call.account.ledger.issue_module_token(grant.id, module, call.now_ms)
    answer = {"access_token": value, "token_type": "bearer", "expires_in": MODULE_MS // 1000, "module": module}
    return JSONResponse(answer, headers=NO_STORE)
