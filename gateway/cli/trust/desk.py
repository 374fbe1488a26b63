"""What the verbs of ``gate trust`` share: the office out of the settings, files, and refusals as exit codes."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeVar

import typer

from certs.trust.list_errors import ListError
from gateway.admin.trust_examination import RefusedDocumentError
from gateway.admin.trust_office import TrustOffice
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from gateway.cli.output import Exit, stop
from gateway.cli.stores import Opened, with_stores
from gateway.trust_files import trust_files

T = TypeVar("T")

FILE_LIMIT: Final = 32 * 1024 * 1024
"""Bytes of one document, signatures and all."""

ListId = Annotated[str, typer.Argument(help="The list's id, as `gate trust list` shows it.")]
Out = Annotated[Path | None, typer.Option("--out", help="Write the result there; default: print it.", dir_okay=False)]


def in_office(config: Path | None, work: Callable[[Opened, TrustOffice], Awaitable[T]]) -> T:
    """Do one piece of work on the lists; what is refused ends the command with its sentence and exit code."""

    async def run(gate: Opened) -> T:
        return await work(gate, _office(gate))

    return told(lambda: with_stores(config, run))


def told(work: Callable[[], T]) -> T:
    """Do it; a refusal becomes a sentence and an exit code."""
    try:
        return work()
    except TrustRefusedError as error:
        stop(f"refused ({error.refusal}): {error}", Exit.PRECONDITION)
    except (ListError, RefusedDocumentError) as error:
        stop(f"the document is refused: {error}", Exit.PRECONDITION)


def read(path: Path) -> bytes:
    """A document's bytes, within the limit."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror})", Exit.PRECONDITION)
    if len(data) > FILE_LIMIT:
        stop(f"{path} is larger than any document that is accepted", Exit.PRECONDITION)
    return data


def give(data: bytes, out: Path | None) -> None:
    """Write a result, or print it."""
    if out is None:
        typer.echo(data.decode("utf-8"), nl=False)
        return
    try:
        out.write_bytes(data)
    except OSError as error:
        stop(f"{out} cannot be written ({error.strerror})", Exit.PRECONDITION)


def refuse(refusal: TrustRefusal, words: str) -> NoReturn:
    """End the command."""
    stop(f"refused ({refusal}): {words}", Exit.PRECONDITION)


def _office(gate: Opened) -> TrustOffice:
    settings, stores = gate.settings.signatures, gate.stores
    if settings is None:
        refuse(TrustRefusal.OFF, "the settings have no block [signatures]")
    files = trust_files(settings, gate.keys)
    return TrustOffice(stores.trust_lists, stores.trust_proposals, stores.reports, stores.audit, files)
