"""Residents of Guangdong at three levels of verification."""

from typing import Final

from mock_idps.people.persona import Persona

GUANGDONG: Final[tuple[Persona, ...]] = (
    Persona(
        id="li-xiao-hua",
        note="Resident of Guangdong, verified in person (L3).",
        home="guangdong",
        name_han="李小华",
        surname="LI",
        given="Xiaohua",
        birthdate="1906-06-07",
        sex="M",
        resident_id="440305190606070012",
        gd_level="L3",
        mobile="00000001",
    ),
    Persona(
        id="wang-yan",
        note="Resident with a name character outside GBK, account at L1.",
        home="guangdong",
        name_han="王䶮",
        surname="WANG",
        given="Yan",
        birthdate="1907-07-08",
        sex="F",
        resident_id="440106190707080020",
        gd_level="L1",
        mobile="00000002",
    ),
    Persona(
        id="liu-yang",
        note="Resident whose account was never verified (L0).",
        home="guangdong",
        name_han="刘洋",
        surname="LIU",
        given="Yang",
        birthdate="1908-08-09",
        sex="M",
        resident_id="440605190808090018",
        gd_level="L0",
        mobile="00000003",
    ),
)
