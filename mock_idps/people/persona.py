"""One fictional person: the neutral record from which each mock tells its own story."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Persona:
    """A person of the simulation; every number in it is invented."""

    id: str
    """Slug, also the user name at every mock."""
    note: str
    """What this person shows, in one English line."""
    home: str
    """`hong_kong`, `macao` or `guangdong`."""
    name_han: str | None
    """Han name as on the home card: traditional in Hong Kong and Macao, simplified in Guangdong."""
    surname: str
    """Romanised surname; in Macao the Portuguese *apelido*."""
    given: str
    """Romanised given names; in Macao the Portuguese *nome*."""
    birthdate: str
    """ISO 8601 date."""
    sex: str
    """`M` or `F`."""
    hkid: str | None = None
    """Hong Kong identity card with its check character, without brackets."""
    bir: str | None = None
    """Macao resident identity card, eight digits."""
    bir_permanent: bool = True
    """Whether the Macao card is one of a permanent resident."""
    resident_id: str | None = None
    """Mainland resident identity number, 18 characters."""
    permit: str | None = None
    """Mainland travel permit, the nine characters that last for life."""
    permit_issue_count: str | None = None
    """Two digits, `00` on the first card."""
    permit_expires: str | None = None
    """ISO 8601 date of the card's end."""
    previous_permit: str | None = None
    """The eleven-character form printed on the card before the current one."""
    residence_permit: str | None = None
    """Residence permit number, 18 characters from 810000 or 820000."""
    hk_user_type: str | None = None
    """`default`, `sign`, or None without an iAM Smart account."""
    mo_level: int | None = None
    """Highest level that the person can reach at One Account, or None without an account."""
    gd_level: str | None = None
    """`L0` to `L3`, or None without an account in Guangdong."""
    otp_secret: str | None = None
    """Base32 secret of the Macao soft token."""
    guardian_of: tuple[str, ...] = ()
    """Ids of the children for whom this person may act."""
    mobile: str | None = None
    """Subscriber number that starts with 0 and can belong to nobody."""
    register: str = "ok"
    """What the permit register knows: `ok`, `unknown`, `several` or `expired`."""
