"""What happened to a PDF after it was signed, class by class, and whether the signature lets it happen.

Every later revision is compared with the signed one by pyHanko's difference analysis: each object that was written
anew must be explained by a rule, or the change counts as `other` (hide-and-replace, another font, another page, an
annotation over the text). Material for long-term validation and further signatures are always allowed (ISO 32000-2
§12.8.2.2, EN 319 142-1 §5.4); values of a form must be allowed by the signature or be signed by somebody later.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffPolicy,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.fields import MDPPerm

from certs.signatures.formats.pdf_annotations import AnnotationRule
from certs.signatures.formats.pdf_limits import Reader
from certs.signatures.formats.pdf_metadata import MetadataRule
from certs.signatures.formats.pdf_permissions import Permissions
from certs.trust.errors import Fault
from certs.trust.fence import fence
from certs.trust.reasons import Reason


class Change(StrEnum):
    """Classes of later changes, the least first."""

    NONE = "none"
    LTV_UPDATES = "ltv-updates"
    FORM_FILLING = "form-filling"
    ANNOTATIONS = "annotations"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Changes:
    """The worst class of later changes, why it does not pass, and how many values of forms were changed."""

    worst: Change
    reason: Reason | None = None
    values: frozenset[str] = frozenset()
    """Names of form fields that are no signatures; they stay inside this package."""
    permitted: bool = False
    """The signature said in so many words that such changes may be made."""


_CLASSES: Final = {
    ModificationLevel.NONE: Change.NONE,
    ModificationLevel.LTA_UPDATES: Change.LTV_UPDATES,
    ModificationLevel.FORM_FILLING: Change.FORM_FILLING,
    ModificationLevel.ANNOTATIONS: Change.ANNOTATIONS,
    ModificationLevel.OTHER: Change.OTHER,
}
_OTHER: Final = Changes(Change.OTHER, Reason.PDF_CHANGED_AFTER_SIGNING)
_RULES: Final = (
    CatalogModificationRule(),  # type: ignore[no-untyped-call]
    DocInfoRule().as_qualified(ModificationLevel.LTA_UPDATES),
    XrefStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
    ObjectStreamRule().as_qualified(ModificationLevel.LTA_UPDATES),
    DSSCompareRule().as_qualified(ModificationLevel.LTA_UPDATES),
    MetadataRule().as_qualified(ModificationLevel.LTA_UPDATES),
)
_FORM: Final = FormUpdatingRule(
    field_rules=[
        SigFieldCreationRule(),  # type: ignore[no-untyped-call]
        SigFieldModificationRule(),
        GenericFieldModificationRule(),
    ]
)
_PLAIN: Final = StandardDiffPolicy(global_rules=[*_RULES], form_rule=_FORM)
_WITH_ANNOTATIONS: Final = StandardDiffPolicy(global_rules=[*_RULES, AnnotationRule()], form_rule=_FORM)


def review(reader: Reader, revision: int, permissions: Permissions, signature_fields: frozenset[str]) -> Changes:
    """Compare every revision after ``revision`` with it."""
    free = _compare(reader, revision, _WITH_ANNOTATIONS, Permissions())
    if free is None:
        return _OTHER
    worst = _CLASSES[free.modification_level]
    values = frozenset(free.changed_form_fields) - signature_fields
    if permissions.said_anything and not _is_permitted(reader, revision, permissions):
        return Changes(worst, Reason.PDF_CHANGE_NOT_PERMITTED, values)
    permitted = permissions.document is not None
    if worst is Change.ANNOTATIONS and not permitted:
        return Changes(worst, Reason.PDF_CHANGED_AFTER_SIGNING, values)  # it may lie over the text (SG-08)
    return Changes(worst, None, values, permitted)


def _is_permitted(reader: Reader, revision: int, permissions: Permissions) -> bool:
    policy = _WITH_ANNOTATIONS if permissions.document in {MDPPerm.ANNOTATE, None} else _PLAIN
    held = _compare(reader, revision, policy, permissions)
    if held is None:
        return False
    return permissions.document is None or held.modification_level.value <= permissions.document.value


def _compare(reader: Reader, revision: int, policy: DiffPolicy, permissions: Permissions) -> DiffResult | None:
    """The library's answer, or `None` for a change that no rule explains; a failure inside is one of those."""
    reader.budget.renew(times=reader.total_revisions - revision)
    try:
        with fence(Reason.PDF_CHANGED_AFTER_SIGNING):
            result = policy.review_file(
                reader, revision, field_mdp_spec=permissions.fields, doc_mdp=permissions.document
            )
    except Fault:
        return None
    return result if isinstance(result, DiffResult) else None
