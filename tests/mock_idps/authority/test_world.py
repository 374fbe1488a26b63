"""The certificates of the simulated world: good ones hold under other engines, spoilt ones are wrong in one way."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from mock_idps.authority import World
from mock_idps.authority.authorities import AUTHORITIES
from mock_idps.authority.keys import Family
from mock_idps.authority.kinds import KINDS, MUTUAL_RECOGNITION
from mock_idps.authority.spoils import SPOILS
from tests.authority import NOW, a_world
from tests.mock_idps.authority.checking import is_issued_by


def loaded(issued) -> x509.Certificate:
    return x509.load_der_x509_certificate(issued.der)


def policies(issued) -> set[str]:
    found = loaded(issued).extensions.get_extension_for_oid(ExtensionOID.CERTIFICATE_POLICIES).value
    return {policy.policy_identifier.dotted_string for policy in found}


def usage(issued) -> x509.KeyUsage:
    return loaded(issued).extensions.get_extension_for_class(x509.KeyUsage).value


@pytest.mark.parametrize("name", AUTHORITIES)
def test_every_authority_holds_under_its_parent(name: str) -> None:
    authority = a_world().authority(name)

    assert is_issued_by(authority.der, authority.issuer or authority)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_certificate_holds_under_its_authority(kind: str) -> None:
    issued = a_world().issue(kind)

    assert is_issued_by(issued.der, issued.issuer)
    assert issued.issuer.kind == KINDS[kind].issuer


def test_one_issuing_authority_makes_recognised_and_unrecognised_certificates() -> None:
    world = a_world()
    mutual, bank = world.issue("hk-personal-mr"), world.issue("hk-bank")

    assert mutual.issuer is bank.issuer
    assert MUTUAL_RECOGNITION in policies(mutual)
    assert MUTUAL_RECOGNITION not in policies(bank)


def test_a_guangdong_holder_has_two_certificates_with_two_keys() -> None:
    world = a_world()
    signing, encipherment = world.issue("gd-sign", "li-xiao-hua"), world.issue("gd-encipherment", "li-xiao-hua")

    assert signing.key.spki != encipherment.key.spki
    assert usage(signing).digital_signature
    assert not usage(encipherment).digital_signature
    assert usage(encipherment).key_encipherment


def test_the_same_order_gives_the_same_certificate_and_another_seed_other_keys() -> None:
    one, same, other = a_world(), a_world(), World.make(NOW, "other")

    assert one.issue("mo-qualified").der == same.issue("mo-qualified").der
    assert one.authority("mo-ca").key.spki != other.authority("mo-ca").key.spki
    assert one.authority("mo-ca").name == other.authority("mo-ca").name


def test_certificates_that_differ_have_different_numbers() -> None:
    world = a_world()
    issued = [world.issue("mo-qualified", spoil=spoil) for spoil in (None, "expired", "key_usage")]

    assert len({one.serial for one in issued}) == 3


@pytest.mark.parametrize("spoil", SPOILS)
def test_every_spoil_changes_the_certificate_or_its_issuer(spoil: str) -> None:
    world = a_world()
    good = world.issue("hk-personal-mr", "jane-smith")
    spoilt = world.issue("hk-personal-mr", "jane-smith", spoil)

    if spoil != "eku_not_critical":  # a person's certificate has none
        assert (spoilt.der, spoilt.issuer.der) != (good.der, good.issuer.der)


def test_times_are_spoilt_around_the_worlds_moment() -> None:
    world = a_world()

    assert loaded(world.issue("mo-qualified", spoil="expired")).not_valid_after_utc == NOW - timedelta(days=1)
    assert loaded(world.issue("mo-qualified", spoil="not_yet")).not_valid_before_utc == NOW + timedelta(days=1)


def test_the_policy_can_be_missing_or_stand_beside_the_arc() -> None:
    world = a_world()

    assert MUTUAL_RECOGNITION not in policies(world.issue("hk-personal-mr", spoil="no_policy"))
    assert "2.16.344.8.2.2008.810.20.1" in policies(world.issue("hk-personal-mr", spoil="other_policy"))


@pytest.mark.parametrize(
    ("kind", "good", "spoilt"),
    [
        ("hk-personal-mr", "Sandbox e-Cert (Personal)", "Sandbox e-Cert (Personal) Plus"),
        ("gd-sign", "Sandbox Guangdong personal signing certificate", "signing certificate Plus"),
        ("mo-qualified", "Sandbox Qualified (Personal)", "Sandbox Qualifies (Personal)"),
    ],
)
def test_the_type_can_have_another_name(kind: str, good: str, spoilt: str) -> None:
    world = a_world()

    assert good.encode() in world.issue(kind).der
    assert spoilt.encode() in world.issue(kind, spoil="other_type").der


def test_another_authority_of_the_same_place_can_issue_it() -> None:
    world = a_world()
    spoilt = world.issue("hk-personal-mr", spoil="wrong_issuer")

    assert spoilt.issuer is world.authority("hk-ca-17")
    assert is_issued_by(spoilt.der, spoilt.issuer)
    assert MUTUAL_RECOGNITION in policies(spoilt)


def test_a_look_alike_tree_has_the_names_and_not_the_keys() -> None:
    world = a_world()
    spoilt = world.issue("hk-personal-mr", spoil="look_alike")

    assert spoilt.issuer_name == world.authority("hk-ca-15").name
    assert not is_issued_by(spoilt.der, world.authority("hk-ca-15"))
    assert is_issued_by(spoilt.der, spoilt.issuer)


def test_a_persons_certificate_can_stand_in_an_authoritys_place() -> None:
    spoilt = a_world().issue("hk-personal-mr", spoil="ca_false")

    assert is_issued_by(spoilt.der, spoilt.issuer)
    with pytest.raises(x509.ExtensionNotFound):
        loaded(spoilt.issuer).extensions.get_extension_for_class(x509.BasicConstraints)


def test_one_authority_too_many_can_stand_below_the_issuing_one() -> None:
    world = a_world()
    spoilt = world.issue("gd-sign", spoil="pathlen")

    assert spoilt.parents[1] is world.authority("gd-ca-sm2")
    assert loaded(spoilt.parents[1]).extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_a_damaged_signature_holds_nowhere() -> None:
    spoilt = a_world().issue("gd-sign", spoil="damaged")

    assert not is_issued_by(spoilt.der, spoilt.issuer)


def test_a_certificate_can_have_any_family_of_keys() -> None:
    world = a_world()

    for family in (Family.P256, Family.P384, Family.ED25519, Family.SM2):
        issued = world.issue("hk-personal-mr", family=family)
        assert is_issued_by(issued.der, issued.issuer)
        assert issued.key.family is family


def test_a_hold_that_was_lifted_counts_as_nothing_afterwards() -> None:
    world = a_world()
    issued = world.issue("gd-sign")

    world.registry.hold(issued, NOW)
    world.registry.release(issued, NOW + timedelta(hours=2))

    assert world.registry.of(issued) is None
    assert world.registry.of(issued, NOW + timedelta(hours=1)) is not None
    assert world.registry.of(issued, NOW - timedelta(hours=1)) is None
    assert a_world().registry.of(issued) is None
