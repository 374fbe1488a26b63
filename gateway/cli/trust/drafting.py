"""Making a list: files only, so that it can be done on a machine that no network reaches (specification 4.2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from certs.keys.errors import KeyMaterialError
from certs.trust.list_document import read_list, to_payload
from certs.trust.list_signers import add_signature, read_operator_key
from certs.trust.list_signers import sign as sign_payload
from certs.trust.list_signing import DocumentKind, payload_of
from gateway.admin import trust_drafts, trust_office
from gateway.admin.trust_words import TrustRefusal, TrustRefusedError
from gateway.cli.output import AsJson, ConfigFile, show
from gateway.cli.stores import act
from gateway.cli.trust.desk import ListId, Out, give, in_office, read, told

Folder = Annotated[Path, typer.Option("--folder", help="Folder of the captures.", file_okay=False)]
Draft = Annotated[Path, typer.Argument(help="The draft.", dir_okay=False)]


def capture(
    url: Annotated[str, typer.Argument(help="Where it is published.")],
    file: Annotated[Path, typer.Option("--file", help="The bytes as they were retrieved.", dir_okay=False)],
    folder: Folder,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Keep the bytes of a published page or list, with address, moment and digest."""
    why, content = act(), read(file)
    taken = told(lambda: trust_drafts.capture(folder, content, url, why))
    show({"record": str(taken.record), "sha256": taken.sha256, "captured_by": taken.captured_by}, as_json=as_json)


def transcribe(
    *,
    record: Annotated[Path, typer.Argument(help="The record of a capture.", dir_okay=False)],
    base: Annotated[
        Path | None, typer.Option("--base", help="The signed list before it; default: an empty form.", dir_okay=False)
    ] = None,
    list_id: Annotated[str, typer.Option("--list", help="Id of a new list.")] = "",
    scheme: Annotated[str, typer.Option("--scheme", help="Scheme of a new list, such as HK-GD.")] = "",
    jurisdiction: Annotated[str, typer.Option("--jurisdiction", help="HK, MO or GD: where its CAs are.")] = "",
    out: Out = None,
) -> None:
    """Begin a draft with a capture as its source; what the page says is typed in by you."""
    header = {"list_id": list_id, "scheme": scheme, "issuing_jurisdiction": jurisdiction}
    give(told(lambda: _transcribed(record, base, header)), out)


def check(
    draft: Draft,
    folder: Folder,
    out: Out = None,
) -> None:
    """Put your name to a draft that somebody else has transcribed; it must be complete."""
    why = act()
    data = read(draft)
    give(told(lambda: trust_drafts.check(data, folder, why)), out)


def sign(
    document: Annotated[Path, typer.Argument(help="A checked draft, or a document with signatures.", dir_okay=False)],
    key_file: Annotated[Path, typer.Option("--key-file", help="Your signing key, PEM.", dir_okay=False)],
    kind: Annotated[DocumentKind, typer.Option("--kind", help="What the draft is.")] = DocumentKind.LIST,
    out: Out = None,
) -> None:
    """Add your signature; as many as the root demands are added one after the other."""
    data, pem = read(document), read(key_file)
    give(told(lambda: _signed(data, pem, kind)), out)


def rollback(
    list_id: ListId,
    sequence: Annotated[int, typer.Option("--to", help="The sequence whose content is to count again.")],
    config: ConfigFile = None,
    out: Out = None,
) -> None:
    """Draft a new list with an old one's content: sequences never go back, so it is signed and imported like any."""
    why = act()

    give(in_office(config, lambda _, office: trust_office.rollback(office, list_id, sequence, why)), out)


def _transcribed(record: Path, base: Path | None, header: Mapping[str, str]) -> bytes:
    payload = None if base is None else payload_of(read(base))
    return trust_drafts.transcribe(trust_drafts.read_capture(record), payload, header, act())


def _signed(data: bytes, pem: bytes, kind: DocumentKind) -> bytes:
    try:
        key = read_operator_key(pem)
    except KeyMaterialError as error:
        raise TrustRefusedError(TrustRefusal.KEY, f"the key file is {error}") from error
    if b'"signatures"' in data:
        return add_signature(data, key)
    payload = to_payload(read_list(data)) if kind is DocumentKind.LIST else data
    return sign_payload(payload, [key], kind=kind)
