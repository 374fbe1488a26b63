import pytest

from gateway.oidc.names import ErrorCode
from gateway.oidc.registration import (
    CLOSED_PURPOSES,
    DOCUMENT_TYPES,
    OWN_CLIENT_ID,
    SURROGATE_PURPOSES,
    MetadataError,
    check_client,
    with_sector,
)
from mapping.document_codes import DocumentType, code_map
from tests.gateway.oidc.fakes import CALLBACK, a_client, a_key_client, a_public_client, signing_key

DANGEROUS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://rp-a.example/x",
    " https://rp-a.example/cb",
    "https://rp-a.example/\r\n",
    "https://x@rp-a.example/cb",
]


@pytest.mark.parametrize(
    "client",
    [
        a_client(),
        a_key_client(),
        with_sector(a_public_client(redirect_uris=("http://127.0.0.1/cb", "http://[::1]/cb"))),
        a_client(client_uri="https://rp-a.example/", policy_uri="https://rp-a.example/privacy"),
        a_client(client_name="虛構酒店 Hotel Fictício"),
        a_client(event_uri="https://events.rp-a.example/gba?tenant=1"),
        a_client(surrogate_purposes=("accommodation", "insurance_enquiry")),
        a_client(document_codes={"permit_cn": "HRP", "foreign_pr": "x" * 16}),
    ],
)
def test_an_honest_client_is_accepted(client) -> None:
    check_client(client)


@pytest.mark.attack("AZ-09")
@pytest.mark.parametrize("uri", DANGEROUS)
@pytest.mark.parametrize(
    "field", ["redirect_uris", "post_logout_redirect_uris", "client_uri", "policy_uri", "event_uri"]
)
def test_az_09_a_dangerous_address_is_refused_in_every_field(field, uri) -> None:
    value = uri if field.endswith("_uri") else (uri,)

    with pytest.raises(MetadataError) as refusal:
        check_client(a_client(**{field: value}))

    assert refusal.value.field == field
    assert uri not in str(refusal.value)


@pytest.mark.spec("RFC 7591 §3.2.2")
def test_the_error_code_tells_redirect_uris_from_everything_else() -> None:
    assert MetadataError("redirect_uris").code is ErrorCode.INVALID_REDIRECT_URI
    assert MetadataError("jwks").code is ErrorCode.INVALID_CLIENT_METADATA


def weak_jwks():
    return {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}


def private_jwks():
    return {"keys": [signing_key(name="client").public_jwk() | {"d": "AQAB"}]}


