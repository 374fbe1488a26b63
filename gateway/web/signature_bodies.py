"""Bodies of the signature endpoints, read within bounds: JSON, multipart with files, JSON lines (signatures §2.1, §8).

What is large goes to a file that is gone when the request is answered; nothing that a client sends ever names a file.
"""

import base64
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from certs.keys import JsonError, strict_json
from certs.signatures.request import MAX_CONTENT, MAX_PDF, MAX_SIGNATURE
from certs.trust.errors import RefusalCode, Refused
from gateway.web.service_calls import MediaTypeError

BODY: Final = 33_554_432
STREAM: Final = 2_147_483_648
BATCH: Final = 67_108_864
ITEMS: Final = 1_000
JSON: Final = "application/json"
MULTIPART: Final = "multipart/form-data"
LINES: Final = "application/x-ndjson"
_REQUEST_PART: Final = 1_048_576
_FILES: Final = {"signature": MAX_SIGNATURE, "document": MAX_PDF, "content": STREAM}
_PART_TOO_LARGE: Final = "a part of the body is too large"


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """A request's members, and the content where it is too large to be one of them."""

    members: dict[str, Any]
    content: Path | None = None


def media_type(request: Request) -> str:
    """The body's media type without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def json_body(request: Request) -> dict[str, Any]:
    """One JSON object of at most 32 MB, counted while it is read."""
    if media_type(request) != JSON:
        raise MediaTypeError
    _check_length(request, BODY)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > BODY:
            raise Refused(RefusalCode.SIZE, "the request is too large")
        pieces.append(piece)
    return read_object(b"".join(pieces))


def read_object(data: bytes) -> dict[str, Any]:
    """Strict JSON: doubled members are refused, like everything that two readers might read in two ways."""
    try:
        return strict_json.parse_object(data)
    except JsonError:
        raise Refused(
            RefusalCode.FORMAT, "the request is not one JSON object in UTF-8 without doubled members"
        ) from None


@contextlib.asynccontextmanager
async def multipart_body(request: Request) -> AsyncIterator[Received]:
    """The parts ``request``, ``signature`` or ``document``, and ``content``; their files live as long as the block."""
    try:
        form = await request.form(max_files=len(_FILES) + 1, max_fields=1, max_part_size=_REQUEST_PART)
    except HTTPException as error:
        if error.status_code != 400:  # noqa: PLR2004 - what the edge cut off stays what it is
            raise
        raise Refused(RefusalCode.FORMAT, "the multipart body is malformed or has too many parts") from None
    try:
        with contextlib.ExitStack() as files:
            yield await _received(form, files)
    finally:
        await form.close()


async def _received(form: FormData, files: contextlib.ExitStack) -> Received:
    parts = dict(form.multi_items())
    if len(parts) != len(form.multi_items()) or not set(parts) <= {"request", *_FILES}:
        raise Refused(RefusalCode.AMBIGUOUS, "the parts are request, signature or document, and content, each once")
    members = await _members(parts.pop("request", None))
    uploads = {name: part for name, part in parts.items() if isinstance(part, UploadFile)}
    if len(uploads) != len(parts) or {"signature", "document"} <= set(uploads) or set(uploads) & set(members):
        raise Refused(RefusalCode.AMBIGUOUS, "signature and content are given once, as a file or in the request")
    for name, upload in uploads.items():
        if (upload.size or 0) > _FILES[name]:
            raise Refused(RefusalCode.SIZE, _PART_TOO_LARGE)
    for name in ("signature", "document"):
        if name in uploads:
            members["signature"] = await _text(uploads[name])
    content = uploads.get("content")
    if content is None:
        return Received(members)
    if (content.size or 0) <= MAX_CONTENT:
        return Received({**members, "content": {"bytes": await _text(content)}})
    return Received(members, files.enter_context(_on_disk(content.file)))


async def _members(part: UploadFile | str | None) -> dict[str, Any]:
    if part is None:
        raise Refused(RefusalCode.FORMAT, "the part request is missing")
    if isinstance(part, str):
        return read_object(part.encode("utf-8", "surrogatepass"))
    if (part.size or 0) > _REQUEST_PART:
        raise Refused(RefusalCode.SIZE, _PART_TOO_LARGE)
    return read_object(await part.read())


async def _text(upload: UploadFile) -> str:
    return base64.b64encode(await upload.read()).decode("ascii")


@contextlib.contextmanager
def _on_disk(source: IO[bytes]) -> Iterator[Path]:
    """A file with a name, for a reader in another process."""
    with tempfile.NamedTemporaryFile(prefix="gate-content-") as file:
        source.seek(0)
        shutil.copyfileobj(source, file, 1_048_576)
        file.flush()
        yield Path(file.name)


async def spooled_lines(request: Request, file: IO[bytes]) -> int:
    """Write a batch's body to a file and count its lines; raises ``Refused`` for too many or too much."""
    if media_type(request) != LINES:
        raise MediaTypeError
    _check_length(request, BATCH)
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > BATCH:
            raise Refused(RefusalCode.SIZE, "a batch has at most 64 MB")
        file.write(piece)
    file.seek(0)
    count = sum(1 for line in file if line.strip())
    file.seek(0)
    if not 0 < count <= ITEMS:
        raise Refused(RefusalCode.SIZE, "a batch has one to 1,000 lines")
    return count


def identity(members: dict[str, Any]) -> str | None:
    """Take the caller's own id out of one item."""
    found = members.pop("id", None)
    if found is not None and (not isinstance(found, str) or len(found) > 128):  # noqa: PLR2004 - a name, not a text
        raise Refused(RefusalCode.FORMAT, "id is not a text of up to 128 characters")
    return found


def _check_length(request: Request, limit: int) -> None:
    """A body that announces itself as too large is not read at all."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > limit:
        raise Refused(RefusalCode.SIZE, "the request is too large")


def only(members: Mapping[str, Any], known: set[str]) -> None:
    """Refuse members that nobody knows: whoever sent them believed that they count."""
    if not set(members) <= known:
        raise Refused(RefusalCode.FORMAT, "the request has a member that nobody knows")
