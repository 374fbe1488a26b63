"""A sample relying party: a guest house in Guangzhou that books rooms for signed-in guests.

One file on purpose: it is what a developer copies from. Authlib's client does OpenID Connect (discovery, PKCE, state,
nonce); python-jose verifies the ID token a second time with every check spelt out, because its defaults accept tokens
without audience or expiry. Events about numbers (RFC 8935) arrive at ``/events`` and are verified the same way. Run by
``make demo``; settings come from the environment.
"""

import html
import json
import os
import secrets
from typing import Any

from authlib.integrations.starlette_client import OAuth, OAuthError
from jose import JWTError, jwt
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

ISSUER = os.environ.get("RP_ISSUER", "http://127.0.0.1:8000")
HOME = os.environ.get("RP_HOME", "http://127.0.0.1:8004")
CLIENT_ID = os.environ.get("RP_CLIENT_ID", "guest-house")
SCOPES = "openid profile cn_id cn_doc"

oauth = OAuth()
oauth.register(
    "gateway",
    client_id=CLIENT_ID,
    client_secret=os.environ.get("RP_CLIENT_SECRET", ""),
    server_metadata_url=f"{ISSUER}/.well-known/openid-configuration",
    client_kwargs={"scope": SCOPES, "code_challenge_method": "S256"},
)

bookings: dict[str, dict[str, Any]] = {}
"""By booking number, in memory: a cookie has no room for tokens, and nothing personal belongs into one."""

seen_events: set[str] = set()
"""Names (``jti``) of the events that were taken: the gateway repeats what it got no answer to."""

EVENT_TYPE = "secevent+jwt"
SUPERSEDED = "urn:gba:event:identifier-superseded"
WITHDRAWN = "urn:gba:event:identifier-withdrawn"

KINDS = {
    "surrogate": "GBA 关联号（非公民身份号码）: good for this form, never for police verification.",
    "residence_permit": "The number of the guest's residence permit.",
    "resident_id": "The guest's citizen identification number.",
}


async def home(request: Request) -> Response:
    """Offer a room, or show the booking of a guest who has signed in."""
    booking = bookings.get(request.session.get("booking", ""))
    if booking is None:
        return page("Book a room", f"<p>Guest House Pearl River, Guangzhou. One room, one night.</p>{BOOK}")
    claims, userinfo = booking["claims"], booking["userinfo"]
    number = userinfo.get("gba_cn_id", {})  # numbers come from userinfo: an ID token that is only signed has none
    rows = {
        "Guest": userinfo.get("name", "not passed on"),
        "Identifier": number.get("value", "none"),
        "Kind": number.get("kind", "none"),
        "What that means": KINDS.get(
            number.get("kind", ""), "No identifier was passed on; the room is booked by name."
        ),
        "Assurance": claims["acr"],
        "Since then": booking["news"],
    }
    facts = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(str(value))}</dd>" for name, value in rows.items())
    received = html.escape(json.dumps({"claims": claims, "userinfo": userinfo}, ensure_ascii=False, indent=2))
    raw = html.escape(booking["id_token"])
    return page(
        "Your room is booked",
        f'<dl id="booking">{facts}</dl>'
        f'<details><summary>What was received, verified</summary><pre id="claims">{received}</pre></details>'
        f'<details><summary>The ID token itself</summary><pre id="id-token">{raw}</pre></details>'
        '<p><a class="go" id="sign-out" href="/sign-out">Sign out</a></p>',
    )


async def book(request: Request) -> Response:
    """Send the guest to the gateway."""
    answer: Response = await oauth.gateway.authorize_redirect(request, f"{HOME}/callback")
    return answer


async def callback(request: Request) -> Response:
    """Receive the guest: Authlib checks state and redeems the code, then the token is verified claim by claim."""
    metadata = await oauth.gateway.load_server_metadata()
    if request.query_params.get("iss") != metadata["issuer"]:  # RFC 9207: another server's answer
        return page("Something went wrong", f'<p id="problem">The answer came from another server.</p>{BOOK}', 400)
    try:
        token = await oauth.gateway.authorize_access_token(request)
        keys = await oauth.gateway.fetch_jwk_set()
        claims = verified(token["id_token"], token["access_token"], keys, metadata["issuer"])
    except OAuthError as error:
        text = html.escape(f"{error.error}: {error.description or ''}")
        return page("You are not signed in", f'<p id="problem">{text}</p>{BOOK}', 400)
    except (JWTError, KeyError, StopIteration):
        return page("Something went wrong", f'<p id="problem">The token could not be verified.</p>{BOOK}', 400)
    userinfo = dict(await oauth.gateway.userinfo(token=token))
    if userinfo["sub"] != claims["sub"]:  # OpenID Connect Core §5.3.2: somebody else's answer
        return page("Something went wrong", f'<p id="problem">The answer is about somebody else.</p>{BOOK}', 400)
    number = secrets.token_urlsafe(16)
    bookings[number] = {"claims": claims, "userinfo": userinfo, "id_token": token["id_token"], "news": "nothing new"}
    request.session["booking"] = number
    return RedirectResponse("/", status_code=303)


