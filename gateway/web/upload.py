"""Reading an upload: a form with files, counted and bounded, whose files are gone when the request is (SG-12).

Larger files lie in unnamed temporary files while they come in; nothing that a person uploads is kept.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from gateway.web.forms import FormError

LARGEST: Final = 33_554_432
"""Bytes of all files of one form."""
_MEDIA: Final = "multipart/form-data"
_FILES: Final = 4
_FIELDS: Final = 16
_FIELD_BYTES: Final = 4096
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True, repr=False)
class Upload:
    """The fields and the files of one form; a file that the person left out is absent."""

    fields: Mapping[str, str]
    files: Mapping[str, UploadFile]

    @property
    def size(self) -> int:
        """Bytes of all files together; known before any of them is read into memory."""
        return sum(file.size or 0 for file in self.files.values())


@contextlib.asynccontextmanager
async def upload_of(request: Request, known: frozenset[str]) -> AsyncIterator[Upload]:
    """Read the form and close its files at the end; raises ``FormError``, also for doubled and unknown parts."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != _MEDIA:
        raise FormError(415)
    try:
        form = await request.form(max_files=_FILES, max_fields=_FIELDS, max_part_size=_FIELD_BYTES)
    except HTTPException as error:
        if error.status_code != _BAD_REQUEST:
            raise  # too large or too slow: the edge says so
        raise FormError(_BAD_REQUEST) from None
    try:
        yield _sorted(form, known)
    finally:
        await form.close()


def _sorted(form: FormData, known: frozenset[str]) -> Upload:
    parts = form.multi_items()
    if len(dict(parts)) != len(parts) or not form.keys() <= known:
        raise FormError(_BAD_REQUEST)
    fields = {name: part for name, part in parts if isinstance(part, str)}
    # Browsers send an empty part for a file that nobody has chosen.
    files = {name: part for name, part in parts if isinstance(part, UploadFile) and part.size}
    return Upload(fields, files)
