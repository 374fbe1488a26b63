"""Group CA, what refusals give away: which clients there are, and what went wrong with a sealed answer (CA-15, CA-18).

Everyday runs take few timings; ``make faults`` takes the 5,000 of the catalogue.
"""

# ruff: noqa: F811 - fixtures that are imported are also parameters
import base64
import random
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from gateway.audit import AuditAction, AuditEvent
from gateway.oidc.names import ClientAuthMethod
from tests.asking import AT, asking
from tests.attacks.places import ENDPOINTS, assertion_form, json_verdict
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import WatchedWorld, audit_trail, leaves_nothing
from tests.faults.significance import differ
from tests.faults.weight import PATIENT, rounds
from tests.relying_party import Key
from tests.world import a_client

SHARED = pytest.mark.asyncio(loop_scope="module")
PATHS: Final = tuple(ENDPOINTS)
REFUSED: Final = (401, "invalid_client")
TIMINGS: Final = rounds(120, 5_000)
UNLIKELY: Final = 0.01
TRIES: Final = 4
"""Chance alone stays below the bound in one of a hundred runs, and so often in a row in one of a hundred million."""
_FRESH: Final = re.compile(r"[A-Za-z0-9_\-.]{16,}")


@dataclass(frozen=True, slots=True)
class Known:
    """Clients that are there, and the secret of the one that counts."""

    secret: str
    stranger: Key


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def known(stage: Stage) -> AsyncIterator[Known]:
    """One client for each method, each with a double that is switched off."""
    methods = {"basic": ClientAuthMethod.BASIC, "post": ClientAuthMethod.POST, "jwt": ClientAuthMethod.PRIVATE_KEY_JWT}
    keys = stage.party.key.jwks
    clients = [
        a_client(f"{name}-{state}", token_endpoint_auth_method=method, jwks=keys if name == "jwt" else None)
        for name, method in methods.items()
        for state in ("here", "gone")
    ]
    secrets = await stage.world.register(*clients)
    now = stage.world.clock.now
    for name in methods:
        event = AuditEvent(AuditAction.CLIENT_DISABLED, now, "tests", client_id=f"{name}-gone")
        assert await stage.world.stores.registry.disable(f"{name}-gone", now, event)
    yield Known(secrets["basic-here"], Key.make())


