"""Documents: PDFs beside pyHanko alone and beside their digest, and a detached content that is read as a stream."""

import contextlib
import hashlib
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from benchmarks.mapping_timing import median, ratio, take_turns
from benchmarks.signature_engine import ASKED, NOW, Engine, NotAcceptedError
from benchmarks.signature_report import Row
from certs.signatures.request import ValidationRequest
from certs.signatures.signed import Format
from certs.trust.content import FileContent
from certs.trust.trust_list import Jurisdiction
from mock_idps.authority import cms, pdf
from mock_idps.authority.certificate import Issued

_SECONDS: Final = 0.2
_MEGABYTE: Final = 1_048_576
_STATUS: Final = Path("/proc/self/status")
_REFERENCES: Final = Path("/proc/self/clear_refs")


def rows(engine: Engine, rounds: int, megabytes: int) -> Iterator[Row]:
    """The rows of documents."""
    issued = engine.world.issue("hk-personal-mr")
    yield from _pdf(engine, issued, rounds)
    yield from _stream(engine, issued, megabytes)


def _pdf(engine: Engine, issued: Issued, rounds: int) -> Iterator[Row]:
    signer = cms.Signer(certificate=issued, signing_time=NOW)
    small, large = (pdf.sign(pdf.blank("x" * size), signer) for size in (100_000, 20 * _MEGABYTE))
    loads = {
        "ours": lambda: _judge(engine, issued, small),
        "ours, cold": lambda: _judge_anew(engine, issued, small),
        "pyHanko": lambda: _by_pyhanko(issued, small),
    }
    rates = take_turns(loads, rounds, _SECONDS)
    note = f"{1_000 / median(rates, 'ours'):.1f} ms against {1_000 / median(rates, 'pyHanko'):.1f}"
    yield Row("PAdES, one signature, 100 KB, against pyHanko", ratio(rates, "pyHanko", "ours"), "x", 1.3, note=note)
    yield Row("the same, certificate never seen", ratio(rates, "pyHanko", "ours, cold"), "x", None)
    big = {"ours": lambda: _judge(engine, issued, large), "digest": lambda: len(hashlib.sha256(large).digest()) // 32}
    rates = take_turns(big, max(3, rounds // 3), _SECONDS)
    note = f"{1_000 / median(rates, 'ours'):.0f} ms against {1_000 / median(rates, 'digest'):.0f}"
    yield Row("PAdES, 20 MB, against its digest", ratio(rates, "digest", "ours"), "x", 1.5, note=note)


def _request(document: bytes, content: FileContent | None = None) -> ValidationRequest:
    form = Format.PADES if content is None else Format.CMS_DETACHED
    return ValidationRequest(form, document, content, Jurisdiction(ASKED["relying_jurisdiction"]), ASKED["purpose"])


def _judge(engine: Engine, issued: Issued, document: bytes) -> int:
    report = engine.report(_request(document), engine.news(issued))
    if report["overall"]["indication"] != "TOTAL-PASSED":
        raise NotAcceptedError(str(report["overall"]))
    return 1


def _judge_anew(engine: Engine, issued: Issued, document: bytes) -> int:
    engine.forget()
    return _judge(engine, issued, document)


def _by_pyhanko(issued: Issued, document: bytes) -> int:
    """The same document by the library alone: integrity and path, no revocation, no lists, no report."""
    root = x509.Certificate.load(issued.chain[-1])
    context = ValidationContext(trust_roots=[root], allow_fetching=False, moment=NOW)
    signature = PdfFileReader(io.BytesIO(document)).embedded_signatures[0]
    status = validate_pdf_signature(signature, context)
    if not (status.intact and status.valid):
        raise NotAcceptedError("pyHanko")
    return 1


def _stream(engine: Engine, issued: Issued, megabytes: int) -> Iterator[Row]:
    """A file that no memory should hold; its bytes are zeros, so that it takes no room on the disk."""
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(megabytes * _MEGABYTE)
        path = Path(file.name)
        signer = cms.Signer(certificate=issued, signing_time=NOW, content_digest=_digest(path))
        message = cms.sign(cms.Message(content=b""), signer)

        def ours() -> int:
            report = engine.report(_request(message, FileContent(path)), engine.news(issued))
            if report["overall"]["indication"] != "TOTAL-PASSED":
                raise NotAcceptedError(str(report["overall"]))
            return 1

        rates = take_turns({"ours": ours, "digest": lambda: len(_digest(path)) // 32}, 3, _SECONDS)
        name = f"detached content of {megabytes:,} MB"
        yield Row(f"{name}, against its digest", ratio(rates, "ours", "digest"), "x", 0.9, at_least=True)
        before = _rise(None)
        ours()
        yield Row(f"{name}: memory above base", _rise(before), "MiB", 32)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _rise(before: float | None) -> float:
    """Resident memory now (and the peak begins anew), or how far the peak has risen above it since, in MiB."""
    if before is None:
        with contextlib.suppress(OSError):
            _REFERENCES.write_text("5", encoding="ascii")
        return _resident("VmRSS")
    return _resident("VmHWM") - before


def _resident(field: str) -> float:
    lines = _STATUS.read_text(encoding="ascii").splitlines() if _STATUS.exists() else []
    return next((int(line.split()[1]) / 1_024 for line in lines if line.startswith(field)), 0.0)
