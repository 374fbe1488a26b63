"""A sample relying party: a guest house in Guangzhou that books rooms for signed-in guests.

One file on purpose: it is what a developer copies from. Authlib's client does OpenID Connect (discovery, PKCE, state,
nonce); python-jose verifies the ID token a second time with every check spelt out, because its defaults accept tokens
without audience or expiry. Run by ``make demo``; settings come from the environment.
"""

import html
import json
import os
from typing import Any

from authlib.integrations.starlette_client import OAuth, OAuthError
from jose import jwt
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
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


async def home(request: Request) -> Response:
    """Offer a room, and show the booking of a guest who has signed in."""
    booking = request.session.get("booking")
    if not booking:
        return page(
            "Book a room",
            '<p>Guest House Pearl River, Guangzhou. One room, one night.</p><p><a class="go" id="book" href="/book">Book a room</a></p>',
        )
    number = booking["claims"].get("gba_cn_id", {})
    kind = number.get("kind", "none")
    remark = {
        "surrogate": "GBA 关联号（非公民身份号码）: good for this form, never for police verification.",
        "residence_permit": "Number of the residence permit.",
        "resident_id": "Citizen identification number.",
    }.get(kind, "No identifier was passed on; the room is booked by name.")
    facts = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>"
        for name, value in {
            "Guest": str(booking["userinfo"].get("name", "not passed on")),
            "Identifier": str(number.get("value", "none")),
            "Kind": f"{kind}. {remark}",
            "Assurance": str(booking["claims"].get("acr", "")),
        }.items()
    )
    raw = html.escape(json.dumps(booking, ensure_ascii=False, indent=2))
    return page(
        "Your room is booked",
        f'<dl id="booking">{facts}</dl><details><summary>The verified claims, as received</summary>'
        f'<pre id="claims">{raw}</pre></details><p><a class="go" id="sign-out" href="/sign-out">Sign out</a></p>',
    )


async def book(request: Request) -> Response:
    """Send the guest to the gateway."""
    answer: Response = await oauth.gateway.authorize_redirect(request, f"{HOME}/callback")
    return answer


async def callback(request: Request) -> Response:
    """Receive the guest: Authlib checks state and redeems the code, then the token is verified claim by claim."""
    metadata = await oauth.gateway.load_server_metadata()
    if request.query_params.get("iss") != metadata["issuer"]:  # RFC 9207: refuse another server's answer
        return page("Something went wrong", '<p id="problem">The answer came from another server.</p>', 400)
    try:
        token = await oauth.gateway.authorize_access_token(request)
    except OAuthError as error:
        text = html.escape(f"{error.error}: {error.description or ''}")
        return page(
            "You are not signed in",
            f'<p id="problem">{text}</p><p><a class="go" id="book" href="/book">Try again</a></p>',
            400,
        )
    keys = await oauth.gateway.fetch_jwk_set()
    claims = verified(token["id_token"], token["access_token"], keys, metadata["issuer"])
    request.session["booking"] = {"claims": claims, "userinfo": dict(await oauth.gateway.userinfo(token=token))}
    request.session["id_token"] = token["id_token"]
    return RedirectResponse("/", status_code=303)


def verified(id_token: str, access_token: str, keys: dict[str, Any], issuer: str) -> dict[str, Any]:
    """Verify with python-jose: the key by its id, the algorithm by a list of ours, nothing left to defaults."""
    header = jwt.get_unverified_header(id_token)
    key = next(key for key in keys["keys"] if key["kid"] == header["kid"])
    required = {f"require_{name}": True for name in ("aud", "exp", "iat", "iss", "sub", "at_hash")}
    claims: dict[str, Any] = jwt.decode(
        id_token,
        key,
        algorithms=["ES256"],
        audience=CLIENT_ID,
        issuer=issuer,
        access_token=access_token,
        options=required,
    )
    return claims


async def sign_out(request: Request) -> Response:
    """Forget the booking here, then end the session at the gateway (RP-Initiated Logout)."""
    id_token = request.session.pop("id_token", "")
    request.session.clear()
    metadata = await oauth.gateway.load_server_metadata()
    query = f"id_token_hint={id_token}&post_logout_redirect_uri={HOME}/" if id_token else f"client_id={CLIENT_ID}"
    return RedirectResponse(f"{metadata['end_session_endpoint']}?{query}", status_code=303)


def page(title: str, body: str, status: int = 200) -> Response:
    """A page; everything foreign in ``body`` is escaped by the caller."""
    return HTMLResponse(
        f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1.05rem/1.6 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fbf8f3}}
.note{{background:#fff3d6;padding:.5rem 1rem}}.go{{display:inline-block;background:#7a3e1d;color:#fff;padding:.7rem 1.4rem;border-radius:.3rem;text-decoration:none}}
dt{{font-weight:600;margin-top:.7rem}}dd{{margin:0}}pre{{overflow:auto;background:#fff;padding:1rem;border:1px solid #ddd}}</style>
<p class="note">Simulation: a fictional guest house, fictional guests.</p><h1>{title}</h1>{body}</html>""",
        status,
        {"cache-control": "no-store", "x-content-type-options": "nosniff"},
    )


app = Starlette(
    routes=[Route("/", home), Route("/book", book), Route("/callback", callback), Route("/sign-out", sign_out)],
    middleware=[Middleware(SessionMiddleware, secret_key=os.environ.get("RP_SESSION_KEY") or os.urandom(32).hex())],
)
