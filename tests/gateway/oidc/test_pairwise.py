import pytest

from gateway.oidc.pairwise import SectorError, pairwise_sub, sector_of
from tests.gateway.oidc.fakes import PEPPER

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
