"""Faults, certificates and keys that end at midnight: each fails closed for its own function, and nothing else does."""

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.keys.key_state import KeyState
from certs.keys.rotation.guards import Facts, GuardNumber, to_activate
from certs.keys.rotation.records import KeyRecord, Proof, ProofKind
from certs.keys.rotation.rules import EXPIRY_MARGIN, Publication, Rules
from certs.trust.list_errors import ListError
from certs.trust.list_signing import verify_list
from providers.calls import Calls
from providers.errors import ProviderError, ProviderFailure
from providers.transport import tls_context
from tests.certs import pki
from tests.certs.trust.lists.builders import NOW as LISTED
from tests.certs.trust.lists.builders import a_list, a_root, member, signed
from tests.faults.handshakes import handshake

MIDNIGHT = datetime(2026, 12, 2, tzinfo=UTC)
SECOND = timedelta(seconds=1)
STEPS = (-SECOND, timedelta(0), SECOND)
RULES = Rules(
    publication=Publication.LOCAL,
    publish_lead=timedelta(minutes=1),
    overlap=timedelta(hours=1),
    settle=timedelta(hours=1),
    active_life=timedelta(days=90),
    needs_certificate=True,
)


def a_certified_key(**changes: Any) -> KeyRecord:
    shown = MIDNIGHT - timedelta(days=30)
    key = KeyRecord("kid", "ES256", KeyState.PUBLISHED, shown, shown, "sealed:1", published_at=shown)
    return replace(key, not_after=MIDNIGHT, proof=Proof(ProofKind.PROBE, shown, "gateway"), **changes)


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_a_key_whose_certificate_is_over_is_not_made_the_signer_from_that_second_on() -> None:
    def has_a_valid_certificate(now: datetime) -> bool:
        guards = to_activate(a_certified_key(), RULES, Facts(now, ready=frozenset({"kid"})))
        return next(one.holds for one in guards if one.number is GuardNumber.CERTIFICATE)

    assert [has_a_valid_certificate(MIDNIGHT + step) for step in STEPS[1:]] == [False, False]
    assert has_a_valid_certificate(MIDNIGHT - timedelta(days=20))


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_the_next_key_takes_over_long_before_a_certificate_ends() -> None:
    active = a_certified_key(activated_at=MIDNIGHT - timedelta(days=100))

    assert RULES.activate_at(active) <= MIDNIGHT - EXPIRY_MARGIN


@pytest.mark.attack("F-CRT-01")
def test_f_crt_01_a_list_signed_by_a_key_that_is_over_is_refused_and_the_root_stays_of_use() -> None:
    end = LISTED + timedelta(days=2)
    token = signed(a_list())
    ending = a_root(member("chan", "Chan", end=end), member("wong-384", "Wong"), member("lei-ed25519", "Lei"))

    def is_taken(now: datetime, by: bytes = token) -> bool:
        try:
            verify_list(by, ending, now)
        except ListError:
            return False
        return True

    assert [is_taken(end + step) for step in STEPS] == [True, False, False]
    assert is_taken(end + SECOND, signed(a_list(), "wong-384", "lei-ed25519"))


@pytest.mark.attack("F-CRT-01")
async def test_f_crt_01_a_provider_whose_certificate_is_over_is_away_and_the_others_answer() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "over.example":
            raise httpx.ConnectError("certificate has expired", request=request)
        return httpx.Response(200, text="{}")

    calls = Calls(httpx.MockTransport(answer))

    with pytest.raises(ProviderError) as refused:
        await calls.get("macao", "https://over.example/")
    assert refused.value.failure is ProviderFailure.UNREACHABLE
    assert "certificate" not in str(refused.value)
    assert (await calls.get("hong_kong", "https://good.example/")).status == 200


@pytest.mark.attack("F-CRT-01")
@pytest.mark.parametrize("is_over", [True, False])
def test_f_crt_01_our_calls_refuse_a_certificate_that_is_over(tmp_path: Path, *, is_over: bool) -> None:
    authority = {"starts_at": datetime(2020, 1, 1, tzinfo=UTC), "ends_at": datetime(2099, 1, 1, tzinfo=UTC)}
    (tmp_path / "ca.pem").write_bytes(pki.pem_of(pki.an_authority(**authority, further=_SIGNS)))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(_served(tmp_path, datetime(2021, 1, 1, tzinfo=UTC) if is_over else authority["ends_at"]))

    def shake() -> bytes:
        return handshake(server, tls_context(tmp_path / "ca.pem"), "idp.example.mo")

    if is_over:
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            shake()
    else:
        assert shake()


def _served(folder: Path, ends_at: datetime) -> Path:
    """A server's certificate with its key, in one file."""
    der = pki.a_client_certificate(
        subject="CN=idp.example.mo",
        names=(x509.DNSName("idp.example.mo"),),
        usage=ExtendedKeyUsageOID.SERVER_AUTH,
        starts_at=datetime(2020, 6, 1, tzinfo=UTC),
        ends_at=ends_at,
    )
    key = pki.a_private_key(0).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(ssl.DER_cert_to_PEM_cert(der).encode() + key)
    return path


_SIGNS = (
    (
        x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        ),
        True,
    ),
)
