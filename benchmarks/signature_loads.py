"""Signatures of people whose certificates were met a moment ago, each beside the cryptography that it needs."""

import base64
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from benchmarks.mapping_timing import Load, Rates, median, ratio, take_turns
from benchmarks.signature_engine import ASKED, CONTENT, NOW, Engine, iam_smart, raw_digest, text
from benchmarks.signature_report import Row
from certs.keys import sm2
from certs.keys.signing_key import Algorithm, SigningKey
from certs.keys.verification_keys import VerificationKeys
from certs.signatures.formats.raw import ALGORITHMS
from certs.signatures.request import read_request
from certs.signatures.seal import open_sealed, seal
from certs.trust.certificate import read_certificate
from certs.trust.content import DigestContent
from mock_idps.authority import jws
from mock_idps.authority.certificate import Issued

TURN: Final = 20
"""Calls in one turn of a load, so that its own loop does not count."""
_MICROSECONDS: Final = 1_000_000


def times(work: Any) -> Load:
    """Make a load of one piece of work."""

    def load() -> int:
        for _ in range(TURN):
            work()
        return TURN

    return load


def rows(engine: Engine, rounds: int, seconds: float) -> Iterator[Row]:
    """The rows of what is remembered."""
    yield from _rsa(engine, rounds, seconds)
    yield from _sm2(engine, rounds, seconds)
    yield from _reports(engine, rounds, seconds)


def _rsa(engine: Engine, rounds: int, seconds: float) -> Iterator[Row]:
    certificate = engine.world.issue("hk-personal-mr")
    person, result = iam_smart(engine.world)
    loads = {
        "raw": times(raw_rsa(certificate)),
        "raw digest": times(_judging(engine, certificate, raw_digest(certificate))),
        "iAM Smart": times(_judging(engine, person, result)),
        "JWS": times(_judging(engine, certificate, _jws(certificate, {}))),
        "JAdES": times(_judging(engine, certificate, _jws(certificate, jws.jades_header(NOW)))),
    }
    rates = take_turns(loads, rounds, seconds)
    yield _rate("RSA-2048: the library's verify alone", rates, "raw")
    yield _row("raw digest, RSA-2048, simple report", rates, "raw digest", 0.4)
    yield _row("iAM Smart result, RSA-2048", rates, "iAM Smart", 0.4)
    yield _row("JWS compact, RS256", rates, "JWS", 0.35)
    yield _row("JAdES compact, RS256", rates, "JAdES", 0.35)


def _sm2(engine: Engine, rounds: int, seconds: float) -> Iterator[Row]:
    certificate = engine.world.issue("gd-sign")
    members = raw_digest(certificate)
    request = read_request(members)
    key = read_certificate(certificate.der).key.native
    e, signature = base64.b64decode(members["content"]["sm2_e"]), request.signature
    library, handle = sm2._library(), key._key  # noqa: SLF001 - the measuring stick is what lies below the adapter
    loads = {
        "raw": times(lambda: library.verify_digest(handle, e, signature)),
        "adapter": times(lambda: key.verify_digest(e, signature)),
        "judged": times(_judging(engine, certificate, members | {"relying_jurisdiction": "HK"})),
    }
    rates = take_turns(loads, rounds, seconds)
    yield _rate("SM2: libcrypto's verify alone", rates, "raw")
    yield _row("raw signature over e, SM2", rates, "judged", 0.8)
    speed = _openssl_speed()
    if speed:
        yield Row("the SM2 adapter against `openssl speed`", median(rates, "adapter") / speed, "x", 0.85, at_least=True)


def _reports(engine: Engine, rounds: int, seconds: float) -> Iterator[Row]:
    key = SigningKey.generate(Algorithm.ES256, NOW - timedelta(days=1))
    certificate = engine.world.issue("hk-personal-mr")
    report = engine.judge(raw_digest(certificate), engine.news(certificate))
    token, keys = seal(report, key), VerificationKeys.from_jwks({"keys": [key.public_jwk()]})
    private = ec.generate_private_key(ec.SECP256R1())
    signature, public = private.sign(CONTENT, ec.ECDSA(hashes.SHA256())), private.public_key()
    loads = {
        "raw": times(lambda: public.verify(signature, CONTENT, ec.ECDSA(hashes.SHA256()))),
        "offline": times(lambda: open_sealed(token, keys)),
        "sealed": times(lambda: seal(report, key)),
    }
    rates = take_turns(loads, rounds, seconds)
    yield _row("a simple report verified offline, ES256", rates, "offline", 0.7)
    yield _rate("a simple report signed (not counted above)", rates, "sealed")


def raw_rsa(certificate: Issued) -> Any:
    """What the library alone does for one RSA signature over a digest."""
    request = read_request(raw_digest(certificate))
    key, content = read_certificate(certificate.der).key.native, request.content
    if not isinstance(content, DigestContent) or ALGORITHMS[request.algorithm or ""].family != "RSA":
        raise TypeError("an RSA signature over a digest is wanted here")
    scheme, digest = padding.PKCS1v15(), Prehashed(hashes.SHA256())
    return lambda: key.verify(request.signature, content.value, scheme, digest)


def _judging(engine: Engine, certificate: Issued, members: dict[str, Any]) -> Any:
    news = engine.news(certificate)
    engine.accepted(members, news)
    return lambda: engine.judge(members, news)


def _jws(certificate: Issued, header: dict[str, Any]) -> dict[str, Any]:
    signer = jws.Signer(certificate=certificate, header=jws.merged(jws.certificate_header(certificate), header))
    return {"format": "jades" if header else "jws", "signature": text(jws.compact(CONTENT, signer))} | ASKED


def _openssl_speed() -> float | None:
    """Verifications a second, by the library's own measurement; `None` where the program is missing."""
    program = shutil.which("openssl")
    if program is None:
        return None
    ran = subprocess.run([program, "speed", "-seconds", "2", "sm2"], capture_output=True, text=True, check=False)
    lines = [line.split() for line in ran.stdout.splitlines() if "CurveSM2" in line]
    return float(lines[-1][-1]) if lines else None


def _row(name: str, rates: Rates, load: str, goal: float) -> Row:
    note = f"{_MICROSECONDS / median(rates, load):,.0f} µs against {_MICROSECONDS / median(rates, 'raw'):,.0f}"
    return Row(name, ratio(rates, load, "raw"), "x", goal, at_least=True, note=note)


def _rate(name: str, rates: Rates, load: str) -> Row:
    return Row(name, median(rates, load), "/s", None)