def verified(id_token: str, access_token: str, keys: dict[str, Any], issuer: str) -> dict[str, Any]:
    """Verify with python-jose: the key by its id, the algorithm from a list of ours, nothing left to defaults."""
    header = jwt.get_unverified_header(id_token)
    key = next(key for key in keys["keys"] if key["kid"] == header["kid"])
    claims: dict[str, Any] = jwt.decode(
        id_token,
        key,
        algorithms=["ES256"],
        audience=CLIENT_ID,
        issuer=issuer,
        access_token=access_token,
        options={f"require_{name}": True for name in ("aud", "exp", "iat", "iss", "sub", "at_hash")},
    )
    return claims


async def receive_event(request: Request) -> Response:
    """Take a signed event about a guest's number (RFC 8935 §2): 202 when it is taken, 400 when it is not genuine."""
    if request.headers.get("content-type") != f"application/{EVENT_TYPE}":
        return JSONResponse({"err": "invalid_request", "description": "not a security event token"}, 400)
    token = (await request.body()).decode("ascii", "replace")
    issuer = (await oauth.gateway.load_server_metadata())["issuer"]
    try:
        event = verified_event(token, await oauth.gateway.fetch_jwk_set(), issuer)
    except (JWTError, KeyError, StopIteration, TypeError, ValueError):
        return JSONResponse({"err": "authentication_failed", "description": "the token could not be verified"}, 400)
    if event["jti"] not in seen_events:
        seen_events.add(event["jti"])
        of_guest = [one for one in bookings.values() if one["claims"]["sub"] == event["sub_id"]["sub"]]
        for booking in of_guest:
            booking["news"] = take_over(booking["userinfo"], event["events"])
    return Response(status_code=202)


def verified_event(token: str, keys: dict[str, Any], issuer: str) -> dict[str, Any]:
    """Verify a Security Event Token (RFC 8417): its own type first, so that no ID token passes for one."""
    header = jwt.get_unverified_header(token)
    if str(header.get("typ", "")).lower() != EVENT_TYPE:
        raise JWTError("another kind of token")
    key = next(key for key in keys["keys"] if key["kid"] == header["kid"])
    required = {f"require_{name}": True for name in ("aud", "iat", "iss", "jti")}
    event: dict[str, Any] = jwt.decode(
        token, key, algorithms=["ES256"], audience=CLIENT_ID, issuer=issuer, options=required
    )
    subject = event["sub_id"]
    if subject["format"] != "iss_sub" or subject["iss"] != issuer or not subject["sub"]:
        raise JWTError("somebody else's subject")
    return event


def take_over(userinfo: dict[str, Any], events: dict[str, Any]) -> str:
    """Change the booking as the events say; gives what the guest house should know. ``sub`` stays the account key."""
    held = userinfo.get("gba_cn_id", {}).get("value")
    if SUPERSEDED in events and held in events[SUPERSEDED]["replaces"]:
        new = events[SUPERSEDED].get("gba_cn_id")
        userinfo["gba_cn_id"] = new or {"value": "replaced: ask the guest to sign in again", "kind": "none"}
        return "the identifier was replaced by the one shown here"
    if WITHDRAWN in events and held == events[WITHDRAWN]["value"]:
        userinfo["gba_cn_id"] = {"value": "withdrawn", "kind": "none"}
        return "the identifier does not stand any more: do not use it"
    return "nothing new"


async def sign_out(request: Request) -> Response:
    """Forget the booking here, then end the session at the gateway (RP-Initiated Logout 1.0)."""
    booking = bookings.pop(request.session.get("booking", ""), None)
    request.session.clear()
    if booking is None:
        return RedirectResponse("/", status_code=303)
    metadata = await oauth.gateway.load_server_metadata()
    query = f"id_token_hint={booking['id_token']}&post_logout_redirect_uri={HOME}/"
    return RedirectResponse(f"{metadata['end_session_endpoint']}?{query}", status_code=303)


BOOK = '<p><a class="go" id="book" href="/book">Book a room</a></p>'

STYLE = """
body { font: 1.05rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; color: #222;
       background: #fbf8f3 }
.note { background: #fff3d6; padding: .5rem 1rem }
.go { display: inline-block; background: #7a3e1d; color: #fff; padding: .7rem 1.4rem; border-radius: .3rem }
dt { font-weight: 600; margin-top: .7rem }
dd { margin: 0 }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #fff; padding: 1rem; border: 1px solid #ddd }
"""


def page(title: str, body: str, status: int = 200) -> Response:
    """A page; everything foreign in ``body`` is escaped by the caller."""
    note = '<p class="note">Simulation: a fictional guest house, fictional guests.</p>'
    document = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<title>{title}</title><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main>{note}<h1>{title}</h1>{body}</main></body></html>"
    )
    return HTMLResponse(document, status, {"cache-control": "no-store", "x-content-type-options": "nosniff"})


app = Starlette(
    routes=[
        Route("/", home),
        Route("/book", book),
        Route("/callback", callback),
        Route("/events", receive_event, methods=["POST"]),
        Route("/sign-out", sign_out),
    ],
    middleware=[
        Middleware(
            SessionMiddleware,
            # Cookies of one host are shared by all its ports: the name keeps this application's apart.
            session_cookie="guest_house",
            secret_key=os.environ.get("RP_SESSION_KEY") or secrets.token_hex(32),
            same_site="lax",
        )
    ],
)
