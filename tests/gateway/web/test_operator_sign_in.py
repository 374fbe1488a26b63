"""Who asks at the operators' listener: header, cookie or certificate, and what another site's page cannot do with them."""

import ssl
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.requests import Request
from starlette.responses import Response

from certs.keys.certificate_facts import read_certificates
from certs.keys.client_certificate import ClientCertificates
from gateway.admin import operator_accounts, operator_sessions
from gateway.admin.operation_records import Strength
from gateway.admin.operator_sessions import Door
from gateway.web import operator_sign_in
from gateway.web.operator_call import CallError
from gateway.web.source import CertificateSource
from tests.certs.builders import NOW
from tests.certs.pki import a_client_certificate, an_authority, pem_of
from tests.gateway.admin.fakes import FakeAudit, FakeOperators, an_act
from tests.gateway.admin.operators_door import KEY, DoorBench

AUTHORITY = ClientCertificates([pem_of(an_authority())])
DER = a_client_certificate()


class Tries:
    """Everybody may ask."""

    async def admit(self, kind: str, key: str, now: Any) -> bool:
        return True


@dataclass
class FakeDesk:
    """What authentication needs of a desk."""

    door: Door
    operators: FakeOperators
    secret_key: bytes = KEY
    audit: FakeAudit = field(default_factory=FakeAudit)
    attempts: Tries = field(default_factory=Tries)
    certificate_source: CertificateSource = field(default_factory=CertificateSource)

    @staticmethod
    def clock() -> Any:
        return NOW


def a_request(method: str = "GET", scheme: str = "https", der: bytes | None = None, **headers: str) -> Request:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    chain = [ssl.DER_cert_to_PEM_cert(der)] if der else []
    scope: dict[str, Any] = {"type": "http", "method": method, "scheme": scheme, "path": "/v1/session"}
    scope |= {"server": ("ops.example", 443 if scheme == "https" else 80), "query_string": b"", "headers": lines}
    scope |= {"extensions": {"tls": {"client_cert_chain": chain}}, "state": {"correlation_id": "c-1"}}
    return Request(scope)


@pytest.fixture
async def desk() -> Any:
    bench = DoorBench()
    await bench.enrolled()
    (facts,) = read_certificates(x509.load_der_x509_certificate(DER).public_bytes(Encoding.PEM))
    await operator_accounts.bind_certificate(bench.office(), "ada", facts, an_act(now=NOW))
    return FakeDesk(bench.door(certificates=AUTHORITY), bench.operators)


async def a_session(desk: Any) -> str:
    act = an_act(now=NOW, operator="nobody")
    return (await operator_sessions.sign_in_by_certificate(desk.door, DER, act)).token


async def status_of(step: Any) -> int:
    with pytest.raises(CallError) as refused:
        await step
    return refused.value.status


@pytest.mark.spec("RFC 8705 §3")
async def test_a_client_certificate_is_enough_to_ask_and_counts_as_strong(desk: Any) -> None:
    signed = await operator_sign_in.authenticated(a_request("POST", der=DER), desk)

    assert (signed.operator.name, signed.strength, signed.session) == ("ada", Strength.CERTIFICATE, None)


async def test_a_certificate_of_nobody_opens_nothing_and_is_put_on_record(desk: Any) -> None:
    stranger = a_client_certificate(number=7)

    assert await status_of(operator_sign_in.authenticated(a_request(der=stranger), desk)) == 401
    assert [event.details["why"] for event in desk.audit.events] == ["certificate"]


@pytest.mark.parametrize(
    "headers", [{"sec_fetch_site": "cross-site"}, {"sec_fetch_site": "same-site"}, {"origin": "https://evil.example"}]
)
async def test_another_sites_page_changes_nothing_with_the_browsers_certificate(
    desk: Any, headers: dict[str, str]
) -> None:
    assert await status_of(operator_sign_in.authenticated(a_request("POST", der=DER, **headers), desk)) == 403
    own = a_request("POST", der=DER, origin="https://ops.example", host="ops.example")
    assert (await operator_sign_in.authenticated(own, desk)).operator.name == "ada"


async def test_the_api_takes_no_cookie_and_pages_take_no_header(desk: Any) -> None:
    token = await a_session(desk)
    with_cookie = a_request(der=DER, cookie=f"__Host-gate-operator={token}")
    with_header = a_request(der=DER, authorization=f"Bearer {token}")

    assert (await operator_sign_in.authenticated(with_cookie, desk)).session is None
    assert (await operator_sign_in.authenticated(with_header, desk)).session is not None
    assert await operator_sign_in.signed_in(with_header, desk) is None
    signed = await operator_sign_in.signed_in(with_cookie, desk)
    assert signed is not None
    assert signed.operator.name == "ada"


async def test_a_session_by_certificate_is_worth_nothing_without_the_certificate(desk: Any) -> None:
    token = await a_session(desk)

    assert await operator_sign_in.signed_in(a_request(cookie=f"__Host-gate-operator={token}"), desk) is None


@pytest.mark.parametrize(
    "cookie",
    ["", "__Host-gate-operator=", "gate-operator=x", "__Host-gate-operator=x; __Host-gate-operator=x", "x" * 400],
)
def test_a_doubled_an_empty_and_a_planted_cookie_are_none(cookie: str) -> None:
    assert operator_sign_in.session_token(a_request(cookie=cookie)) is None


def test_the_cookie_is_for_this_host_over_https_and_travels_from_no_other_site(desk: Any) -> None:
    response, plain = Response(), Response()

    operator_sign_in.set_session(a_request(), response, desk, "a-token")
    operator_sign_in.end_session(a_request(scheme="http"), plain)

    told = response.headers["set-cookie"].lower()
    assert told.startswith("__host-gate-operator=a-token; ")
    assert all(part in told for part in ("httponly", "secure", "samesite=strict", "path=/", "max-age=28800"))
    assert "domain" not in told
    assert plain.headers["set-cookie"].startswith('gate-operator=""; ')


@pytest.mark.attack("WB-02")
def test_wb_02_a_forms_token_is_one_sessions_and_one_purposes(desk: Any) -> None:
    token = operator_sign_in.csrf_token(desk, "session-1", "outage")

    assert operator_sign_in.is_csrf_token(desk, "session-1", "outage", token)
    assert not operator_sign_in.is_csrf_token(desk, "session-2", "outage", token)
    assert not operator_sign_in.is_csrf_token(desk, "session-1", "switch", token)
    assert not operator_sign_in.is_csrf_token(desk, "session-1", "outage", "")
