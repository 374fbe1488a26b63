"""Where a key stands in its life (signatures specification §9.1).

planned → generated → certified → published → active → retiring → retired → destroyed
published ⇄ held,  active → published within the settle window,  any of them → compromised → revoked → destroyed
"""

from enum import StrEnum
from typing import Final


class KeyState(StrEnum):
    """One word for each state; what a key may do in it hangs on the word alone."""

    PLANNED = "planned"
    """Wanted; there is no key material yet."""
    GENERATED = "generated"
    """The private half lies in its backend, the public half is shown to nobody."""
    CERTIFIED = "certified"
    """The same, with a certificate of an authority outside."""
    PUBLISHED = "published"
    """Next: everybody may learn of it, so that caches know it before it signs."""
    HELD = "held"
    """Published, and kept from being activated by an operator."""
    ACTIVE = "active"
    """Signs; exactly one in a set."""
    RETIRING = "retiring"
    """Only verifies, until the last thing that it signed has ended."""
    RETIRED = "retired"
    """Verifies what is judged by its stored time, such as reports; nothing else."""
    COMPROMISED = "compromised"
    """Somebody else may have it: verifies nothing, and what it signed is refused."""
    REVOKED = "revoked"
    """The same, and everybody concerned has been told."""
    DESTROYED = "destroyed"
    """The private half is nowhere any more."""


IN_DOCUMENT: Final = (KeyState.ACTIVE, KeyState.PUBLISHED, KeyState.HELD, KeyState.RETIRING)
"""States whose public halves stand in the published document, in its order."""
BAD: Final = frozenset({KeyState.COMPROMISED, KeyState.REVOKED})
"""States of keys that are listed as bad."""
