"""Why a certificate is not taken for a key of ours: a word for programs, a sentence and two measures for operators."""

from enum import StrEnum

from certs.keys.rotation.guards import Guard, GuardNumber


class ImportFault(StrEnum):
    """Which check refused a certificate (signatures specification §9.2)."""

    OVERSIZED = "oversized"
    UNREADABLE = "unreadable"
    PRIVATE_KEY = "private_key"
    """A private key came along: it has been where it does not belong."""
    DOUBLED = "doubled"
    FOREIGN = "foreign"
    """Something came along that has no part in the chain."""
    ALGORITHM = "algorithm"
    OTHER_KEY = "other_key"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    USAGE = "usage"
    NAMES = "names"
    AUTHORITY = "authority"
    DOWNGRADE = "downgrade"
    FINGERPRINT = "fingerprint"


class CertificateImportError(Exception):
    """A certificate was refused; nothing of it is kept."""

    def __init__(self, code: ImportFault, sentence: str, *, need: str, have: str) -> None:
        self.code = code
        self.sentence = sentence
        self.need = need
        self.have = have
        super().__init__(f"{sentence} (needs {need}, has {have})")

    @property
    def guard(self) -> Guard:
        """The same as a guard of the rotation, for whoever shows guards."""
        return Guard(GuardNumber.CERTIFICATE, holds=False, need=self.need, have=self.have)
