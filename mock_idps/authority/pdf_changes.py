"""What somebody might do to a PDF after it was signed: changes in a further revision, each of which must be noticed.

The document keeps every byte that was signed; only what a reader shows is another (ISO 32000-2 §7.5.6).
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

# The library's values have no types.
_dictionary: Final[Any] = generic.DictionaryObject
_list: Final[Any] = generic.ArrayObject
_number: Final[Any] = generic.NumberObject
_stream: Final[Any] = generic.StreamObject
_text: Final[Any] = generic.TextStringObject
_name: Final[Any] = generic.pdf_name
_OTHER_TEXT: Final = b"BT /F1 18 Tf 72 720 Td (Another text) Tj ET"


def _page(writer: Any) -> Any:
    return writer.root["/Pages"]["/Kids"][0]


def _replace_text(writer: Any) -> None:
    """Another content stream in the place of the signed one."""
    page = _page(writer)
    page[_name("/Contents")] = writer.add_object(_stream(stream_data=_OTHER_TEXT))
    writer.update_container(page)


def _add_page(writer: Any) -> None:
    page = _dictionary(
        {
            _name("/Type"): _name("/Page"),
            _name("/MediaBox"): _list(_number(number) for number in (0, 0, 595, 842)),
        }
    )
    writer.insert_page(page)


def _add_annotation(writer: Any) -> None:
    """A note that covers the text."""
    note = _dictionary(
        {
            _name("/Type"): _name("/Annot"),
            _name("/Subtype"): _name("/FreeText"),
            _name("/Rect"): _list(_number(number) for number in (60, 700, 500, 750)),
            _name("/Contents"): _text("Another text"),
            _name("/DA"): _text("/Helv 18 Tf 0 g"),
        }
    )
    page = _page(writer)
    annotations = page.setdefault(_name("/Annots"), _list())
    annotations.append(writer.add_object(note))
    writer.update_container(page)


def _change_font(writer: Any) -> None:
    """The same characters, drawn as others."""
    font = _page(writer)["/Resources"]["/Font"]["/F1"]
    font[_name("/BaseFont")] = _name("/Symbol")
    writer.update_container(font)


def _change_catalogue(writer: Any) -> None:
    """Something that is opened with the document."""
    action = {_name("/S"): _name("/URI"), _name("/URI"): _text("https://elsewhere.example/")}
    writer.root[_name("/OpenAction")] = _dictionary(action)
    writer.update_root()


CHANGES: Final[dict[str, Callable[[Any], None]]] = {
    "text_replaced": _replace_text,
    "page_added": _add_page,
    "annotation_added": _add_annotation,
    "font_changed": _change_font,
    "catalogue_changed": _change_catalogue,
}


def change(document: bytes, name: str) -> bytes:
    """Change a document in a further revision, by a name of `CHANGES`."""
    writer: Any = IncrementalPdfFileWriter(BytesIO(document))
    CHANGES[name](writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
