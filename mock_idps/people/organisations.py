"""The organisations of the simulation, and who may act for them; all invented, like their numbers.

The credit codes name an authority at 999900, where no region is; the Hong Kong and Macao numbers have low digits. Each
place has an organisation in good standing, with a representative, an agent and an agent whose time is over, and one
that was struck off.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

REPRESENTATIVE: Final = "representative"
AGENT: Final = "agent"


@dataclass(frozen=True, slots=True)
class Organisation:
    """A company or association; it has the number of its own register and no other."""

    id: str
    note: str
    """What this organisation shows, in one English line."""
    home: str
    """`hong_kong`, `macao` or `guangdong`."""
    name_han: str
    name_latin: str
    uscc: str | None = None
    """Unified social credit code, 18 characters with both check characters (GB 32100)."""
    brn: str | None = None
    """Hong Kong business registration number, eight digits."""
    taxpayer_number: str | None = None
    """Macao taxpayer number of an entity, eight digits."""
    entity_code: str | None = None
    """What its staff type beside their user name at Macao's entity login."""
    is_struck_off: bool = False


@dataclass(frozen=True, slots=True)
class Mandate:
    """That a person may act for an organisation, in which matters and until when."""

    persona: str
    organisation: str
    role: str
    """`representative` or `agent`."""
    scope: tuple[str, ...] = ()
    """The matters, in the words of the place; empty means all."""
    until: str | None = None
    """ISO 8601 date of the last day, or None without an end."""


ORGANISATIONS: Final[tuple[Organisation, ...]] = (
    Organisation(
        id="bay-trading",
        note="In good standing; its representative, an agent and a former agent have accounts.",
        home="guangdong",
        name_han="湾区模拟贸易有限公司",
        name_latin="Bay Simulation Trading",
        uscc="91999900GBA000013P",
    ),
    Organisation(
        id="closed-workshop",
        note="Struck off the register; its representative still has an account.",
        home="guangdong",
        name_han="已注销模拟工坊",
        name_latin="Closed Simulation Workshop",
        uscc="91999900GBA000021J",
        is_struck_off=True,
    ),
    Organisation(
        id="harbour-books",
        note="In good standing; a responsible person, an authorised representative and a former one.",
        home="hong_kong",
        name_han="海港模擬書店有限公司",
        name_latin="Harbour Simulation Books Limited",
        brn="00000018",
    ),
    Organisation(
        id="closed-teahouse",
        note="Dissolved; its responsible person still has an account.",
        home="hong_kong",
        name_han="已解散模擬茶室有限公司",
        name_latin="Closed Simulation Teahouse Limited",
        brn="00000026",
        is_struck_off=True,
    ),
    Organisation(
        id="lotus-printing",
        note="In good standing; a representative, a staff login with two services and one that has lapsed.",
        home="macao",
        name_han="蓮花模擬印刷有限公司",
        name_latin="Tipografia Simulada Lótus, Limitada",
        taxpayer_number="00000018",
        entity_code="SIM000018",
    ),
    Organisation(
        id="closed-bakery",
        note="Struck off; its representative still has a login.",
        home="macao",
        name_han="已註銷模擬餅店",
        name_latin="Padaria Simulada Encerrada",
        taxpayer_number="00000026",
        entity_code="SIM000026",
        is_struck_off=True,
    ),
)
"""Nobody's organisations."""

MANDATES: Final[tuple[Mandate, ...]] = (
    Mandate("li-xiao-hua", "bay-trading", REPRESENTATIVE),
    Mandate("wang-yan", "bay-trading", AGENT, ("tax", "social_insurance"), "2035-12-31"),
    Mandate("leung-kin-hong", "bay-trading", AGENT, ("tax",), "2020-12-31"),
    Mandate("wong-ka-yan", "closed-workshop", REPRESENTATIVE),
    Mandate("cheung-mei-fong", "harbour-books", REPRESENTATIVE),
    Mandate("chan-siu-ming", "harbour-books", AGENT, ("login", "formfill"), "2035-12-31"),
    Mandate("lau-chi-wai", "harbour-books", AGENT, ("login",), "2020-12-31"),
    Mandate("lau-chi-wai", "closed-teahouse", REPRESENTATIVE),
    Mandate("lei-ka-meng", "lotus-printing", REPRESENTATIVE),
    Mandate("chao-sio-man", "lotus-printing", AGENT, ("licensing", "tax"), "2035-12-31"),
    Mandate("jose-da-luz", "lotus-printing", AGENT, ("tax",), "2020-12-31"),
    Mandate("ines-conceicao", "closed-bakery", REPRESENTATIVE),
)
"""Who may act for whom; the first mandate of a person is the one that an automatic sign-in takes."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The organisations of one place with their mandates."""

    organisations: tuple[Organisation, ...]
    mandates: tuple[Mandate, ...]

    def organisation(self, id: str) -> Organisation | None:  # noqa: A002 - the field's own name
        """Give the organisation with this id, or None."""
        return next((organisation for organisation in self.organisations if organisation.id == id), None)

    def of(self, persona: str) -> tuple[Mandate, ...]:
        """Give the mandates of a person."""
        return tuple(mandate for mandate in self.mandates if mandate.persona == persona)

    def mandate(self, persona: str, organisation: str) -> Mandate | None:
        """Give what lets this person act for this organisation, or None."""
        return next((mandate for mandate in self.of(persona) if mandate.organisation == organisation), None)

    def representative(self, organisation: str) -> str:
        """Give the person who represents an organisation by law."""
        return next(
            mandate.persona
            for mandate in self.mandates
            if mandate.organisation == organisation and mandate.role == REPRESENTATIVE
        )


def directory_of(
    home: str, organisations: Iterable[Organisation] = ORGANISATIONS, mandates: Iterable[Mandate] = MANDATES
) -> Directory:
    """Give one place's organisations and the mandates for them."""
    here = tuple(organisation for organisation in organisations if organisation.home == home)
    known = {organisation.id for organisation in here}
    return Directory(here, tuple(mandate for mandate in mandates if mandate.organisation in known))
