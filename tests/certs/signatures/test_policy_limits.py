"""How mild a policy may be, and which keys and algorithms one of its rules speaks of."""

from datetime import datetime, timedelta

import pytest

from certs.signatures.built_in_policies import GBA_DEFAULT
from certs.signatures.checks import CheckCode
from certs.signatures.policy import read_policy
from certs.trust.arithmetic import SignatureAlgorithm
from certs.trust.certificate import read_certificate
from certs.trust.errors import RefusalCode, Refused
from certs.trust.reasons import Reason
from mock_idps.authority.keys import Family
from tests.authority import NOW, a_world

MILD = {CheckCode.TIME_PROOF, CheckCode.TIME_CLAIMED, CheckCode.TIME_ORDER, CheckCode.PDF_CHANGES}
P256, ED25519 = Family.P256, Family.ED25519
END = datetime.fromisoformat("2030-01-01T00:00:00+00:00")


@pytest.mark.attack("SG-14")
@pytest.mark.parametrize("code", sorted(set(CheckCode) - MILD))
@pytest.mark.parametrize("level", ["WARN", "INFORM", "IGNORE"])
def test_sg_14_no_policy_makes_another_check_milder(code: CheckCode, level: str) -> None:
    with pytest.raises(Refused) as refused:
        read_policy(GBA_DEFAULT | {"levels": {code.value: level}})

    assert refused.value.code is RefusalCode.POLICY


@pytest.mark.parametrize(
    "change", [{"id": ""}, {"version": -1}, {"time": {"skew": -1}}, {"revocation": {"max_age_crl": -1}}]
)
def test_a_policy_without_a_name_or_with_a_number_below_zero_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(Refused):
        read_policy(GBA_DEFAULT | change)


@pytest.mark.attack("SG-11")
@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"family": "EC", "digests": ["sha256"], "bits": 256, "curves": ["P-256"]}, None),
        ({"family": "EC", "digests": ["sha256"], "bits": 256, "curves": ["P-384"]}, Reason.ALGORITHM_FORBIDDEN),
        ({"family": "EC", "digests": ["sha384"], "bits": 256}, Reason.ALGORITHM_FORBIDDEN),
        ({"family": "EC", "digests": ["sha256"], "bits": 384}, Reason.KEY_TOO_SMALL),
        ({"family": "RSA", "digests": ["sha256"]}, Reason.ALGORITHM_FORBIDDEN),
        ({"family": "EC", "until": END.isoformat()}, None),
        ({"family": "EC", "until": NOW.isoformat()}, Reason.ALGORITHM_EXPIRED),
    ],
)
def test_sg_11_a_rule_speaks_of_one_family_with_its_digests_sizes_curves_and_end(
    rule: dict[str, object], reason: Reason | None
) -> None:
    key = read_certificate(a_world().issue("hk-personal-mr", family=P256).der).key
    policy = read_policy({"id": "one", "version": 1, "algorithms": [rule]})

    assert policy.judge_algorithm(SignatureAlgorithm("ECDSA", "EC", "sha256"), key, NOW) is reason


@pytest.mark.attack("SG-11")
def test_sg_11_an_algorithm_of_one_family_with_a_key_of_another_fits_no_rule() -> None:
    key = read_certificate(a_world().issue("hk-personal-mr", family=ED25519).der).key

    policy = read_policy({"id": "one", "version": 1, "algorithms": [{"family": "EC"}]})

    assert policy.judge_algorithm(SignatureAlgorithm("ECDSA", "EC", "sha256"), key, NOW) is Reason.ALGORITHM_FORBIDDEN


@pytest.mark.parametrize(("seconds", "reason"), [(-1, None), (0, Reason.ALGORITHM_EXPIRED)])
def test_the_end_of_an_algorithm_is_to_the_second(seconds: int, reason: Reason | None) -> None:
    rule = {"family": "EC", "digests": ["sha256"], "until": END.isoformat()}
    policy, at = read_policy({"id": "one", "version": 1, "algorithms": [rule]}), END + timedelta(seconds=seconds)

    assert policy.judge_digest("sha256", at) is reason
    assert policy.judge_answer(SignatureAlgorithm("ECDSA", "EC", "sha256"), at) is reason
    assert policy.judge_answer(SignatureAlgorithm("ECDSA", "EC", "sha1"), at) is Reason.ALGORITHM_FORBIDDEN
