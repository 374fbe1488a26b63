"""Guangdong's user data as a person: attribute table and translation, on signed data only (§4.2, §4.3, §6.E)."""

import re
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from mapping.identifier import MainlandIdentifier
from providers.attributes import AttributeTable, matching, name_text, one_of, text
from providers.base import Assurance, Document, PersonName, UpstreamIdentity
from providers.errors import ProviderFailure
from providers.guangdong.account import LEVELS, MAX_PROPERTIES, NONE, PERSON, assurance_of, day, documents, ways
from providers.guangdong.organisation import Acting, read_acting
from providers.guangdong.wire import BEIJING, PROVIDER, SignedContent, broken

METHODS: Final = MappingProxyType({"1": ("pwd",), "2": ("swk",), "3": ("mca",), "4": ("mca",)})
"""How this sign-in happened, in registered names (RFC 8176 §2): password, certificate, confirmed on the phone."""
_SEXES: Final = MappingProxyType({"1": "M", "2": "F"})
_HAN: Final = re.compile("[\u2e80-\u2fdf\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def _birthdate_property(value: object) -> date | None:
    """The entry ``birth=yyyyMMdd`` among the properties; an addition of the simulation."""
    if not isinstance(value, list) or len(value) > MAX_PROPERTIES:
        raise ValueError("extproperties")
    found = [item.removeprefix("birth=") for item in value if isinstance(item, str) and item.startswith("birth=")]
    if len(found) > 1:
        raise ValueError("extproperties")
    return day(found[0]) if found and found[0] != NONE else None


USER: Final = AttributeTable(
    required={
        "useridcode": matching(r"[0-9A-Fa-f]{32}"),
        "usertype": one_of({PERSON, "2"}),
        "cn": name_text,
        "idcardtype": text,
        "idcardnumber": text,
        "creditable_level_of_account": one_of(LEVELS),
        "creditable_level_of_account_way": ways,
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
    """Translate signed user data of a natural person, who may have signed in for an organisation."""
    values = USER.read(PROVIDER, content.user)
    if values["usertype"] != PERSON:
        raise broken("usertype", ProviderFailure.NOT_ELIGIBLE)  # an organisation without a person: who acts is unknown
    if values["cn"] == NONE:
        raise broken("field:cn")
    assurance = assurance_of(values)
    # Below L1 the platform has looked at the number's format alone, so it vouches for no document.
    verified = documents(values, received_at.astimezone(BEIJING).date()) if assurance > Assurance.ONE else ()
    acting = _acting(content, values["useridcode"], verified, received_at)
    return UpstreamIdentity(
        provider=PROVIDER,
        subject=values["useridcode"],
        assurance=assurance if acting is None else min(assurance, acting.assurance),
        authenticated_at=received_at,
        amr=METHODS.get(values.get("accout_type", ""), ()),
        name=_name(values["cn"]),
        birthdate=_birthdate(verified) or values.get("extproperties"),
        sex=_SEXES.get(values.get("sex", NONE)),
        documents=verified,
        organisation=None if acting is None else acting.organisation,
        mandate=None if acting is None else acting.mandate,
        data_version=values.get("uversion"),
    )


def _acting(
    content: SignedContent, useridcode: str, verified: tuple[Document, ...], received_at: datetime
) -> Acting | None:
    return read_acting(content.parent, useridcode, verified, received_at) if content.parent else None


def _birthdate(verified: tuple[Document, ...]) -> date | None:
    """A verified number of 18 characters contains the birth date."""
    return next((document.birthdate for document in verified if isinstance(document, MainlandIdentifier)), None)


def _name(name: str) -> PersonName:
    """Keep the name as it came, question marks of a narrower character set included (UN-05)."""
    return PersonName(han=name) if _HAN.search(name) else PersonName(latin=name)
