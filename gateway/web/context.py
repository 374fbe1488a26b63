"""What the HTTP edge works with, put together once by the composition root."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from gateway.broker.begin import Visit
from gateway.broker.parts import Broker
from gateway.broker.verify import Verifier
from gateway.oidc.dynamic_registration import Registrar
from gateway.oidc.federation.entity import OwnEntity
from gateway.oidc.provider import OpenIDProvider
from gateway.oidc.request_checks import OfferedValues
from gateway.signatures.signing import SigningDesk
from gateway.web.browser import Cookies, digest
from gateway.web.languages import negotiate
from gateway.web.limits import Refusals, SignInPace
from gateway.web.signature_desk import SignatureDesk
from gateway.web.source import CertificateSource

Ready = Callable[[], Awaitable[Mapping[str, bool]]]


@dataclass(frozen=True, slots=True)
class Web:
    """The edge's parts."""

    issuer: str
    broker: Broker
    op: OpenIDProvider
    verifier: Verifier
    cookies: Cookies
    form_key: bytes
    default_language: str
    clock: Callable[[], datetime]
    ready: Ready
    offered: OfferedValues
    provider_addresses: Mapping[str, str]
    """By provider: an address of its origin, where the chooser's form may end."""
    refusals: Refusals
    sign_in_pace: SignInPace
    registrar: Registrar
    certificate_source: CertificateSource
    wake: Callable[[], None]
    """To be called when there is something to deliver to relying parties: they hear of it at once."""
    keys_cache_control: str = "public, max-age=300, stale-if-error=86400"
    """How long others may hold our published keys: a rotation waits as long before a new key signs (§9.1)."""
    entity: OwnEntity | None = None
    """What the gateway says of itself to a federation; None outside of one."""
    signatures: SignatureDesk | None = None
    """None for a gateway that validates no signatures: then it has no such addresses either."""
    signing: SigningDesk | None = None
    """Has people sign through the gateway; None where nothing could be validated."""

    def language(self, request: Request, ui_locales: Sequence[str] = ()) -> str:
        """The language for this person: the client's wish, their own choice, their browser's, ours."""
        return negotiate(
            ui_locales,
            self.cookies.language(request),
            request.headers.get("accept-language"),
            self.default_language,
        )

    def visit(self, request: Request, binding: str, language: str) -> Visit:
        """The request as the broker sees it."""
        session = self.cookies.session(request)
        return Visit(
            browser=digest(binding),
            language=language,
            correlation_id=correlation_id(request),
            now=self.clock(),
            session=digest(session) if session else None,
        )


def web_of(request: Request) -> Web:
    """The edge's parts, kept on the application."""
    web: Web = request.app.state.web
    return web


def signatures_of(request: Request) -> SignatureDesk:
    """What validates; its routes exist only where it does."""
    desk = web_of(request).signatures
    if desk is None:
        raise LookupError
    return desk


def correlation_id(request: Request) -> str:
    """The id of this request, for logs, audit and support."""
    return str(request.state.correlation_id)
