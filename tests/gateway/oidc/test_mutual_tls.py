import pytest

from gateway.oidc.names import ClientAuthMethod, ErrorCode
from tests.gateway.oidc.assertions import client_of, refusal_of
from tests.gateway.oidc.fakes import (
    NOW,
    FakeCertificates,
    FakeFetch,
    a_basic_header,
    a_client,
    a_key_client,
    an_endpoint,
    signing_key,
)

NAMED = [("client_id", "rp-a")]
NAMES = {
    "tls_client_auth_subject_dn": ("CN=rp-a,O=Fictional Insurance,C=HK",),
    "tls_client_auth_san_dns": ("rp-a.example",),
    "tls_client_auth_san_uri": ("https://rp-a.example/id",),
    "tls_client_auth_san_email": ("rp@rp-a.example",),
}
CERTIFICATES = FakeCertificates({b"vouched for": NAMES}, own=b"self-signed")
JWKS_URI = "https://rp-a.example/keys"


def a_tls_client(**spoilt):
    method = ClientAuthMethod.TLS
    fields = {"token_endpoint_auth_method": method, "client_secret_hash": None}
    return a_client(**fields | (spoilt or {"tls_client_auth_san_dns": "rp-a.example"}))


def a_self_signed_client(**spoilt):
    return a_key_client(**{"token_endpoint_auth_method": ClientAuthMethod.SELF_SIGNED_TLS} | spoilt)


def an_op(*clients, **parts):
    return an_endpoint(*clients, **{"certificates": CERTIFICATES} | parts)


@pytest.mark.spec("RFC 8705 §2.1.2")
@pytest.mark.parametrize(
    "registered",
    [
        {"tls_client_auth_subject_dn": "CN=rp-a,O=Fictional Insurance,C=HK"},
        {"tls_client_auth_san_dns": "RP-A.example"},
        {"tls_client_auth_san_uri": "https://rp-a.example/id"},
        {"tls_client_auth_san_email": "rp@rp-a.example"},
    ],
)
async def test_a_client_is_known_by_the_one_name_that_its_certificate_must_have(registered) -> None:
    op = an_op(a_tls_client(**registered))

    assert await client_of(op, NAMED, certificate=b"vouched for") == "rp-a"


@pytest.mark.parametrize(
    "registered",
    [
        {"tls_client_auth_subject_dn": "CN=rp-b,O=Fictional Insurance,C=HK"},
        {"tls_client_auth_san_dns": "example"},
        {"tls_client_auth_san_uri": "https://rp-a.example/"},
        {"tls_client_auth_san_email": None},
        {"tls_client_auth_san_dns": "rp-a.example", "tls_client_auth_san_email": "rp@rp-a.example"},
    ],
)
async def test_another_name_none_or_two_are_refused(registered) -> None:
    error = await refusal_of(an_op(a_tls_client(**registered)), NAMED, certificate=b"vouched for")

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.parametrize("certificate", [None, b"made by a stranger", b"self-signed"])
async def test_a_certificate_that_nobody_vouches_for_is_refused(certificate) -> None:
    error = await refusal_of(an_op(a_tls_client()), NAMED, certificate=certificate)

    assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.spec("RFC 8705 §2.2")
async def test_a_client_is_known_by_the_key_in_its_self_signed_certificate() -> None:
    assert await client_of(an_op(a_self_signed_client()), NAMED, certificate=b"self-signed") == "rp-a"


@pytest.mark.parametrize("certificate", [None, b"vouched for", b"made by a stranger"])
async def test_a_certificate_with_another_key_is_refused(certificate) -> None:
    error = await refusal_of(an_op(a_self_signed_client()), NAMED, certificate=certificate)

    assert error.code is ErrorCode.INVALID_CLIENT


async def test_the_keys_of_self_signed_certificates_may_be_published_by_the_client() -> None:
    keys = f'{{"keys":[{{"kty":"EC","kid":"{signing_key().kid}"}}]}}'.encode()
    client = a_self_signed_client(jwks=None, jwks_uri=JWKS_URI)

    assert (
        await client_of(an_op(client, fetch=FakeFetch({JWKS_URI: keys})), NAMED, certificate=b"self-signed") == "rp-a"
    )


async def test_keys_that_cannot_be_fetched_prove_nothing() -> None:
    client = a_self_signed_client(jwks=None, jwks_uri=JWKS_URI)

    assert (await refusal_of(an_op(client), NAMED, certificate=b"self-signed")).code is ErrorCode.INVALID_CLIENT


@pytest.mark.parametrize("client", [a_tls_client(), a_self_signed_client()])
async def test_where_mutual_tls_is_not_offered_nobody_gets_in_by_it(client) -> None:
    for certificate in (b"vouched for", b"self-signed"):
        error = await refusal_of(an_endpoint(client), NAMED, certificate=certificate)

        assert error.code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-11")
@pytest.mark.parametrize("client", [a_tls_client(), a_self_signed_client()])
async def test_ca_11_a_certificate_is_not_replaced_by_a_secret_or_by_nothing(client) -> None:
    assert (await refusal_of(an_op(client), NAMED)).code is ErrorCode.INVALID_CLIENT
    assert (await refusal_of(an_op(client), [], [a_basic_header()])).code is ErrorCode.INVALID_CLIENT


@pytest.mark.attack("CA-18")
async def test_ca_18_an_unknown_client_with_a_good_certificate_is_told_the_same() -> None:
    error = await refusal_of(an_op(a_tls_client()), [("client_id", "rp-x")], certificate=b"vouched for")

    assert (error.code, error.description) == (ErrorCode.INVALID_CLIENT, "client authentication failed")


async def test_a_disabled_client_does_not_get_in_with_its_certificate() -> None:
    client = a_tls_client(tls_client_auth_san_dns="rp-a.example", disabled_at=NOW)

    assert (await refusal_of(an_op(client), NAMED, certificate=b"vouched for")).code is ErrorCode.INVALID_CLIENT