def basic(client_id: str, secret: str) -> dict[str, str]:
    """A Basic header."""
    return {"authorization": f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


Request = tuple[dict[str, str], dict[str, str]]


def attempts(stage: Stage, known: Known) -> dict[str, Request]:
    """Every way to fail: (form, headers)."""
    wrong = "x" * len(known.secret)

    def signed(client_id: str, key: Key | None = None, **changes: Any) -> Request:
        token = stage.party.assertion(iss=client_id, sub=client_id, key=key, **changes)
        return assertion_form(token), {}

    return {
        "Basic, unknown client": ({}, basic("nobody", wrong)),
        "Basic, disabled client": ({}, basic("basic-gone", wrong)),
        "Basic, wrong secret": ({}, basic("basic-here", wrong)),
        "Basic, short secret": ({}, basic("basic-here", "x")),
        "Basic, long secret": ({}, basic("basic-here", "x" * 900)),
        "Basic, empty secret": ({}, basic("basic-here", "")),
        "Basic, another method's client": ({}, basic("post-here", wrong)),
        "Basic, a client without credentials": ({}, basic("shop", wrong)),
        "post, unknown client": ({"client_id": "nobody", "client_secret": wrong}, {}),
        "post, disabled client": ({"client_id": "post-gone", "client_secret": wrong}, {}),
        "post, wrong secret": ({"client_id": "post-here", "client_secret": wrong}, {}),
        "post, another method's secret": ({"client_id": "basic-here", "client_secret": known.secret}, {}),
        "name of an unknown client": ({"client_id": "nobody"}, {}),
        "name of a disabled client": ({"client_id": "basic-gone"}, {}),
        "name of a client with a secret": ({"client_id": "basic-here"}, {}),
        "assertion, unknown client": signed("nobody"),
        "assertion, disabled client": signed("jwt-gone"),
        "assertion, wrong key": signed("jwt-here", known.stranger),
        "assertion, wrong key under the right name": signed(
            "jwt-here", known.stranger, header={"kid": stage.party.key.thumbprint}
        ),
        "assertion, wrong audience": signed("jwt-here", aud="https://other.example"),
        "assertion, too old": signed("jwt-here", exp=stage.now - 600),
        "assertion, no token": ({**assertion_form("a.b.c")}, {}),
    }


def seen(response: httpx.Response) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """Status, body and headers: all that the sender has."""
    headers = [(name, value) for name, value in response.headers.items() if name != "date"]
    return response.status_code, response.text, tuple(sorted(headers))


@SHARED
@pytest.mark.attack("CA-18")
@pytest.mark.parametrize("path", PATHS)
async def test_ca_18_every_failure_gets_the_same_status_body_and_headers(stage: Stage, known: Known, path: str) -> None:
    more = {"scope": "openid", **ENDPOINTS[path][0]}
    told: dict[Any, list[str]] = {}

    async with leaves_nothing(stage.world):
        for name, (form, headers) in attempts(stage, known).items():
            answer = await stage.post(path, {**more, **form}, **headers)
            assert json_verdict(answer) == REFUSED, name
            told.setdefault(seen(answer), []).append(name)

    assert len(told) == 1, list(told.values())


LOOSE: Final[Mapping[str, Callable[[str], str]]] = {
    "bytes that Base64 ignores": lambda good: f"Basic {good[:4]}-{good[4:]}",
    "padding too much": lambda good: f"Basic {good}==",
    "no padding": lambda good: f"Basic {good.rstrip('=')}" if good.endswith("=") else f"Basic {good}=",
    "URL-safe letters": lambda _: f"Basic {base64.urlsafe_b64encode(b'basic-here:' + bytes([0xFB, 0xFF])).decode()}",
    "two blanks": lambda good: f"Basic  {good}",
    "tab": lambda good: f"Basic\t{good}",
    "comma behind": lambda good: f"Basic {good}, Basic {good}",
    "blank behind": lambda good: f"Basic {good} x",
    "no scheme": lambda good: good,
    "Bearer": lambda good: f"Bearer {good}",
    "not UTF-8": lambda _: "Basic " + base64.b64encode(b"basic-here:\xff\xfe").decode(),
    "NUL": lambda good: "Basic " + base64.b64encode(base64.b64decode(good) + b"\0").decode(),
    "line end": lambda good: "Basic " + base64.b64encode(base64.b64decode(good) + b"\n").decode(),
    "no colon": lambda _: "Basic " + base64.b64encode(b"basic-here").decode(),
    "raw percent": lambda good: "Basic " + base64.b64encode(base64.b64decode(good) + b"%").decode(),
    "no name": lambda good: "Basic " + base64.b64encode(b":" + base64.b64decode(good).partition(b":")[2]).decode(),
}


@SHARED
@pytest.mark.attack("CA-18")
@pytest.mark.parametrize("name", LOOSE)
async def test_ca_18_basic_credentials_that_are_loosely_spelt_are_refused(
    stage: Stage, known: Known, name: str
) -> None:
    good = base64.b64encode(f"basic-here:{known.secret}".encode()).decode()
    form = {"token": "t" * 43}
    assert (await stage.post("/introspect", form, authorization=f"Basic {good}")).status_code == 200

    answer = await stage.post("/introspect", form, authorization=LOOSE[name](good))

    assert json_verdict(answer) == REFUSED


PAIRS: Final = (
    ("Basic, unknown client", "Basic, wrong secret"),
    ("Basic, disabled client", "Basic, wrong secret"),
    ("Basic, short secret", "Basic, wrong secret"),
    ("assertion, unknown client", "assertion, wrong key under the right name"),
)


@SHARED
@PATIENT
@pytest.mark.attack("CA-18")
@pytest.mark.parametrize(("one", "other"), PAIRS)
async def test_ca_18_no_failure_takes_longer_than_another(stage: Stage, known: Known, one: str, other: str) -> None:
    chances = []
    for _ in range(TRIES):
        seconds = await timed(stage, attempts(stage, known), (one, other))
        chances.append(differ(seconds[one], seconds[other]))
        if chances[-1] > UNLIKELY:
            break

    assert chances[-1] > UNLIKELY, chances


async def timed(stage: Stage, requests: Mapping[str, Request], names: tuple[str, str]) -> dict[str, list[float]]:
    """How long each takes, in an order that chance decides."""
    chance = random.Random(TIMINGS)  # noqa: S311 - an order, not a secret
    seconds: dict[str, list[float]] = {name: [] for name in names}
    async with stage.world.net.browser() as http:
        for _ in range(TIMINGS):
            for name in chance.sample(names, 2):
                form, headers = requests[name]
                data = {**ENDPOINTS["/introspect"][0], **form}
                began = time.perf_counter()
                await http.post(f"{AT.issuer}/introspect", data=data, headers=headers)
                seconds[name].append(time.perf_counter() - began)
    return seconds


# -------------------------------------------------------------------------------- decryption oracles (CA-15)
SEALED: Final[Mapping[str, tuple[str, dict[str, Any]]]] = {
    "key of 16 bytes": ("key_weird", {"args": {"cek_bytes": 16}}),
    "key of 33 bytes": ("key_weird", {"args": {"cek_bytes": 33}}),
    "wrong key": ("wrong_key", {"endpoint": "getToken"}),
    "wrong tag": ("frame_broken", {"match": {"endpoint": "getToken"}, "args": {"kind": "tag_cut"}}),
    "flipped bit": ("frame_broken", {"match": {"endpoint": "getToken"}, "args": {"kind": "flip"}}),
}


@pytest.mark.attack("CA-15")
async def test_ca_15_whatever_fails_to_open_looks_the_same_from_outside(world: WatchedWorld) -> None:
    told: dict[Any, list[str]] = {}
    for name, (scenario, entry) in SEALED.items():
        await world.arm("hong_kong", scenario, **{"times": 4} | entry)
        browser = world.browser()
        page = await browser.prove(await browser.to_provider(asking(), "hong_kong"), "chan-siu-ming")
        told.setdefault((browser.last.status_code, _FRESH.sub("…", browser.last.text)), []).append(name)
        assert "problem-code" in page.texts, name
        async with world.net.browser() as http:
            await http.request("DELETE", f"{AT.hong_kong}/__mock__/scenario", json={})

    failed = [event for event in await audit_trail(world) if event["action"] == "sign_in.failed"]
    assert len(told) == 1, list(told.values())
    assert len(failed) == len(SEALED)


@SHARED
@pytest.mark.attack("CA-15")
async def test_ca_15_rsa1_5_is_neither_announced_nor_registered(stage: Stage) -> None:
    discovery = (await stage.get("/.well-known/openid-configuration")).json()
    members = {
        "client_name": "Ferry",
        "redirect_uris": ["https://rp.example/ferry"],
        "jwks": {"keys": [{**stage.rsa_party.key.members, "use": "enc"}]},
        "id_token_encrypted_response_alg": "RSA1_5",
    }

    async with leaves_nothing(stage.world), stage.world.net.browser() as http:
        headers = {"authorization": f"Bearer {stage.registration_token}"}
        answer = await http.post(f"{AT.issuer}/register", json=members, headers=headers)

    assert "RSA1_5" not in str(discovery)
    assert '"DEF"' not in str(discovery)
    assert json_verdict(answer) == (400, "invalid_client_metadata")
