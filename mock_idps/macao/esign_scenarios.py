"""Scenarios of signing at the Macao mock: what each does on the wire (section 6.C)."""

from typing import Final

SIGNING: Final[dict[str, str]] = {
    "esign_cancel": "the person goes back without signing: session REJECTED with tag CANCELLED",
    "esign_otp_wrong": "the one-time password is refused on the form",
    "esign_otp_expired": "session FAILED with tag OTP_EXPIRED",
    "esign_cert_revoked": "session FAILED with tag CERT_REVOKED",
    "esign_wrong_hash": "another document is signed, and docHash says so",
    "esign_other_document": "another document is signed, and docHash is the one that was sent",
    "esign_wrong_certificate": "the certificate of args.persona or args.kind, or spoilt by args.spoil",
    "esign_other_session": "the browser comes back with another session",
    "esign_session_weird": "args override members of the session's answer; null removes one",
    "esign_weird": "args override members of the result; null removes one",
}
