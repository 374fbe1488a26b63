"""Guangdong's user data as a person: attribute table and translation, on signed data only (§4.2, §4.3, §6.E)."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.identifier import MainlandIdentifier
from mapping.vocabulary import IdentifierKind
from providers.attributes import AttributeTable, matching, name_text, one_of, text
from providers.base import Assurance, Document, PersonName, UpstreamIdentity
from providers.errors import ProviderFailure
from providers.guangdong.wire import BEIJING, PROVIDER, SignedContent, broken

LEVELS: Final = MappingProxyType(
    {"L0": Assurance.ONE, "L1": Assurance.TWO, "L2": Assurance.THREE, "L3": Assurance.FOUR}
)
METHODS: Final = MappingProxyType({"1": ("pwd",), "2": ("swk",), "3": ("mca",), "4": ("mca",)})
"""How this sign-in happened, in registered names (RFC 8176 §2): password, certificate, confirmed on the phone."""
NONE: Final = "-1"
"""The platform's way to say that there is nothing; never a value (UN-06)."""
PERSON: Final = "1"
_RESIDENT_ID, _PERMIT, _RESIDENCE_PERMIT = "10", "14", "31"
_NUMBERS: Final = MappingProxyType(
    {_RESIDENT_ID: IdentifierKind.RESIDENT_ID, _RESIDENCE_PERMIT: IdentifierKind.RESIDENCE_PERMIT}
)
_SEXES: Final = MappingProxyType({"1": "M", "2": "F"})
_HAN: Final = re.compile("[\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_WAY: Final = re.compile(r"(L[0-3])@[A-Za-z0-9_]{1,16}@[^@|\x00-\x1f]{0,128}")
_MAX_WAYS: Final = 4_096
_MAX_PROPERTIES: Final = 64
_DAY: Final = re.compile(r"[0-9]{8}", re.ASCII)


def _ways(value: object) -> tuple[str, ...]:
    """The levels of `level@method@key` items joined by `||`; none where nothing was ever verified."""
    if not isinstance(value, str) or len(value) > _MAX_WAYS:
        raise ValueError("ways")
    if value in {"", NONE}:
        return ()
    items = [_WAY.fullmatch(item) for item in value.split("||")]
    if None in items:
        raise ValueError("ways")
    return tuple(item[1] for item in items if item is not None)


def _birthdate_property(value: object) -> date | None:
    """The entry ``birth=yyyyMMdd`` among the properties; an addition of the simulation."""
    if not isinstance(value, list) or len(value) > _MAX_PROPERTIES:
        raise ValueError("extproperties")
    found = [item.removeprefix("birth=") for item in value if isinstance(item, str) and item.startswith("birth=")]
    if len(found) > 1:
        raise ValueError("extproperties")
    if not found or found[0] == NONE:
        return None
    if not _DAY.fullmatch(found[0]):
        raise ValueError("birth")
    return date(int(found[0][:4]), int(found[0][4:6]), int(found[0][6:]))


USER: Final = AttributeTable(
    required={
        "useridcode": matching(r"[0-9A-Fa-f]{32}"),
        "usertype": one_of({PERSON, "2"}),
        "cn": name_text,
        "idcardtype": text,
        "idcardnumber": text,
        "creditable_level_of_account": one_of(LEVELS),
        "creditable_level_of_account_way": _ways,
    },
    optional={
        "sex": one_of({*_SEXES, NONE}),
        "isreal": one_of({"true", "false"}),
        "is_real": one_of({"true", "false"}),
        "accout_type": text,
        "uversion": text,
        "extproperties": _birthdate_property,
    },
    ignored={
        *("uid", "telephonenumber", "mail", "address", "area", "createtime", "origin", "realtype"),
        *("tokenid", "authloc", "anon_flag"),
    },
)


def read_identity(content: SignedContent, received_at: datetime) -> UpstreamIdentity:
    """Translate signed user data of a natural person who signed in for themselves."""
    values = USER.read(PROVIDER, content.user)
    if values["usertype"] != PERSON or content.parent:
        raise broken("usertype", ProviderFailure.NOT_ELIGIBLE)  # organisations and their sub-accounts
    if values["cn"] == NONE:
        raise broken("field:cn")
    assurance = _assurance(values)
    # Below L1 the platform has looked at the number's format alone, so it vouches for no document.
    documents = _documents(values, received_at.astimezone(BEIJING).date()) if assurance > Assurance.ONE else ()
    return UpstreamIdentity(
        provider=PROVIDER,
        subject=values["useridcode"],
        assurance=assurance,
        authenticated_at=received_at,
        amr=METHODS.get(values.get("accout_type", ""), ()),
        name=_name(values["cn"]),
        birthdate=_birthdate(documents) or values.get("extproperties"),
        sex=_SEXES.get(values.get("sex", NONE)),
        documents=documents,
        data_version=values.get("uversion"),
    )


def _assurance(values: Mapping[str, Any]) -> Assurance:
    """Believe the lowest of what the account claims: its level, its best verification, its flag (G24)."""
    claimed = LEVELS[values["creditable_level_of_account"]]
    proved = max((LEVELS[level] for level in values["creditable_level_of_account_way"]), default=Assurance.ONE)
    is_real = values.get("isreal", values.get("is_real", "true")) == "true"
    return min(claimed, proved, Assurance.FOUR if is_real else Assurance.ONE)


def _documents(values: Mapping[str, Any], today: date) -> tuple[Document, ...]:
    """Read the document that the account is bound to, where the platform has one."""
    kind, number = values["idcardtype"], values["idcardnumber"]
    if number == NONE:
        return ()
    try:
        if kind == _PERMIT:
            return (TravelPermit.parse(number),)
        return (_number(number, _NUMBERS[kind], today),) if kind in _NUMBERS else ()
    except MappingError:
        raise broken("field:idcardnumber") from None


def _number(number: str, kind: IdentifierKind, today: date) -> MainlandIdentifier:
    identifier = MainlandIdentifier.parse(number, today)
    if identifier.kind is not kind:
        raise broken("field:idcardtype")
    return identifier


def _birthdate(documents: tuple[Document, ...]) -> date | None:
    """A verified number of 18 characters contains the birth date."""
    return next((document.birthdate for document in documents if isinstance(document, MainlandIdentifier)), None)


def _name(name: str) -> PersonName:
    """Keep the name as it came, question marks of a narrower character set included (UN-05)."""
    return PersonName(han=name) if _HAN.search(name) else PersonName(latin=name)
