"""Sign a file as anybody in the cast: `python -m mock_idps sign --kind hk-personal-mr --as chan-siu-ming FILE`.

Keys live as long as the command, so the roots come along (`--roots`) or the running sandbox signs (`--at-desk`).
"""

import argparse
import base64
import json
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mock_idps.authority import World, samples
from mock_idps.authority.equivalence import signed_equivalence
from mock_idps.authority.kinds import KINDS
from mock_idps.authority.listed import LISTS
from mock_idps.authority.lists import signed_list
from mock_idps.authority.root import signed_root
from mock_idps.authority.samples import FORMATS, SIGNATURE_SPOILS, Order, OrderError
from mock_idps.authority.spoils import SPOILS

_SECONDS: Final = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's options."""
    parser.add_argument("file", type=Path, metavar="FILE", help="what is signed; - reads standard input")
    parser.add_argument("--format", choices=sorted(FORMATS), default="cms-detached")
    parser.add_argument("--kind", choices=sorted(KINDS), default="hk-personal-mr", help="type of certificate")
    parser.add_argument("--as", dest="persona", default="chan-siu-ming", help="id of a persona, or any name")
    parser.add_argument("--certificate-spoil", choices=SPOILS, help="the one thing wrong with the certificate")
    parser.add_argument(
        "--signature-spoil", choices=SIGNATURE_SPOILS, help="the one thing wrong with it, if the format can"
    )
    parser.add_argument("--timestamp", choices=("hk-tsa", "gd-tsa", "mo-tsa"), help="stamp it by this authority")
    parser.add_argument("--pss", action="store_true", help="RSA with PSS padding")
    parser.add_argument("--staple", action="store_true", help="put status answers into the message")
    parser.add_argument("--at-desk", metavar="URL", help="let the running authority sign, whose lists you import")
    parser.add_argument("--lists", type=Path, metavar="FOLDER", help="write root, lists and table there too")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the sample goes; standard output otherwise")


def run(options: argparse.Namespace) -> int:
    """Make the sample and write it."""
    content = sys.stdin.buffer.read() if str(options.file) == "-" else options.file.read_bytes()
    order = {
        "format": options.format,
        "kind": options.kind,
        "persona": options.persona,
        "certificate_spoil": options.certificate_spoil,
        "signature_spoil": options.signature_spoil,
        "timestamp": options.timestamp,
        "pss": options.pss,
        "staple": options.staple,
    }
    try:
        signed = _at_desk(options.at_desk, order, content) if options.at_desk else _here(options, order, content)
    except (OrderError, urllib.error.URLError) as error:
        sys.stderr.write(f"cannot sign: {error}\n")
        return 1
    if options.out is None:
        sys.stdout.buffer.write(signed)
    else:
        options.out.write_bytes(signed)
    return 0


def _here(options: argparse.Namespace, order: dict[str, Any], content: bytes) -> bytes:
    world = World.make(datetime.now(UTC).replace(microsecond=0))
    if options.lists is not None:
        write_lists(world, options.lists)
    return samples.make(world, Order(**order), content)


def write_lists(world: World, folder: Path) -> None:
    """Write the world's root, trust lists and equivalence table into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.json").write_bytes(signed_root(world))
    (folder / "equivalence.json").write_bytes(signed_equivalence(world))
    for list_id in LISTS:
        (folder / f"{list_id}.json").write_bytes(signed_list(world, list_id))


def _at_desk(address: str, order: dict[str, Any], content: bytes) -> bytes:
    """Ask a running authority, so that the sample fits the lists that it serves."""
    asked = {name: value for name, value in order.items() if value is not None}
    asked["content"] = base64.b64encode(content).decode("ascii")
    if not address.startswith(("http://", "https://")):
        raise OrderError("the desk has an address on the web")
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked one line above
        f"{address.rstrip('/')}/sign",
        data=json.dumps(asked).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - the same
        return bytes(answer.read())
