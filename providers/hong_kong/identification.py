"""The codes by which iAM Smart ties a signature to a person and a document (identity-providers §1.5, §6.A).

The person compares four digits on our page with four digits on the phone: whoever puts another document between the
two has one chance in ten thousand for each attempt that the person looks at.
"""

import hashlib

from mapping.documents import HongKongIdentityCard

_DIGITS = 4


def card_hash(card: HongKongIdentityCard) -> bytes:
    """The digest of a card's number without its check character; iAM Smart refuses another person's."""
    return hashlib.sha256(card.canonical[:-1].encode("ascii")).digest()


def identification_code(digest: bytes, user_digest: bytes) -> str:
    """Four digits of document and person."""
    # MD5 and the dropped bits are the platform's choice; what guards the document is the signature, not this code.
    inner = hashlib.md5(hashlib.sha512(digest + user_digest).digest(), usedforsecurity=False).digest()
    return "".join(str((inner[4 * place] >> 4) % 10) for place in range(_DIGITS))


def anonymous_code(digest: bytes, card: HongKongIdentityCard, client_id: str) -> str:
    """The code of a signature without a login: card and client stand for the person."""
    return identification_code(digest, card_hash(card) + client_id.encode("ascii"))
