"""Refusals of the trust and signature wings; none carries text of a library, of a certificate or of a person."""

from enum import StrEnum

from certs.trust.reasons import Reason


class RefusalCode(StrEnum):
    """Why a request could not be worked on at all: no verdict is given then."""

    SIZE = "E_SIZE"
    FORMAT = "E_FORMAT"
    ENCODING = "E_ENCODING"
    UNSUPPORTED = "E_UNSUPPORTED"
    AMBIGUOUS = "E_AMBIGUOUS"
    SM2_NEEDS_E = "E_SM2_NEEDS_E"
    POLICY = "E_POLICY"
    BUSY = "E_BUSY"


class Refused(Exception):  # noqa: N818 - a refusal, not a mistake of ours
    """A request, or a part of it, that cannot be judged; ``detail`` is a fixed sentence of ours."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Fault(Exception):  # noqa: N818 - a finding about somebody's material
    """Something about a certificate, path, answer or list that keeps it from being believed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
