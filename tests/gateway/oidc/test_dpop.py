from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certs.keys.signing_key import Algorithm
from gateway.oidc import dpop
from gateway.oidc.errors import OAuthError
from gateway.oidc.names import FAPI_ALGORITHMS, ErrorCode
from tests.gateway.oidc.fakes import ISSUER, NOW, a_call, an_endpoint, base64url, signing_key
from tests.gateway.oidc.proofs import AT, TOKEN_ADDRESS, a_proof, ath, proof_key, public_jwk, thumbprint

SECOND = timedelta(seconds=1)
NONCE_KEY = b"a fictional key for server nonces"

# RFC 9449 §4.1 and §7.1
OF_THE_STANDARD = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
    ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ"
    ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
AT_A_RESOURCE = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
    ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
    ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
TOKEN_OF_THE_STANDARD = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
THUMBPRINT_OF_THE_STANDARD = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


async def prove(*proofs, op=None, now=NOW, access_token=None, **call):
    return await dpop.prove(a_call(proofs=proofs, now=now, **call), op or an_endpoint(), access_token=access_token)


async def refusal_of(*proofs, op=None, now=NOW, access_token=None, **call) -> OAuthError:
    with pytest.raises(OAuthError) as refusal:
        await prove(*proofs, op=op, now=now, access_token=access_token, **call)
    return refusal.value


@pytest.mark.spec("RFC 9449 §4.1")
async def test_the_proof_of_the_standard_is_accepted_in_its_time() -> None:
    now = datetime.fromtimestamp(1562262616, UTC)

    proven = await prove(OF_THE_STANDARD, now=now, url="https://server.example.com/token")

    assert proven == THUMBPRINT_OF_THE_STANDARD


@pytest.mark.spec("RFC 9449 §7.1")
async def test_the_proof_of_the_standard_for_a_protected_resource_is_accepted_with_its_token() -> None:
    now = datetime.fromtimestamp(1562262618, UTC)
    call = {"method": "GET", "url": "https://resource.example.org/protectedresource"}

    proven = await prove(AT_A_RESOURCE, now=now, access_token=TOKEN_OF_THE_STANDARD, **call)

    assert proven == THUMBPRINT_OF_THE_STANDARD


async def test_without_a_proof_nothing_is_proven_and_nothing_spent() -> None:
    op = an_endpoint()

    assert await prove(op=op) is None
    assert op.replays.seen == {}


@pytest.mark.parametrize("algorithm", [Algorithm.ES256, Algorithm.RS256])
async def test_a_proof_gives_the_thumbprint_of_its_key(algorithm) -> None:
    key = proof_key(algorithm)

    assert await prove(a_proof(key)) == thumbprint(key)


async def test_two_proofs_at_once_are_refused() -> None:
    error = await refusal_of(a_proof(), a_proof())

    assert error.code is ErrorCode.INVALID_DPOP_PROOF


async def test_a_list_of_algorithms_can_be_shorter_than_usual() -> None:
    call = a_call(proofs=[a_proof(proof_key(Algorithm.RS256))])

    with pytest.raises(OAuthError):
        await dpop.prove(call, an_endpoint(), algorithms=FAPI_ALGORITHMS)


@pytest.mark.attack("DP-02")
@pytest.mark.spec("RFC 9449 §4.3")
@pytest.mark.parametrize(
    "address",
    [
        TOKEN_ADDRESS,
        f"{TOKEN_ADDRESS}?a=b",
        f"{TOKEN_ADDRESS}#part",
        "https://id.example.hk:443/token",
        "HTTPS://ID.example.HK/token",
    ],
)
async def test_dp_02_an_address_is_compared_after_the_documented_normalisation(address) -> None:
    assert await prove(a_proof(htu=address)) == thumbprint()


@pytest.mark.attack("DP-02")
@pytest.mark.parametrize(
    "changed",
    [
        {"htm": "GET"},
        {"htm": "post"},
        {"htm": None},
        {"htm": ["POST"]},
        {"htu": None},
        {"htu": ""},
        {"htu": f"{ISSUER}/userinfo"},
        {"htu": f"{ISSUER}/Token"},
        {"htu": f"{ISSUER}/token/"},
        {"htu": f"{ISSUER}/%74oken"},
        {"htu": "http://id.example.hk/token"},
        {"htu": "http://id.example.hk:443/token"},
        {"htu": "https://id.example.hk:8443/token"},
        {"htu": "https://other.example/token"},
        {"htu": "https://user@id.example.hk/token"},
        {"htu": "https://id.example.hk\\@other.example/token"},
        {"htu": "//id.example.hk/token"},
        {"htu": "/token"},
        {"htu": "https://[id.example.hk/token"},
        {"htu": "https://id.example.hk:port/token"},
        {"htu": f" {TOKEN_ADDRESS}"},
        {"htu": f"{ISSUER}/to\tken"},
        {"htu": "https://id.example.hk/token?" + "x" * 2048},
        {"htu": [TOKEN_ADDRESS]},
        {"htu": 7},
        {"htu": {"a": TOKEN_ADDRESS}},
    ],
)
async def test_dp_02_a_proof_for_another_request_is_refused(changed) -> None:
    op = an_endpoint()

    error = await refusal_of(a_proof(**changed), op=op)

    assert error.code is ErrorCode.INVALID_DPOP_PROOF
    assert op.replays.seen == {}


@pytest.mark.attack("DP-03")
@pytest.mark.parametrize("seconds", [-60, -10, 0, 10, 60])
async def test_dp_03_a_clock_that_differs_a_little_is_accepted(seconds) -> None:
    assert await prove(a_proof(iat=AT + seconds)) == thumbprint()


