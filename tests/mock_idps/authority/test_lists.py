"""The sandbox's signed lists: the right people sign, over the bytes that are there, and the wrong ones can be asked to."""

import base64
import hashlib
import json

import pytest
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey

from mock_idps.authority import lists
from mock_idps.authority.equivalence import ROWS, equivalence, signed_equivalence
from mock_idps.authority.kinds import KINDS
from mock_idps.authority.listed import LISTS
from mock_idps.authority.root import DOCUMENTS, digest, root, signed_root
from mock_idps.authority.spoils import LEAF
from tests.authority import NOW, a_world


def keys() -> dict[str, ECKey]:
    return {entry["kid"]: ECKey.import_key(entry["jwk"]) for entry in root(a_world())["keys"]}


def signers(token: bytes) -> set[str]:
    """Whose keys of the root signed it, by an engine that did not."""
    written = json.loads(token)
    found = set()
    for one in written["signatures"]:
        compact = f"{one['protected']}.{written['payload']}.{one['signature']}"
        kid = json.loads(base64.urlsafe_b64decode(one["protected"] + "=="))["kid"]
        if kid in keys():
            joserfc_jws.deserialize_compact(compact, keys()[kid], algorithms=["ES256"])
            found.add(kid)
    return found


@pytest.mark.spec("RFC 7515 §7.2.1")
@pytest.mark.parametrize("list_id", LISTS)
def test_two_holders_sign_every_list(list_id: str) -> None:
    world = a_world()

    assert signers(lists.signed_list(world, list_id)) == {lists.kid(world, name) for name in lists.TWO}


def test_root_and_equivalence_table_are_signed_by_two_as_well() -> None:
    world = a_world()

    assert len(signers(signed_root(world))) == len(signers(signed_equivalence(world))) == 2


@pytest.mark.spec("RFC 7638")
def test_keys_are_known_by_their_thumbprints() -> None:
    assert {key.thumbprint() for key in keys().values()} == set(keys())


@pytest.mark.attack("TL-03")
def test_tl_03_a_list_can_be_signed_by_strangers_or_by_one_alone() -> None:
    world = a_world()
    document = lists.trust_list(world, "hk")

    assert signers(lists.sign(world, document, ("stranger-1", "stranger-2"))) == set()
    assert len(signers(lists.sign(world, document, ("list-3",)))) == 1


def test_a_list_names_the_one_before_it() -> None:
    world = a_world()
    first = lists.trust_list(world, "hk")
    second = lists.trust_list(world, "hk", sequence=2, previous=first)

    assert second["previous_sha256"] == hashlib.sha256(lists.encode(first)).hexdigest()
    assert (first["previous_sha256"], second["sequence"]) == (None, 2)


def test_the_arrangement_lists_the_mutual_types_only_and_home_lists_the_others_too() -> None:
    world = a_world()
    across = {entry["entry_id"] for entry in lists.trust_list(world, "hk-gd-hk")["entries"]}
    home = {entry["entry_id"] for entry in lists.trust_list(world, "hk")["entries"]}

    assert across == {"hk-personal-mr", "hk-organisational-mr", "hk-personal-old"}
    assert {"hk-bank", "hk-personal", "hk-iamsmart", "hk-tsa"} <= home


def test_encipherment_certificates_are_on_no_list() -> None:
    world = a_world()
    listed = {entry["entry_id"] for name in LISTS for entry in lists.trust_list(world, name)["entries"]}

    assert {kind.id for kind in KINDS.values()} - listed == {"hk-encipherment", "gd-encipherment", "mo-encipherment"}


def test_an_earlier_generation_stays_in_the_history() -> None:
    entries = lists.trust_list(a_world(), "hk-gd-hk")["entries"]
    (old,) = [entry for entry in entries if entry["entry_id"] == "hk-personal-old"]

    assert [period["status"] for period in old["recognition"]] == ["granted", "expired"]
    assert old["recognition"][0]["end"] == old["recognition"][1]["start"]


def test_there_is_no_row_between_hong_kong_and_macao_and_macaos_arrangement_has_no_effect() -> None:
    pairs = {(row.issuing, row.relying) for row in ROWS}

    assert not {("HK", "MO"), ("MO", "HK")} & pairs
    assert {row.status for row in ROWS if row.scheme == "MO-GD"} == {"draft"}
    assert len(equivalence(a_world())["rows"]) == len(ROWS)


def test_times_are_written_at_the_places_offset_and_around_the_moment() -> None:
    document = lists.trust_list(a_world(), "mo")

    assert document["issued"] == "2026-11-01T12:00:00+08:00"
    assert lists.times(NOW, days=-200)["expires"] < document["issued"]


def test_the_root_can_be_compared_by_its_digest() -> None:
    payload = json.loads(signed_root(a_world()))["payload"]

    assert hashlib.sha256(base64.urlsafe_b64decode(payload + "=")).hexdigest() == digest(a_world())
    assert set(root(a_world())["thresholds"]) == set(DOCUMENTS)
    assert "expired" in LEAF
