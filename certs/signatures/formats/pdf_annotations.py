"""A rule for the difference analysis: comments that were put onto pages, or taken off, and nothing else on those pages.

pyHanko has the class of changes but no rule for it, so every comment would count as an unexplained change, also where
the author of a document allowed comments (DocMDP level 3, ISO 32000-2 §12.8.2.2). Widgets belong to the form's rules.
"""

from collections.abc import Iterator
from typing import Any, Final, cast

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, RawPdfPath
from pyhanko.sign.diff_analysis import ModificationLevel, QualifiedWhitelistRule, ReferenceUpdate
from pyhanko.sign.diff_analysis.commons import compare_dicts
from pyhanko.sign.diff_analysis.rules_api import RelativeContext

from certs.signatures.formats.pdf_limits import member

_Update = tuple[ModificationLevel, ReferenceUpdate]
_ONLY_ANNOTATIONS: Final = frozenset({"/Annots"})
_MAX_TREE: Final = 16


class AnnotationRule(QualifiedWhitelistRule):
    """Explains new annotations, the lists that name them, and the pages whose list was replaced."""

    def apply_qualified(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterator[_Update]:
        """Yield what is explained when one revision is compared with the next."""
        for reference in _changed_pages(old, new):
            for update in _page_updates(reference, old(reference), new(reference), old, new):
                yield ModificationLevel.ANNOTATIONS, update


def _changed_pages(old: HistoricalResolver, new: HistoricalResolver) -> Iterator[generic.Reference]:
    """Pages that were written anew, and those whose list of annotations was."""
    changed = new.explicit_refs_in_revision()  # type: ignore[no-untyped-call]
    written = [each for each in changed if not old.is_ref_unassignable(each)]
    written.sort(key=lambda each: each.idnum)
    lists = set()
    for reference in written:
        before = old(reference)
        if isinstance(before, generic.DictionaryObject) and member(before, "/Type") == "/Page":
            yield reference
        elif isinstance(before, generic.ArrayObject):
            lists.add(reference)
    if lists:
        yield from (reference for reference, page in _pages(old.root["/Pages"]) if _list_of(page) in lists)


def _page_updates(
    reference: generic.Reference, old_page: Any, new_page: Any, old: HistoricalResolver, new: HistoricalResolver
) -> Iterator[ReferenceUpdate]:
    before, after = _annotations(old_page), _annotations(new_page)
    added = [item for item in after if item not in before and not _is_widget(after[item])]
    removed = [item for item in before if item not in after]
    if not (added or removed) or any(_is_widget(before[item]) for item in removed):
        return
    if any(_is_widget(after[item]) and not old.is_ref_unassignable(item) for item in after if item not in before):
        return  # an older object posing as a field
    if not compare_dicts(old_page, new_page, _ONLY_ANNOTATIONS, raise_exc=False):
        return
    yield ReferenceUpdate(reference)
    array = _list_of(new_page)
    if array is not None:
        yield ReferenceUpdate(array, RelativeContext(reference, RawPdfPath("/Annots")))
    for item in added:
        if old.is_ref_unassignable(item):
            yield ReferenceUpdate(item)
            fresh = new.collect_dependencies(after[item], since_revision=new.revision)
            yield from (ReferenceUpdate(found) for found in fresh if old.is_ref_unassignable(found))


def _list_of(page: Any) -> generic.Reference | None:
    array = page.raw_get("/Annots") if "/Annots" in page else None
    return array.reference if isinstance(array, generic.IndirectObject) else None


def _annotations(page: Any) -> dict[generic.Reference, Any]:
    array = member(page, "/Annots", ())
    return {
        item.reference: cast("Any", item).get_object() for item in array if isinstance(item, generic.IndirectObject)
    }


def _is_widget(annotation: Any) -> bool:
    return bool(member(annotation, "/Subtype") == "/Widget")


def _pages(node: Any, depth: int = 0) -> Iterator[tuple[generic.Reference, Any]]:
    for kid in node["/Kids"] if depth < _MAX_TREE else ():
        page = kid.get_object()
        if "/Kids" in page:
            yield from _pages(page, depth + 1)
        else:
            yield kid.reference, page
