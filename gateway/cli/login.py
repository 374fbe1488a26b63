"""``gate login try``: a whole sign-in over HTTP against a running gateway and its simulated providers."""

import base64
import hashlib
import json
import os
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from certs.keys.errors import JoseError
from certs.keys.expectation import Expectation
from certs.keys.jose import verify
from certs.keys.verification_keys import VerificationKeys
from gateway.cli.output import AsJson, Exit, show, stop
from gateway.cli.robot import Page, Robot, RobotError
from gateway.product import utc_now

app = typer.Typer(help="Scripted sign-ins.", no_args_is_help=True)

REDIRECT_URI: Final = "http://127.0.0.1/gate-login-try"
"""Never opened: the robot stops when it is sent there."""
CLIENT_ID: Final = "gate-login-try"
_STEPS: Final = 25
_SECONDS: Final = 20.0


class Provider(StrEnum):
    """The accounts to sign in with."""

    HONG_KONG = "hong-kong"
    MACAO = "macao"
    GUANGDONG = "guangdong"


@dataclass(slots=True)
class Trial:
    """One scripted sign-in and what it found out."""

    issuer: str
    client_id: str
    provider: Provider
    person: str | None
    robot: Robot = field(default_factory=lambda: Robot(REDIRECT_URI))
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    permit_typed: bool = False


@app.command("try")
def try_(
    provider: Annotated[Provider, typer.Option(help="Which account to sign in with.")],
    person: Annotated[str | None, typer.Option(help="Id of a persona; default: the first of the provider.")] = None,
    issuer: Annotated[str | None, typer.Option(help="The gateway; default: the demo's address.")] = None,
    client_id: Annotated[str, typer.Option(help="A public client with the redirect URI of this verb.")] = CLIENT_ID,
    as_json: AsJson = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Sign a persona in through all pages, redeem the code, verify the ID token, and print its claims."""
    trial = Trial(issuer or _default_issuer(), client_id, provider, person)
    try:
        result = run(trial)
    except (RobotError, JoseError) as error:
        stop(f"the sign-in did not succeed: {error}", Exit.REMOTE)
    show(result, as_json=as_json)


def run(trial: Trial) -> dict[str, Any]:
    """The whole trip: discovery, pages, code, token, verification, userinfo; with the time each part took."""
    began = time.monotonic()
    discovery = _json(f"{trial.issuer}/.well-known/openid-configuration")
    verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
    code = _code(trial, discovery, verifier, state, nonce)
    signed_in = time.monotonic()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "client_id": trial.client_id,
        "code_verifier": verifier,
    }
    tokens = _json(discovery["token_endpoint"], form=form)
    redeemed = time.monotonic()
    keys = VerificationKeys.from_jwks(_json(discovery["jwks_uri"]))
    expectation = Expectation(
        algorithms=frozenset({"ES256", "RS256"}),
        typ=frozenset({"JWT"}),
        issuer=discovery["issuer"],
        audience=trial.client_id,
        required=frozenset({"iss", "sub", "aud", "exp", "iat", "nonce"}),
    )
    claims = verify(tokens["id_token"], keys, expectation, now=utc_now())
    if claims["nonce"] != nonce:
        raise RobotError("the ID token is not for this sign-in")
    userinfo = _json(discovery["userinfo_endpoint"], bearer=tokens["access_token"])
    ended = time.monotonic()
    marks = {"sign_in": signed_in - began, "token": redeemed - signed_in, "userinfo": ended - redeemed}
    timings = {f"{name}_ms": round(seconds * 1000, 1) for name, seconds in {**marks, "total": ended - began}.items()}
    return {"claims": dict(claims.claims), "userinfo": userinfo, "timings": timings}


def _code(trial: Trial, discovery: dict[str, Any], verifier: str, state: str, nonce: str) -> str:
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = urllib.parse.urlencode(
        {
            "response_type": "code",
            "client_id": trial.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid profile cn_id cn_doc",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "ui_locales": "en",
        }
    )
    page = trial.robot.open(f"{discovery['authorization_endpoint']}?{query}")
    for _ in range(_STEPS):
        if trial.robot.caught is not None:
            return _answer(trial.robot.caught, state, discovery["issuer"])
        page = _step(trial, page)
    raise RobotError("the pages lead nowhere")


def _answer(caught: str, state: str, issuer: str) -> str:
    answer = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(caught).query))
    if answer.get("state") != state or answer.get("iss") != issuer:
        raise RobotError("the answer is not for this sign-in")
    if "code" not in answer:
        raise RobotError(f"the gateway answered {answer.get('error', 'nothing')}")
    return answer["code"]


def _step(trial: Trial, page: Page) -> Page:
    """Do what a person would do on this page."""
    chooser = f"provider-{trial.provider}"
    if "problem" in page:
        raise RobotError(f"a problem page: {page.texts.get('problem-code', '').strip() or page.status}")
    if chooser in page.buttons:
        return trial.robot.press(page, chooser)
    if "permit" in page.inputs:
        return _type_permit(trial, page)
    if "agree" in page.buttons:
        return trial.robot.press(page, "agree")
    if "open-phone" in page.links:
        phone = trial.robot.follow(page, "open-phone")
        trial.robot.press(phone, "approve", person=_person(trial, page))
        return trial.robot.press(page, "continue")
    if "sign-in" in page.buttons:
        return _sign_in(trial, page)
    raise RobotError(f"an unknown page ({page.status})")


def _sign_in(trial: Trial, page: Page) -> Page:
    person = _person(trial, page)
    values = {"person": person}
    if "otp" in page.inputs:
        values["otp"] = page.texts.get(f"token-{person}", "").strip()
    return trial.robot.press(page, "sign-in", **values)


def _type_permit(trial: Trial, page: Page) -> Page:
    permit = trial.people.get(trial.person or "", {}).get("permit")
    if not permit or trial.permit_typed:
        return trial.robot.press(page, "skip-permit")
    trial.permit_typed = True
    return trial.robot.press(page, "check-permit", permit=permit)


def _person(trial: Trial, page: Page) -> str:
    """The persona, looked up in the simulated provider's own list."""
    if not trial.people:
        origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(page.url))
        listed = _json(f"{origin}/__mock__/personas")
        rows = listed["personas"] if isinstance(listed, dict) else listed
        trial.people = {row["id"]: row for row in rows}
    if trial.person is None:
        trial.person = next(iter(trial.people))
    if trial.person not in trial.people:
        raise RobotError("this provider does not know the persona")
    return trial.person


def _json(url: str, *, form: dict[str, str] | None = None, bearer: str | None = None) -> Any:
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    data = urllib.parse.urlencode(form).encode() if form else None
    if not url.startswith(("http://", "https://")):
        raise RobotError("an address that is not http")
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - checked above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise RobotError(f"{urllib.parse.urlsplit(url).path} answered {error.code}") from None
    except (OSError, ValueError):
        raise RobotError(f"{urllib.parse.urlsplit(url).netloc} does not answer as expected") from None


def _default_issuer() -> str:
    return os.environ.get("GATE_ISSUER", f"http://127.0.0.1:{os.environ.get('GATE_PORT', '8000')}")
