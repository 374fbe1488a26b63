"""Every error code that a relying party can get: what happened, why usually, what to do, where it is defined.

For developers, so in English and in the words of the specifications; the frame around it speaks the reader's language.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.oidc.names import ErrorCode


class Explanation(NamedTuple):
    """One code, explained."""

    happened: str
    usually: str
    remedy: str
    specification: str


CATALOGUE: Final[Mapping[ErrorCode, Explanation]] = {
    ErrorCode.INVALID_REQUEST: Explanation(
        "A parameter is missing, occurs twice, or has a value of the wrong form.",
        "PKCE is missing (code_challenge with S256 is demanded of every client), a parameter was sent twice, or the "
        "client's profile demands a pushed or signed request and a plain one came.",
        "Read error_description, which names the parameter, and compare the request with the discovery document.",
        "RFC 6749 §4.1.2.1, §5.2",
    ),
    ErrorCode.UNAUTHORIZED_CLIENT: Explanation(
        "The client is known, but is not registered for this grant or endpoint.",
        "The grant type is not among the client's grant_types.",
        "Have the grant added to the registration, or use one that is registered.",
        "RFC 6749 §4.1.2.1, §5.2",
    ),
    ErrorCode.ACCESS_DENIED: Explanation(
        "The person did not sign in or did not agree, or their account does not permit the sign-in.",
        "The person pressed the button that refuses or cancels; that is their right and no fault.",
        "Offer another way to use the service, or let the person begin again. Do not send them back at once.",
        "RFC 6749 §4.1.2.1, RFC 8628 §3.5",
    ),
    ErrorCode.UNSUPPORTED_RESPONSE_TYPE: Explanation(
        "The response_type is not one that this gateway offers.",
        "An implicit or hybrid flow was asked for; only code is offered.",
        "Send response_type=code.",
        "RFC 6749 §4.1.2.1",
    ),
    ErrorCode.INVALID_SCOPE: Explanation(
        "A scope is unknown, malformed, not registered for the client, or goes beyond what was granted.",
        "openid is missing, a scope is not in the client's registration, or a refresh or exchange asks for more than "
        "the person granted.",
        "Ask for the registered scopes only; when refreshing, for the same ones or fewer.",
        "RFC 6749 §4.1.2.1, §5.2",
    ),
    ErrorCode.SERVER_ERROR: Explanation(
        "Something broke on the gateway's side.",
        "A fault of the gateway, or of something that it depends on.",
        "Try again once. If it stays, tell the operator the time of the request.",
        "RFC 6749 §4.1.2.1",
    ),
    ErrorCode.TEMPORARILY_UNAVAILABLE: Explanation(
        "The gateway, or the account that the person chose, cannot answer at the moment.",
        "An account's system is out of reach, the database is slow, or the client sent more requests than its limit.",
        "Wait for as long as Retry-After says, then try again; do not repeat at once and in parallel.",
        "RFC 6749 §4.1.2.1, RFC 6585 §4",
    ),
    ErrorCode.INVALID_CLIENT: Explanation(
        "The client could not be authenticated.",
        "A wrong or rotated secret, another method than the registered one, two methods at once, or a client assertion "
        "with a wrong audience (it is the issuer, as one string), time, algorithm or key, or used twice.",
        "Compare the method with the registration. Make each assertion anew, with a fresh jti and a short life.",
        "RFC 6749 §5.2, RFC 7523 §3.2",
    ),
    ErrorCode.INVALID_GRANT: Explanation(
        "The code or refresh token is wrong, expired, used before, withdrawn, or belongs to another client.",
        "A code was redeemed twice (a double click, a retry after a time-out), redirect_uri or code_verifier are not "
        "those of the request, or the person signed out or withdrew their consent.",
        "Begin a new sign-in. Redeem each code once and at once, with the redirect_uri and verifier of its request.",
        "RFC 6749 §5.2, RFC 7636 §4.6",
    ),
    ErrorCode.UNSUPPORTED_GRANT_TYPE: Explanation(
        "The grant_type is not one that this gateway offers.",
        "The password or client credentials grant was tried; neither exists here.",
        "Use one of grant_types_supported in the discovery document.",
        "RFC 6749 §5.2",
    ),
    ErrorCode.LOGIN_REQUIRED: Explanation(
        "The person has to sign in, and the request forbade to ask them; or another person signed in than expected.",
        "prompt=none without a session, with one that is too old for max_age, or with an id_token_hint of somebody "
        "else.",
        "Send the request again without prompt=none.",
        "OpenID Connect Core §3.1.2.6",
    ),
    ErrorCode.INTERACTION_REQUIRED: Explanation(
        "A page has to be shown, and the request forbade that.",
        "prompt=none while the person still has to give a permit number.",
        "Send the request again without prompt=none.",
        "OpenID Connect Core §3.1.2.6",
    ),
    ErrorCode.CONSENT_REQUIRED: Explanation(
        "The person has to agree, and the request forbade to ask them.",
        "prompt=none for scopes, claims or a purpose that the person has not decided about yet.",
        "Send the request again without prompt=none.",
        "OpenID Connect Core §3.1.2.6",
    ),
    ErrorCode.ACCOUNT_SELECTION_REQUIRED: Explanation(
        "The person has to choose an account, and the request forbade to ask them.",
        "prompt=none while more than one account would do.",
        "Send the request again without prompt=none.",
        "OpenID Connect Core §3.1.2.6",
    ),
    ErrorCode.REQUEST_NOT_SUPPORTED: Explanation(
        "A request object was sent where none is taken.",
        "The request parameter stands in a place that the specification does not give it.",
        "Send plain parameters, push the request, or sign it as the discovery document says.",
        "OpenID Connect Core §3.1.2.6",
    ),
    ErrorCode.REQUEST_URI_NOT_SUPPORTED: Explanation(
        "A request_uri was sent where none is taken.",
        "The request_uri parameter stands in a place that the specification does not give it.",
        "Push the request and use the request_uri that comes back.",
        "OpenID Connect Core §3.1.2.6",
    ),
    ErrorCode.REGISTRATION_NOT_SUPPORTED: Explanation(
        "The registration parameter was sent; it belongs to self-issued providers.",
        "A library is set to a self-issued provider.",
        "Leave the parameter out and register the client.",
        "OpenID Connect Core §3.1.2.6",
    ),
    ErrorCode.UNMET_AUTHENTICATION_REQUIREMENTS: Explanation(
        "The sign-in did not reach a level that the request calls essential.",
        "The person's account is verified less strongly than the essential acr demands, or no account on offer can "
        "reach it.",
        "Ask for a level of acr_values_supported, or for the level as a wish (acr_values) and read acr in the answer.",
        "OpenID Connect Core Unmet Authentication Requirements 1.0",
    ),
    ErrorCode.INVALID_TOKEN: Explanation(
        "The access token is wrong, expired, withdrawn, for another resource, or came without the key it is bound to.",
        "It outlived its ten minutes, the person signed out, a bound token came as Bearer, or a proof was missing.",
        "Refresh the token or begin a new sign-in; present bound tokens with a DPoP proof or the same certificate.",
        "RFC 6750 §3.1, RFC 9449 §7.1",
    ),
    ErrorCode.INSUFFICIENT_SCOPE: Explanation(
        "The access token is good, but does not hold the scope that is needed here.",
        "The person left it out on the consent page, or it was never asked for.",
        "Ask for the scope in a new request, and be ready for a person who withholds it.",
        "RFC 6750 §3.1",
    ),
    ErrorCode.INVALID_REDIRECT_URI: Explanation(
        "A redirect URI of the registration cannot be accepted.",
        "It is not https, has a fragment, a user name or a private host, or the sector identifier document lacks it.",
        "Register full https addresses without a fragment; they are compared byte for byte later.",
        "RFC 7591 §3.2.2",
    ),
    ErrorCode.INVALID_CLIENT_METADATA: Explanation(
        "A member of the registration cannot be accepted.",
        "A value of the wrong type, jwks together with jwks_uri, an algorithm that is not offered, or a profile whose "
        "other rules are not met.",
        "Read error_description, which names the member.",
        "RFC 7591 §3.2.2",
    ),
    ErrorCode.INVALID_SOFTWARE_STATEMENT: Explanation(
        "The software statement cannot be verified.",
        "A wrong signature, an expired statement, or one that is no signed JWT.",
        "Get a new statement from whoever issues it.",
        "RFC 7591 §3.2.2",
    ),
    ErrorCode.UNAPPROVED_SOFTWARE_STATEMENT: Explanation(
        "The software statement comes from somebody whom this gateway does not take statements from.",
        "Its iss is not among the issuers in the gateway's settings.",
        "Ask the operator which issuers are approved.",
        "RFC 7591 §3.2.2",
    ),
    ErrorCode.INVALID_REQUEST_URI: Explanation(
        "The request_uri cannot be used.",
        "It lapsed after 90 seconds, was used before, belongs to another client, or is an address that is not "
        "registered.",
        "Push the request again, and send the person on at once.",
        "RFC 9101 §7, RFC 9126 §4",
    ),
    ErrorCode.INVALID_REQUEST_OBJECT: Explanation(
        "The request object cannot be verified.",
        "A wrong key or algorithm, another aud than the issuer, or exp and nbf missing or further apart than an hour.",
        "Sign it with a registered key, with iss and client_id of the client, aud of the issuer, nbf of now.",
        "RFC 9101 §6, §7",
    ),
    ErrorCode.INVALID_TARGET: Explanation(
        "The resource is unknown, malformed, or not one that the client may ask tokens for.",
        "resource is not among the client's registered resources, or has a fragment.",
        "Use a registered resource exactly as it is spelt there.",
        "RFC 8707 §2",
    ),
    ErrorCode.INVALID_DPOP_PROOF: Explanation(
        "The DPoP proof cannot be accepted.",
        "htu or htm are not of this request, iat lies too far off, the jti came before, ath is missing, or the key is "
        "not the one that the code or token is bound to.",
        "Make a new proof for every request, with the same key, and keep the clock right.",
        "RFC 9449 §4.3, §5",
    ),
    ErrorCode.USE_DPOP_NONCE: Explanation(
        "The DPoP proof must carry a nonce of this gateway.",
        "The first request of a client that has no nonce yet, or one with a nonce that has grown old.",
        "Take the nonce out of the DPoP-Nonce header and send the request again with it; this is no failure.",
        "RFC 9449 §8",
    ),
    ErrorCode.UNSUPPORTED_TOKEN_TYPE: Explanation(
        "Tokens of this kind cannot be handled here.",
        "An ID token or another kind of token was sent for revocation or exchange.",
        "Send access or refresh tokens.",
        "RFC 7009 §2.2.1",
    ),
    ErrorCode.AUTHORIZATION_PENDING: Explanation(
        "The person has not decided yet.",
        "This is what a device or counter hears until the person has answered.",
        "Ask again after the interval; this is no failure.",
        "RFC 8628 §3.5, CIBA Core §11",
    ),
    ErrorCode.SLOW_DOWN: Explanation(
        "The device or counter asks too often.",
        "It polls faster than interval says.",
        "Add five seconds to the interval, for this and all later requests.",
        "RFC 8628 §3.5, CIBA Core §11",
    ),
    ErrorCode.EXPIRED_TOKEN: Explanation(
        "The device code, or the request of the counter, has lapsed.",
        "The person did not answer within its life, which is kept short on purpose.",
        "Begin again, and only when the person is there.",
        "RFC 8628 §3.5, CIBA Core §11",
    ),
    ErrorCode.UNKNOWN_USER_ID: Explanation(
        "The hint names nobody whom this gateway knows at this client.",
        "login_hint is not a sub of this client: subjects differ from client to client.",
        "Use the sub, or an ID token, that this client was given.",
        "CIBA Core §13",
    ),
    ErrorCode.INVALID_BINDING_MESSAGE: Explanation(
        "The binding message cannot be shown.",
        "It is longer than 64 characters, or holds characters that do not print.",
        "Send a short text that the person sees at the counter as well.",
        "CIBA Core §13",
    ),
    ErrorCode.INVALID_TRUST_CHAIN: Explanation(
        "No valid trust chain leads from the entity to an anchor that this gateway trusts.",
        "An entity statement lapsed, a key was rotated without a new statement, or a policy forbids the metadata.",
        "Fetch the entity's own configuration and its superior's statement about it, and check their times and keys.",
        "OpenID Federation 1.0 §8.9",
    ),
    ErrorCode.INVALID_TRUST_ANCHOR: Explanation(
        "The trust anchor is not one that this gateway trusts.",
        "The entity belongs to another federation.",
        "Ask the operator which trust anchors are in use.",
        "OpenID Federation 1.0 §8.9",
    ),
    ErrorCode.NOT_FOUND: Explanation(
        "The entity that was asked about is not known here.",
        "Its identifier is misspelt, or it has left the federation.",
        "Compare the identifier byte for byte with the one that the entity publishes.",
        "OpenID Federation 1.0 §8.9",
    ),
}