@pytest.mark.parametrize(
    ("client", "field"),
    [
        (a_client(client_id=""), "client_id"),
        (a_client(client_id="x" * 129), "client_id"),
        (a_client(client_id="rp a"), "client_id"),
        (a_client(client_id="rp:a"), "client_id"),
        (a_client(client_id="rp-a\n"), "client_id"),
        (a_client(client_name=""), "client_name"),
        (a_client(client_name="x" * 101), "client_name"),
        (a_client(client_name=" Padded"), "client_name"),
        (a_client(client_name="Two\nlines"), "client_name"),
        (a_client(client_name="Turned \u202e round"), "client_name"),
        (a_client(client_name="Hidden\u200bspace"), "client_name"),
        (a_client(redirect_uris=()), "redirect_uris"),
        (a_client(redirect_uris=(CALLBACK, CALLBACK)), "redirect_uris"),
        (a_client(redirect_uris=tuple(f"{CALLBACK}/{number}" for number in range(11))), "redirect_uris"),
        (a_client(redirect_uris=(CALLBACK, "https://rp-b.example/cb")), "redirect_uris"),
        (a_client(redirect_uris=("http://rp-a.example/cb",)), "redirect_uris"),
        (a_client(redirect_uris=("http://localhost/cb",)), "redirect_uris"),
        (a_client(redirect_uris=(f"{CALLBACK}#f",)), "redirect_uris"),
        (a_client(sector=""), "sector"),
        (a_client(sector="rp-b.example"), "sector"),
        (a_client(client_secret_hash=None), "client_secret"),
        (a_client(client_secret_hash=b"short"), "client_secret"),
        (a_public_client(client_secret_hash=bytes(32)), "client_secret"),
        (a_key_client(client_secret_hash=bytes(32)), "client_secret"),
        (a_client(jwks={"keys": []}), "jwks"),
        (a_key_client(jwks=None), "jwks"),
        (a_key_client(jwks={"keys": []}), "jwks"),
        (a_key_client(jwks={"keys": [{"kty": "oct", "k": "AQAB"}]}), "jwks"),
        (a_key_client(jwks=weak_jwks()), "jwks"),
        (a_key_client(jwks=private_jwks()), "jwks"),
        (a_client(scopes=()), "scopes"),
        (a_client(scopes=("profile",)), "scopes"),
        (a_client(scopes=("openid", "email")), "scopes"),
        (a_client(scopes=("openid", "openid")), "scopes"),
        (a_client(id_token_signed_response_alg="none"), "id_token_signed_response_alg"),
        (a_client(id_token_signed_response_alg="HS256"), "id_token_signed_response_alg"),
        (a_client(jurisdiction="elsewhere"), "jurisdiction"),
        (a_client(purpose="Two words"), "purpose"),
        (a_client(providers=("macao", "../macao")), "providers"),
        (a_client(client_id=OWN_CLIENT_ID), "client_id"),
        (a_client(event_uri="http://rp-a.example/events"), "event_uri"),
        (a_client(event_uri="https://10.0.0.1/events"), "event_uri"),
        (a_client(event_uri="https://rp-a.example/events#f"), "event_uri"),
        (a_client(event_uri="http://127.0.0.1/events"), "event_uri"),
        (a_client(event_uri="https://[::1]/events"), "event_uri"),
        (a_client(event_uri=""), "event_uri"),
        (a_client(surrogate_purposes=("accommodation", "accommodation")), "surrogate_purposes"),
        (a_client(surrogate_purposes=("anything",)), "surrogate_purposes"),
        (a_client(surrogate_purposes=("",)), "surrogate_purposes"),
        (a_client(document_codes={"passport": "414"}), "document_codes"),
        (a_client(document_codes={"permit_cn": ""}), "document_codes"),
        (a_client(document_codes={"permit_cn": "x" * 17}), "document_codes"),
        (a_client(document_codes={"permit_cn": "5 16"}), "document_codes"),
        (a_client(document_codes={"permit_cn": "５１６"}), "document_codes"),
    ],
)
def test_a_client_that_is_not_in_order_is_refused_by_its_field(client, field) -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(client)

    assert refusal.value.field == field


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9000/events", "https://[::1]/events"])
def test_events_may_go_to_the_loopback_in_development(uri) -> None:
    check_client(a_client(event_uri=uri), allow_loopback=True)


def test_development_allows_no_plain_address_elsewhere() -> None:
    with pytest.raises(MetadataError):
        check_client(a_client(event_uri="http://rp-a.example/events"), allow_loopback=True)


@pytest.mark.attack("MP-05")
@pytest.mark.parametrize("purpose", sorted(CLOSED_PURPOSES))
def test_mp_05_nobody_is_enrolled_for_stand_ins_where_official_records_are_compared(purpose) -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(a_client(surrogate_purposes=("accommodation", purpose)))

    assert refusal.value.field == "surrogate_purposes"
    assert refusal.value.reason == "a stand-in must not go where official records are compared"
    assert purpose not in refusal.value.reason


def test_the_kinds_of_documents_are_those_of_the_mapping() -> None:
    assert frozenset(DocumentType) == DOCUMENT_TYPES
    assert code_map(dict.fromkeys(DOCUMENT_TYPES, "x_-9"))


def test_a_purpose_is_open_or_closed_and_an_unknown_one_is_told_what_there_is() -> None:
    with pytest.raises(MetadataError) as refusal:
        check_client(a_client(surrogate_purposes=("anything",)))

    assert not SURROGATE_PURPOSES & CLOSED_PURPOSES
    assert "accommodation" in str(refusal.value)
    assert "anything" not in str(refusal.value)


@pytest.mark.attack("UN-07")
@pytest.mark.parametrize("host", ["a" * 50_000, "a." * 10_000 + "example", "xn--" + "a" * 5000])
def test_un_07_costly_host_names_are_refused(host) -> None:
    with pytest.raises(MetadataError):
        check_client(a_client(redirect_uris=(f"https://{host}/cb",)))


@pytest.mark.parametrize("uris", [("javascript:x",), (CALLBACK, "https://rp-b.example/cb")])
def test_no_sector_is_made_of_addresses_that_are_not_in_order(uris) -> None:
    with pytest.raises(MetadataError):
        with_sector(a_client(redirect_uris=uris))
