"""What a human has to look at: the closed list of alerts, told once each until somebody has settled them."""

from enum import StrEnum


class AlertKind(StrEnum):
    """Why somebody has to look; each is explained in docs/how-to/settle-an-alert.md."""

    TWO_HOLDERS = "two_holders"
    """Two accounts prove one permit equally well: the record is frozen for both."""
    FACTS_DIFFER = "facts_differ"
    """A permit is claimed whose record has another birth date or sex; the first holder is not disturbed (AL-03)."""
    SOMEONE_ELSE = "someone_else"
    """A provider delivers another person under a subject that is known already (AL-05)."""
    REGISTER_CHANGED = "register_changed"
    """The register gives another residence number than the one on record (MP-07)."""
    DISPUTED = "disputed"
    """The holder says that the number is not theirs."""
    RESERVED_BLOCK = "reserved_block"
    """A register or a provider vouches for a number in a block that nobody may issue from but us."""
    CAPACITY = "capacity"
    """One birth date has used up most of a region code's numbers."""
    GENERATOR = "generator"
    """The random generator repeats itself: free numbers are missed far more often than chance allows."""
    TRUST_ROLLBACK = "trust_rollback"
    """Somebody tried to import an older trust list than the one that is accepted (TL-01)."""
    TRUST_EQUIVOCATION = "trust_equivocation"
    """Two different trust lists are signed under one sequence; both are kept (TL-04)."""
    TRUST_STALE = "trust_stale"
    """A trust list is past its next update, or over: signatures that hang on it are not judged (TL-02)."""
    TRUST_RESTORED = "trust_restored"
    """The database holds an older trust list than the high-water file: an old backup was restored (TL-08)."""
    TRUST_UNPROVED = "trust_unproved"
    """The database holds a trust list that its signers have not signed; it is not believed."""