@pytest.mark.attack("DP-03")
async def test_dp_03_nbf_and_exp_are_tolerated() -> None:
    assert await prove(a_proof(nbf=AT, exp=AT + 60)) == thumbprint()


@pytest.mark.attack("DP-03")
@pytest.mark.parametrize("iat", [AT - 120, AT - 61, AT + 61, AT + 120, None, "now", True, 1e30])
async def test_dp_03_a_proof_of_another_time_is_refused(iat) -> None:
    assert (await refusal_of(a_proof(iat=iat))).code is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.attack("DP-03")
async def test_dp_03_a_proof_counts_once_for_as_long_as_it_could_be_accepted() -> None:
    op, proof = an_endpoint(), a_proof(iat=AT + 60)
    await prove(proof, op=op)

    for now in (NOW, NOW + 119 * SECOND):
        assert (await refusal_of(proof, op=op, now=now)).code is ErrorCode.INVALID_DPOP_PROOF

    assert min(op.replays.seen.values()) >= NOW + 120 * SECOND


async def test_two_keys_may_use_the_same_jti() -> None:
    op = an_endpoint()
    await prove(a_proof(jti="one"), op=op)

    assert await prove(a_proof(proof_key(name="another"), jti="one"), op=op)


@pytest.mark.parametrize("jti", [None, "", "x" * 257, 7, ["one"]])
async def test_a_proof_needs_a_name_of_its_own(jti) -> None:
    assert (await refusal_of(a_proof(jti=jti))).code is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.attack("DP-04")
@pytest.mark.parametrize("given", [None, ath("another"), ath("the-token") + "=", "", ["x"], 7])
async def test_dp_04_a_proof_belongs_to_one_access_token(given) -> None:
    error = await refusal_of(a_proof(ath=given), access_token="the-token")

    assert error.code is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.attack("DP-04")
async def test_dp_04_a_proof_made_for_the_token_is_accepted() -> None:
    assert await prove(a_proof(ath=ath("the-token")), access_token="the-token") == thumbprint()


@pytest.mark.attack("DP-05")
@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "dpop"},
        {"typ": None},
        {"jwk": None},
        {"jwk": "x"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"jwk": public_jwk(proof_key()) | {"d": "AAAA"}},
        {"jwk": public_jwk(proof_key()) | {"crv": "P-384"}},
        {"jwk": public_jwk(proof_key()) | {"x": public_jwk(proof_key())["y"]}},
        {"jwk": public_jwk(signing_key(name="somebody else"))},
        {"jwk": None, "kid": "one"},
        {"jku": "https://rp-a.example/keys"},
        {"crit": ["exp"]},
    ],
)
async def test_dp_05_a_proof_with_another_kind_of_header_is_refused(header) -> None:
    assert (await refusal_of(a_proof(header=header))).code is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.attack("DP-05")
@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384"])
async def test_dp_05_an_algorithm_that_is_not_offered_is_refused(algorithm) -> None:
    _, payload, signature = a_proof().split(".")
    header = base64url(b'{"typ":"dpop+jwt","alg":"' + algorithm.encode() + b'","jwk":{}}')

    for last in (signature, ""):
        assert (await refusal_of(f"{header}.{payload}.{last}")).code is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.attack("CD-07")
@pytest.mark.parametrize("proof", ["", "x", "a.b.c", "." * 20_000, "é.é.é"])
async def test_cd_07_what_is_no_proof_at_all_is_refused(proof) -> None:
    assert (await refusal_of(proof)).code is ErrorCode.INVALID_DPOP_PROOF


@pytest.mark.spec("RFC 9449 §8")
async def test_a_proof_without_nonce_is_told_which_one_to_use_and_is_not_spent() -> None:
    op = an_endpoint(dpop_nonce_key=NONCE_KEY)

    for wrong in (None, "made-up"):
        error = await refusal_of(a_proof(nonce=wrong), op=op)

        assert (error.code, error.dpop_nonce) == (ErrorCode.USE_DPOP_NONCE, dpop.current_nonce(op, NOW))
    assert op.replays.seen == {}


@pytest.mark.spec("RFC 9449 §8")
@pytest.mark.parametrize(("later", "is_good"), [(0, True), (119, True), (240, False)])
async def test_a_nonce_is_good_for_its_time_and_no_longer(later, is_good) -> None:
    op = an_endpoint(dpop_nonce_key=NONCE_KEY)
    nonce, now = dpop.current_nonce(op, NOW), NOW + later * SECOND
    proof = a_proof(nonce=nonce, iat=AT + later)

    if is_good:
        assert await prove(proof, op=op, now=now) == thumbprint()
    else:
        assert (await refusal_of(proof, op=op, now=now)).code is ErrorCode.USE_DPOP_NONCE


async def test_nonces_of_another_key_are_not_ours() -> None:
    op = an_endpoint(dpop_nonce_key=NONCE_KEY)
    foreign = dpop.current_nonce(replace(op, dpop_nonce_key=b"another key"), NOW)

    assert (await refusal_of(a_proof(nonce=foreign), op=op)).code is ErrorCode.USE_DPOP_NONCE


async def test_without_a_key_no_nonce_is_asked_for() -> None:
    assert dpop.current_nonce(an_endpoint(), NOW) is None
    assert await prove(a_proof(nonce="whatever")) == thumbprint()


async def test_no_refusal_quotes_the_proof() -> None:
    error = await refusal_of(a_proof(jti="secret" * 60, htu="https://secret.example/token"))

    assert "secret" not in str(error)
