"""What a signature allows to happen to its document afterwards: DocMDP and FieldMDP (ISO 32000-2 §12.8.2)."""

from dataclasses import dataclass
from typing import Any, Final

from pyhanko.sign.fields import FieldMDPSpec, MDPPerm

from certs.signatures.formats.pdf_limits import member
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason

_DEFAULT_LEVEL: Final = 2


@dataclass(frozen=True, slots=True)
class Permissions:
    """The level of changes to the document, and the fields that are locked; `None` where nothing was said."""

    document: MDPPerm | None = None
    fields: FieldMDPSpec | None = None

    @property
    def said_anything(self) -> bool:
        """Whether there is anything to hold later changes to."""
        return self.document is not None or self.fields is not None


def read_permissions(dictionary: Any, field: Any) -> Permissions:
    """Read what the signature itself says, and the lock of its field where it says nothing."""
    with fence(Reason.FORMAT_FAILURE):
        document = _transform(dictionary, "/DocMDP")
        fields = _transform(dictionary, "/FieldMDP")
        lock = member(field, "/Lock")
        if fields is None and lock is not None:
            fields = lock
        level = None if document is None else int(member(document, "/P", _DEFAULT_LEVEL))
        if level is None and lock is not None and "/P" in lock:
            level = int(lock["/P"])
        return Permissions(
            document=None if level is None else MDPPerm(level),
            fields=None if fields is None else FieldMDPSpec.from_pdf_object(fields),
        )


def _transform(dictionary: Any, method: str) -> Any:
    """The parameters of one transform method; two of one kind would leave open which counts."""
    references = member(dictionary, "/Reference", ())
    found = [reference.get_object() for reference in references]
    found = [reference for reference in found if reference["/TransformMethod"] == method]
    if len(found) > 1:
        raise Fault(Reason.FORMAT_FAILURE)
    return found[0]["/TransformParams"] if found else None
