"""Small PDFs for tests, built by hand, signed with pyHanko's signer, and changed afterwards by hand again."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

NOW = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
CATALOG, PAGES, PAGE, TEXT, FONT, VALUE = 1, 2, 3, 4, 5, 6
_PAGE = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>{more}>>"
CATALOG_BODY = "<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/DA(/F1 0 Tf)/DR<</Font<</F1 5 0 R>>>>>>>>"
VALUE_BODY = "<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V({value})/Rect[10 10 90 30]/P 3 0 R/F 4/DA(/F1 12 Tf 0 g)>>"


def page(more: str = "/Annots[6 0 R]") -> str:
    return _PAGE.format(more=more)


def stream(text: str) -> str:
    return f"<</Length {len(text)}>>stream\n{text}\nendstream"


def a_pdf(**changes: str) -> bytes:
    """One page, one font, one form field; a keyword named like the constants replaces an object's body."""
    bodies = {
        "catalog": CATALOG_BODY,
        "pages": "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "page": page(),
        "text": stream("BT /F1 24 Tf 20 100 Td (pay 100) Tj ET"),
        "font": "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        "value": VALUE_BODY.format(value="100"),
    } | changes
    return _written(b"%PDF-1.7\n", dict(enumerate(bodies.values(), start=1)), "")


def update(data: bytes, bodies: dict[int, str], *, root: str | None = None) -> bytes:
    """Append an incremental update that writes these objects anew."""
    previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    root = root or re.findall(rb"/Root\s+(\d+ \d+ R)", data)[-1].decode()
    return _written(data if data.endswith(b"\n") else data + b"\n", bodies, f"/Prev {previous}", root, size_of(data))


def size_of(data: bytes) -> int:
    return max(int(size) for size in re.findall(rb"/Size\s+(\d+)", data))


def body_of(data: bytes, number: int) -> str:
    """The body of an object as it was written last."""
    found = re.findall(rb"(?:^|\s)%d 0 obj\s(.*?)\s*endobj" % number, data, re.DOTALL)
    return found[-1].decode("latin-1")


def _written(start: bytes, bodies: dict[int, str], more: str, root: str = "1 0 R", size: int = 0) -> bytes:
    out = BytesIO()
    out.write(start)
    places = {}
    for number, body in bodies.items():
        places[number] = out.tell()
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    table = out.tell()
    out.write(b"xref\n" + (b"" if more else b"0 1\n0000000000 65535 f \n"))
    out.writelines(f"{number} 1\n{place:010d} 00000 n \n".encode() for number, place in places.items())
    size = max(size, max(places, default=0) + 1)
    out.write(f"trailer\n<</Size {size}/Root {root}{more}>>\nstartxref\n{table}\n%%EOF\n".encode())
    return out.getvalue()


@cache
def a_signer(name: str = "Signer", *, timestamping: bool = False) -> Any:
    """The same key and self-signed certificate for the same name, as asn1crypto has them."""
    # pyHanko's stamping authority for tests signs with RSA only
    key = rsa.generate_private_key(65_537, 2_048) if timestamping else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name.from_rfc4514_string(f"CN={name},C=HK")
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4_711)
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.KeyUsage(True, True, *[False] * 7), critical=True)
    )
    if timestamping:
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.OID_TIME_STAMPING]), critical=True)
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    secret = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return asn1_x509.Certificate.load(certificate), keys.PrivateKeyInfo.load(secret)


def certificate_of(name: str = "Signer") -> bytes:
    return a_signer(name)[0].dump()


def a_stamper() -> DummyTimeStamper:
    certificate, key = a_signer("Stamps", timestamping=True)
    return DummyTimeStamper(tsa_cert=certificate, tsa_key=key, fixed_dt=NOW)


def sign(data: bytes, name: str = "Signer", *, stamped: bool = False, spec: Any = None, **options: Any) -> bytes:
    """Sign as ``name``, into a field of that name; options are those of the signature's metadata."""
    certificate, key = a_signer(name)
    signer = signers.SimpleSigner(signing_cert=certificate, signing_key=key, cert_registry=SimpleCertificateStore())
    settings = {"field_name": name, "md_algorithm": "sha256", "subfilter": fields.SigSeedSubFilter.PADES} | options
    signing = signers.PdfSigner(
        signers.PdfSignatureMetadata(**settings),
        signer=signer,
        timestamper=a_stamper() if stamped else None,
        new_field_spec=spec,
    )
    return signing.sign_pdf(IncrementalPdfFileWriter(BytesIO(data))).getvalue()


def stamp(data: bytes) -> bytes:
    """Append a document timestamp."""
    stamper = signers.PdfTimeStamper(a_stamper())
    return stamper.timestamp_pdf(IncrementalPdfFileWriter(BytesIO(data)), "sha256").getvalue()


def fill(data: bytes, value: str) -> bytes:
    """Write another value into the form's field."""
    return update(data, {VALUE: VALUE_BODY.format(value=value)})
