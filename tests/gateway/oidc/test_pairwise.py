import json

import pytest

from gateway.oidc.names import GrantType, SubjectType
from gateway.oidc.pairwise import PUBLIC_SECTOR, SectorError, check_sector, client_sector, pairwise_sub, sector_of
from tests.gateway.oidc.fake_stores import FakeFetch
from tests.gateway.oidc.fakes import CALLBACK, PEPPER, a_client

GOLDEN = "tn2gsbusRPfsaVcElSz0fbzjvG6X-4vSOmsOFFPs9S8"


def test_the_subject_of_a_sector_never_changes() -> None:
    # Computed once with: printf 'rp-a.example\0subject-1' | openssl dgst -sha256 -mac HMAC -macopt key:… -binary
    assert pairwise_sub(PEPPER, "rp-a.example", "subject-1") == GOLDEN


@pytest.mark.spec("OpenID Connect Core §8.1")
def test_two_sectors_two_people_and_two_keys_have_different_subjects() -> None:
    subjects = {
        pairwise_sub(PEPPER, "rp-a.example", "subject-1"),
        pairwise_sub(PEPPER, "rp-b.example", "subject-1"),
        pairwise_sub(PEPPER, "rp-a.example", "subject-2"),
        pairwise_sub(PEPPER[::-1], "rp-a.example", "subject-1"),
        pairwise_sub(PEPPER, "rp-a.examples", "ubject-1"),
    }

    assert len(subjects) == 5


@pytest.mark.parametrize(
    ("key", "sector", "subject"), [(b"short", "rp-a.example", "s"), (PEPPER, "", "s"), (PEPPER, "rp-a.example", "")]
)
def test_a_weak_key_or_a_missing_part_is_refused(key, sector, subject) -> None:
    with pytest.raises(ValueError, match="needs a key"):
        pairwise_sub(key, sector, subject)


def test_the_sector_is_the_one_host_of_the_redirect_uris() -> None:
    assert sector_of(["https://rp-a.example/cb", "https://rp-a.example:8443/other"], "rp-a") == "rp-a.example"


@pytest.mark.parametrize(
    "uris", [[], ["https://a.example/", "https://b.example/"], ["https://a.example/", "http://[::1]/"]]
)
def test_several_hosts_are_no_sector(uris) -> None:
    with pytest.raises(SectorError):
        sector_of(uris, "rp-a")


def test_clients_on_the_loopback_do_not_share_a_sector() -> None:
    uris = ["http://127.0.0.1/cb", "http://[::1]/cb"]

    assert sector_of(uris, "rp-n") != sector_of(uris, "rp-m")


SECTOR_URI = "https://sector.example/sector.json"


def of_a_sector(**spoilt):
    return a_client(
        **{"redirect_uris": (CALLBACK, "https://rp-a.test/cb"), "sector_identifier_uri": SECTOR_URI} | spoilt
    )


def test_the_host_of_the_sector_document_is_the_sector() -> None:
    assert client_sector(of_a_sector()) == "sector.example"
    assert client_sector(a_client()) == "rp-a.example"


def test_public_subjects_share_a_sector_that_no_host_can_be() -> None:
    client = of_a_sector(subject_type=SubjectType.PUBLIC)

    assert client_sector(client) == PUBLIC_SECTOR
    assert ":" in PUBLIC_SECTOR


@pytest.mark.spec("CIBA §4")
def test_a_client_without_redirect_uris_is_the_sector_of_its_keys_or_its_own() -> None:
    decoupled = {"redirect_uris": (), "grant_types": (GrantType.CIBA,)}

    assert client_sector(a_client(**decoupled, jwks_uri="https://keys.example/jwks")) == "keys.example"
    assert client_sector(a_client(**decoupled)) == "client:rp-a"


@pytest.mark.parametrize(
    "uri", ["http://sector.example/s", "http://127.0.0.1/s", "https://a@sector.example/", "sector"]
)
def test_a_sector_document_stands_at_an_https_address(uri) -> None:
    with pytest.raises(SectorError):
        client_sector(of_a_sector(sector_identifier_uri=uri))


async def test_a_document_that_lists_every_redirect_uri_makes_a_sector() -> None:
    document = json.dumps([CALLBACK, "https://rp-a.test/cb", "https://another.example/"]).encode()

    await check_sector(of_a_sector(), FakeFetch({SECTOR_URI: document}))


async def test_without_a_document_nothing_is_fetched() -> None:
    fetch = FakeFetch()

    await check_sector(a_client(), fetch)

    assert fetch.asked == []


@pytest.mark.attack("PR-02")
@pytest.mark.parametrize(
    "body",
    [
        json.dumps([CALLBACK]).encode(),
        json.dumps([CALLBACK, "https://rp-a.test/cb", 7]).encode(),
        json.dumps([CALLBACK, ["https://rp-a.test/cb"]]).encode(),
        json.dumps({"redirect_uris": [CALLBACK, "https://rp-a.test/cb"]}).encode(),
        b"[",
        b"[" * 100_000,
        b"\xff",
        json.dumps([CALLBACK, "https://rp-a.test/cb", "x" * 262_144]).encode(),
    ],
    ids=["one missing", "a number", "a list", "an object", "broken", "deep", "bytes", "oversized"],
)
async def test_pr_02_a_document_that_does_not_vouch_for_the_client_is_refused(body) -> None:
    with pytest.raises(SectorError):
        await check_sector(of_a_sector(), FakeFetch({SECTOR_URI: body}))


@pytest.mark.attack("PR-02")
@pytest.mark.parametrize("status", [301, 404, 500])
async def test_pr_02_a_document_that_is_elsewhere_or_missing_is_refused(status) -> None:
    document = json.dumps([CALLBACK, "https://rp-a.test/cb"]).encode()

    with pytest.raises(SectorError):
        await check_sector(of_a_sector(), FakeFetch({SECTOR_URI: document}, status=status))


@pytest.mark.attack("PR-02")
async def test_pr_02_a_sector_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(SectorError):
        await check_sector(of_a_sector(), FakeFetch())


async def test_a_sector_must_list_something_of_the_client() -> None:
    with pytest.raises(SectorError):
        await check_sector(of_a_sector(redirect_uris=()), FakeFetch({SECTOR_URI: b"[]"}))
