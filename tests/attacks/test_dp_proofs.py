"""Group DP, the proof itself: which request, when, with which key, and how that key is named (DP-02, -03, -05, -07)."""

# ruff: noqa: F811 - fixtures that are imported are also parameters
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import httpx
import pytest

from tests.asking import AT
from tests.attacks.forgeries import Material, unsigned
from tests.attacks.places import PLACES, Place, json_verdict
from tests.attacks.stage import Stage, opened, shared_world, stage  # noqa: F401 - pytest finds fixtures by their names
from tests.attacks.watch import leaves_nothing
from tests.relying_party import Key, RelyingParty, encode

pytestmark = pytest.mark.asyncio(loop_scope="module")
PROOFS: Final = {place.name: place for place in PLACES if place.brings_key}
EVERYWHERE = pytest.mark.parametrize("place", PROOFS.values(), ids=str)
PATHS: Final = {"proof at /token": "/token", "proof at /par": "/par", "proof at /userinfo": "/userinfo"}
HERE: Final = AT.issuer.partition("://")[2]
HOST, PORT = HERE.split(":")


async def offered(stage: Stage, place: Place, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is said to proofs whose claims differ; each has a name of its own."""
    found = {}
    for name, more in changes.items():
        material = await place.material(stage)
        found[name] = await place.offer(stage, material.token(claims=more))
    return found


# ----------------------------------------------------------------------------------------------- htm, htu (DP-02)
def foreign_requests(path: str) -> dict[str, dict[str, Any]]:
    """Claims that name another request."""
    addresses: dict[str, Any] = {
        "other path": f"{AT.issuer}/introspect",
        "path below": f"{AT.issuer}{path}/",
        "path in upper case": f"{AT.issuer}{path.upper()}",
        "doubled slash": f"{AT.issuer}/{path}",
        "escaped": f"{AT.issuer}/%{ord(path[1]):02x}{path[2:]}",
        "dots": f"{AT.issuer}/x/..{path}",
        "no path": AT.issuer,
        "other host": f"https://other.example{path}",
        "other port": f"http://{HOST}:1{path}",
        "without the port": f"http://{HOST}{path}",
        "https": f"https://{HERE}{path}",
        "userinfo": f"http://x@{HERE}{path}",
        "host behind": f"http://evil.example/{HERE}{path}",
        "relative": path,
        "no scheme": f"//{HERE}{path}",
        "other scheme": f"ftp://{HERE}{path}",
        "list": [f"{AT.issuer}{path}"],
        "number": 1,
        "object": {"htu": f"{AT.issuer}{path}"},
        "true": True,
        "empty": "",
        "missing": None,
        "blank": f"{AT.issuer}{path} ",
        "NUL": f"{AT.issuer}{path}\0",
        "2 kB": f"{AT.issuer}{path}?{'q' * 2_100}",
    }
    methods: dict[str, Any] = {
        "other method": "PUT",
        "small letters": "post" if path != "/userinfo" else "get",
        "no method": None,
        "list of methods": ["POST", "GET"],
        "method as number": 1,
        "empty method": "",
        "HEAD": "HEAD",
    }
    return {name: {"htu": value} for name, value in addresses.items()} | {
        name: {"htm": value} for name, value in methods.items()
    }


@EVERYWHERE
@pytest.mark.attack("DP-02")
@pytest.mark.spec("RFC 9449 §4.3")
async def test_dp_02_a_proof_for_another_request_is_refused(stage: Stage, place: Place) -> None:
    cases = foreign_requests(PATHS[place.name])

    async with leaves_nothing(stage.world):
        found = await offered(stage, place, cases)

    assert found == dict.fromkeys(cases, place.refused)


@EVERYWHERE
@pytest.mark.attack("DP-02")
async def test_dp_02_query_fragment_and_case_of_the_host_do_not_count(stage: Stage, place: Place) -> None:
    here = f"{AT.issuer}{PATHS[place.name]}"
    same = {
        "query": f"{here}?a=b",
        "fragment": f"{here}#x",
        "both": f"{here}?a#b",
        "scheme": here.replace("http", "HTTP"),
    }

    found = await offered(stage, place, {name: {"htu": value} for name, value in same.items()})

    assert found == dict.fromkeys(same, place.accepted)


@pytest.mark.attack("DP-02")
async def test_dp_02_the_address_is_that_of_the_settings_whatever_host_says(stage: Stage) -> None:
    material = await PROOFS["proof at /userinfo"].material(stage)
    theirs = material.token(claims={"htu": "http://evil.example/userinfo"})
    forwarded = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}

    async with leaves_nothing(stage.world):
        headers = {"authorization": f"DPoP {stage.access_token}", "DPoP": theirs, **forwarded}
        answer = await stage.get("/userinfo", headers=headers)

    assert json_verdict(answer)[0] in {400, 401}
    assert "sub" not in answer.text


# ------------------------------------------------------------------------------------------------- time (DP-03)
@EVERYWHERE
@pytest.mark.attack("DP-03")
@pytest.mark.spec("RFC 9449 §11.1")
async def test_dp_03_ten_seconds_to_either_side_are_accepted(stage: Stage, place: Place) -> None:
    now = stage.now
    near: dict[str, dict[str, Any]] = {
        "now": {},
        "10 s ahead": {"iat": now + 10},
        "10 s behind": {"iat": now - 10},
        "at the edge behind": {"iat": now - 60},
        "at the edge ahead": {"iat": now + 60},
        "fraction": {"iat": now + 0.5},
        "nbf and exp": {"nbf": now - 5, "exp": now + 30},
    }

    found = await offered(stage, place, near)

    assert found == dict.fromkeys(near, place.accepted)


@EVERYWHERE
@pytest.mark.attack("DP-03")
async def test_dp_03_a_proof_of_another_time_is_refused(stage: Stage, place: Place) -> None:
    now = stage.now
    far: dict[str, dict[str, Any]] = {
        "120 s ahead": {"iat": now + 120},
        "120 s behind": {"iat": now - 120},
        "61 s ahead": {"iat": now + 61},
        "61 s behind": {"iat": now - 61},
        "no iat": {"iat": None},
        "text": {"iat": str(now)},
        "true": {"iat": True},
        "list": {"iat": [now]},
        "1e30": {"iat": 1e30},
        "negative": {"iat": -1},
        "milliseconds": {"iat": now * 1_000},
        "exp past": {"exp": now - 61},
        "nbf ahead": {"nbf": now + 61},
    }

    async with leaves_nothing(stage.world):
        found = await offered(stage, place, far)

    assert found == dict.fromkeys(far, place.refused)


@EVERYWHERE
@pytest.mark.attack("DP-03")
async def test_dp_03_a_proof_counts_once_and_only_at_its_address(stage: Stage, place: Place) -> None:
    token = (await place.material(stage)).token()

    first = await place.offer(stage, token)
    stage.world.clock.advance(seconds=50)
    again = [await other.offer(stage, token) for other in PROOFS.values()]

    assert first == place.accepted
    assert again == [other.refused for other in PROOFS.values()]


# ------------------------------------------------------------------------------------------- key and type (DP-05)
def with_key(material: Material, key: Any, **header: Any) -> str:
    """The proof under another ``jwk``."""
    return material.token({"jwk": key, **header})


def bad_keys(material: Material) -> dict[str, str]:
    """Proofs whose key, type or algorithm is none that may be used."""
    key = material.key
    assert key.alg == "ES256"
    point = key.members
    number = key.private.private_numbers().private_value  # type: ignore[union-attr] # a key on a curve
    off_curve = {**point, "y": encode((int.from_bytes(b"\1" * 32, "big")).to_bytes(32, "big"))}
    small, other = Key.make("RS256"), Key.make()
    return {
        "private half": with_key(material, {**point, "d": encode(number.to_bytes(32, "big"))}),
        "symmetric": with_key(material, {"kty": "oct", "k": encode(b"secret" * 6)}),
        "symmetric and used": material.hmac(
            "HS256", b"secret" * 6, {"jwk": {"kty": "oct", "k": encode(b"secret" * 6)}}
        ),
        "HS256 with the public key": material.hmac("HS256", json.dumps(point).encode()),
        "off the curve": with_key(material, off_curve),
        "zero point": with_key(material, {**point, "x": encode(bytes(32)), "y": encode(bytes(32))}),
        "other curve": with_key(material, {**point, "crv": "P-384"}),
        "secp256k1": with_key(material, {**point, "crv": "secp256k1"}),
        "other key": with_key(material, other.members),
        "RSA key for ES256": with_key(material, small.members),
        "for encryption": with_key(material, {**point, "use": "enc"}),
        "for another algorithm": with_key(material, {**point, "alg": "ES384"}),
        "a set": with_key(material, {"keys": [point]}),
        "a list": with_key(material, [point]),
        "a text": with_key(material, json.dumps(point)),
        "empty": with_key(material, {}),
        "null": material.spelt(json.dumps({**material.header, "jwk": None})),
        "kid instead": with_key(material, None, kid=key.thumbprint),
        "no key": with_key(material, None),
        "x5c instead": with_key(material, None, x5c=["AAAA"]),
        "no type": material.token({"typ": None}),
        "type JWT": material.token({"typ": "JWT"}),
        "type at+jwt": material.token({"typ": "at+jwt"}),
        "type as list": material.token({"typ": ["dpop+jwt"]}),
        "ES384": material.token({"alg": "ES384"}),
        "EdDSA": material.token({"alg": "EdDSA"}),
        "not a token": "dpop",
        "empty token": "..",
    }


@EVERYWHERE
@pytest.mark.attack("DP-05")
@pytest.mark.spec("RFC 9449 §4.3")
async def test_dp_05_a_proof_by_another_kind_of_key_or_type_is_refused(stage: Stage, place: Place) -> None:
    await place.refuses(stage, bad_keys)
    await place.refuses(stage, unsigned)


@EVERYWHERE
@pytest.mark.attack("DP-05")
async def test_dp_05_a_proof_without_a_name_of_its_own_and_two_at_once_are_refused(stage: Stage, place: Place) -> None:
    nameless: dict[str, dict[str, Any]] = {
        "none": {"jti": None},
        "empty": {"jti": ""},
        "number": {"jti": 1},
        "list": {"jti": ["a"]},
        "300 characters": {"jti": "j" * 300},
    }
    one, other = [(await place.material(stage)).token() for _ in range(2)]

    async with leaves_nothing(stage.world):
        found = await offered(stage, place, nameless)
        found["two in one header"] = await place.offer(stage, f"{one}, {other}")

    assert found == dict.fromkeys(found, place.refused)


@pytest.mark.attack("DP-05")
async def test_dp_05_two_headers_are_refused_even_if_both_proofs_are_good(stage: Stage) -> None:
    place = PROOFS["proof at /userinfo"]
    proofs = [("DPoP", (await place.material(stage)).token()) for _ in range(2)]
    headers = [("authorization", f"DPoP {stage.access_token}"), *proofs]

    async with stage.world.net.browser() as http:
        answer: httpx.Response = await http.get(f"{AT.issuer}/userinfo", headers=headers)

    assert answer.status_code == 401
    assert 'error="invalid_dpop_proof"' in answer.headers["www-authenticate"]


# ----------------------------------------------------------------------------------------- the thumbprint (DP-07)
def other_spellings(key: Key) -> dict[str, dict[str, Any]]:
    """The same point, written as RFC 7518 §6.2.1.2 does not allow."""
    x, y = key.members["x"], key.members["y"]
    point = key.private.public_key().public_numbers()
    wide = encode(b"\0" + point.x.to_bytes(32, "big"))  # type: ignore[union-attr] # a key on a curve
    sign = b"\2" if point.y % 2 == 0 else b"\3"  # type: ignore[union-attr]
    compressed = encode(sign + point.x.to_bytes(32, "big"))  # type: ignore[union-attr]
    return {
        "leading zero in x": {**key.members, "x": wide},
        "padding": {**key.members, "x": f"{x}="},
        "compressed": {**{k: v for k, v in key.members.items() if k != "y"}, "x": compressed},
        "compressed beside y": {**key.members, "x": compressed},
        "ordinary Base64": {**key.members, "x": f"{x[:-1]}+"},
        "line end": {**key.members, "y": f"{y}\n"},
        "loose last bits": {**key.members, "x": x[:-1] + chr(ord(x[-1]) + 1)},
        "numbers as lists": {**key.members, "x": [x]},
        "curve in small letters": {**key.members, "crv": "p-256"},
        "type in small letters": {**key.members, "kty": "ec"},
    }


@EVERYWHERE
@pytest.mark.attack("DP-07")
@pytest.mark.spec("RFC 7638 §3")
async def test_dp_07_another_spelling_of_the_key_is_refused(stage: Stage, place: Place) -> None:
    await place.refuses(
        stage,
        lambda material: {name: with_key(material, jwk) for name, jwk in other_spellings(material.key).items()},
    )


@pytest.mark.attack("DP-07")
async def test_dp_07_order_and_further_members_of_a_key_change_nothing(stage: Stage) -> None:
    place = PROOFS["proof at /userinfo"]
    found = {}
    for name in ("order", "more"):
        material = await place.material(stage)
        members = material.key.members
        order = dict(reversed(list(members.items())))
        jwk = order if name == "order" else {**members, "kid": "x", "use": "sig", "alg": "ES256", "more": "y"}
        found[name] = await place.offer(stage, with_key(material, jwk))

    assert found == dict.fromkeys(found, place.accepted)


@pytest.mark.attack("DP-07")
async def test_dp_07_an_rsa_exponent_with_a_leading_zero_is_refused(stage: Stage) -> None:
    place, key = PROOFS["proof at /token"], Key.make("RS256")
    party: RelyingParty = replace(stage.party, dpop=key)
    spelt = {
        "e": {**key.members, "e": encode(b"\0" + (65537).to_bytes(3, "big"))},
        "n": {**key.members, "n": encode(b"\0" + key.private.public_key().public_numbers().n.to_bytes(256, "big"))},  # type: ignore[union-attr]
    }

    found = {name: await place.offer(stage, party.proof("/token", header={"jwk": jwk})) for name, jwk in spelt.items()}
    good = await place.offer(stage, party.proof("/token"))

    assert found == dict.fromkeys(spelt, place.refused)
    assert good == place.accepted
