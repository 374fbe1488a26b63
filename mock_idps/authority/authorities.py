"""The authorities of the three places: roots and issuing authorities, with their times and kinds of keys.

Modelled on what is public of such hierarchies: in Hong Kong one issuing authority makes recognised and unrecognised
certificates side by side and an earlier generation has retired; Guangdong has an SM2 and an RSA tree; Macao has one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mock_idps.authority.extensions import Name
from mock_idps.authority.keys import Family


@dataclass(frozen=True, slots=True)
class Authority:
    """A certification authority, before it has a key."""

    id: str
    place: str
    """`hong_kong`, `macao` or `guangdong`."""
    name: Name
    parent: str | None
    family: Family
    start: datetime
    end: datetime

    @property
    def path_length(self) -> int | None:
        """Roots allow one level below them that may issue to people, issuing authorities none."""
        return None if self.parent is None else 0


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def _hong_kong(common_name: str) -> Name:
    return (("C", "HK"), ("O", "Sandbox Post (simulation)"), ("CN", common_name))


def _guangdong(common_name: str) -> Name:
    return (("C", "CN"), ("O", "Sandbox Guangdong Certification (simulation)"), ("CN", common_name))


def _macao(common_name: str) -> Name:
    return (("C", "MO"), ("O", "Sandbox eSign (simulation)"), ("CN", common_name))


AUTHORITIES: Final = {
    authority.id: authority
    for authority in (
        Authority(
            "hk-root-1",
            "hong_kong",
            _hong_kong("Sandbox Post Root CA 1"),
            None,
            Family.RSA,
            _day(2003, 5, 15),
            _day(2023, 5, 15),
        ),
        Authority(
            "hk-ca-10",
            "hong_kong",
            _hong_kong("Sandbox e-Cert CA 1 - 10"),
            "hk-root-1",
            Family.RSA,
            _day(2010, 1, 9),
            _day(2023, 5, 14),
        ),
        Authority(
            "hk-root-2",
            "hong_kong",
            _hong_kong("Sandbox Post Root CA 2"),
            None,
            Family.RSA,
            _day(2015, 9, 5),
            _day(2040, 9, 5),
        ),
        Authority(
            "hk-ca-15",
            "hong_kong",
            _hong_kong("Sandbox e-Cert CA 2 - 15"),
            "hk-root-2",
            Family.RSA,
            _day(2015, 9, 5),
            _day(2030, 9, 5),
        ),
        Authority(
            "hk-ca-17",
            "hong_kong",
            _hong_kong("Sandbox e-Cert CA 2 - 17"),
            "hk-root-2",
            Family.RSA,
            _day(2017, 8, 12),
            _day(2032, 8, 12),
        ),
        Authority(
            "gd-root-sm2",
            "guangdong",
            _guangdong("Sandbox Guangdong SM2 Root"),
            None,
            Family.SM2,
            _day(2014, 3, 1),
            _day(2044, 3, 1),
        ),
        Authority(
            "gd-ca-sm2",
            "guangdong",
            _guangdong("Sandbox Guangdong SM2 CA 1"),
            "gd-root-sm2",
            Family.SM2,
            _day(2014, 3, 1),
            _day(2034, 3, 1),
        ),
        Authority(
            "gd-root-rsa",
            "guangdong",
            _guangdong("Sandbox Guangdong RSA Root"),
            None,
            Family.RSA,
            _day(2012, 3, 1),
            _day(2042, 3, 1),
        ),
        Authority(
            "gd-ca-rsa",
            "guangdong",
            _guangdong("Sandbox Guangdong RSA CA 1"),
            "gd-root-rsa",
            Family.RSA,
            _day(2012, 3, 1),
            _day(2032, 3, 1),
        ),
        Authority(
            "mo-root", "macao", _macao("Sandbox eSign Root CA"), None, Family.RSA, _day(2013, 6, 1), _day(2043, 6, 1)
        ),
        Authority(
            "mo-ca", "macao", _macao("Sandbox eSign CA 03"), "mo-root", Family.RSA, _day(2013, 6, 1), _day(2033, 6, 1)
        ),
    )
}
