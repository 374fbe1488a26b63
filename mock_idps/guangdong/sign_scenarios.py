"""Scenarios of signing at the Guangdong mock: what each does on the wire (section 6.D)."""

from typing import Final

SIGNING: Final[dict[str, str]] = {
    "hash_cancel": "the person goes back without signing: status CANCELLED",
    "hash_reject": "the person refuses: status REJECTED",
    "hash_failed": "sign/result says FAILED",
    "hash_not_yet": "sign/result says WAITING although the person is back",
    "hash_other": "another document is signed, and hash says so",
    "hash_other_document": "another document is signed, and hash is the one that was sent",
    "hash_wrong_certificate": "the certificate of args.persona or args.kind, or spoilt by args.spoil",
    "hash_other_id": "the browser comes back with another sign_id",
    "hash_start_weird": "args override members of the data of sign/hash; null removes one",
    "hash_weird": "args override members of the data of sign/result; null removes one",
}
