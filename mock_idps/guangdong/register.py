"""The simulated link register: does this permit belong to this person, and to a residence number (section 5.2)."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from mock_idps.guangdong.people import NONE, PERMIT
from mock_idps.personas import Persona

TRUE, FALSE, SEVERAL = "true", "false", "several"
_PERMIT: Final = re.compile(r"([HM][A-Z0-9][0-9]{7})(?:[0-9]{2})?")
_BIRTH: Final = re.compile(r"[0-9]{8}")
_LONGEST_NAME: Final = 128
_FIELDS: Final = frozenset({"cardtype", "cardno", "name", "birth"})


class LinkQueryError(Exception):
    """The question itself was wrong; `errcode` is what the register answers."""

    def __init__(self, errcode: str) -> None:
        super().__init__(f"link query refused with {errcode}")
        self.errcode = errcode


@dataclass(frozen=True, slots=True, repr=False)
class LinkQuery:
    """A question to the register; it never prints a person's number."""

    permit: str
    birth: str
    name: str

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Read the decrypted request: four strings, the permit with or without its issue count."""
        if set(payload) != _FIELDS or not all(isinstance(value, str) for value in payload.values()):
            raise LinkQueryError("46012")
        if payload["cardtype"] != PERMIT:
            raise LinkQueryError("43011")
        permit = _PERMIT.fullmatch(payload["cardno"].upper())
        birth = payload["birth"].replace("-", "")
        name = _plain(payload["name"])
        if permit is None or not _BIRTH.fullmatch(birth) or not 0 < len(name) <= _LONGEST_NAME:
            raise LinkQueryError("46012")
        return cls(permit=permit[1], birth=birth, name=name)


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What the register found; the residence number stays inside until a token is redeemed."""

    matched: str
    residence_no: str | None = field(default=None, repr=False)
    expired: bool = False

    def data(self, token: str | None) -> dict[str, str]:
        """Give the answer's `data`: usable, not visible."""
        masked = _masked(self.residence_no) if self.residence_no else NONE
        data = {"matched": self.matched, "residence_no_masked": masked, "token": token or NONE}
        return data | {"status": "expired"} if self.expired else data


def holder(personas: Iterable[Persona], permit: str) -> Persona | None:
    """Find whose permit it is, among the people of Hong Kong and Macao."""
    return next((persona for persona in personas if persona.permit == permit), None)


def look_up(query: LinkQuery, person: Persona | None) -> LinkAnswer:
    """Compare permit, birth date and name: all three agree, or nothing is said."""
    if person is None or person.register == "unknown":
        return LinkAnswer(FALSE)
    if query.birth != person.birthdate.replace("-", "") or query.name not in _names(person):
        return LinkAnswer(FALSE)
    if person.register == "several":
        return LinkAnswer(SEVERAL)
    return LinkAnswer(TRUE, person.residence_permit, expired=person.register == "expired")


def _names(person: Persona) -> set[str]:
    romanised = _plain(f"{person.surname}, {person.given}")
    return {romanised, _plain(person.name_han)} if person.name_han else {romanised}


def _plain(name: str) -> str:
    """Drop spaces and the comma after the surname, and fold case."""
    composed = unicodedata.normalize("NFC", name)
    return "".join(composed.replace(",", "").split()).casefold()


def _masked(number: str) -> str:
    return number[0] + "*" * (len(number) - 2) + number[-1]
