"""Pages about requests that were made elsewhere, at a kiosk (RFC 8628) or a counter (CIBA): contexts and makers.

Whoever got a stranger to open one of these pages has won half of a cross-device attack; so each page names the
service, shows what the other side shows, and says in plain words when not to go on (RFC 8628 §5.4, RFC 10027).
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from gateway.broker.model import Decided
from gateway.oidc.decoupled import DecoupledRequest
from gateway.oidc.model import Client
from gateway.web.browser import form_token, is_form_token
from gateway.web.context import Web
from gateway.web.local_time import local_minute
from gateway.web.pages import Page
from gateway.web.sign_in_pages import Elsewhere, elsewhere

DEVICE: Final = "/device"
APPROVALS: Final = "/approvals"
DECIDED: Final = f"{DEVICE}/decided"


@dataclass(frozen=True, slots=True)
class UserCodePage(Page):
    """Type the code that the kiosk shows (field ``user-code``, button ``continue``)."""

    template = "user_code.html"
    action: str
    csrf: str
    user_code: str = ""
    """The code of a QR code's address; it counts only once the form is sent."""
    is_wrong: bool = False


@dataclass(frozen=True, slots=True)
class DevicePage(Page):
    """Is this the kiosk in front of you? Buttons ``continue`` and ``deny``."""

    template = "device.html"
    action: str
    csrf: str
    user_code: str
    jurisdiction: str
    since: str
    elsewhere: Elsewhere


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request of a counter that waits for the person, with the token of its own form."""

    action: str
    csrf: str
    service: str
    jurisdiction: str
    binding_message: str | None
    since: str


@dataclass(frozen=True, slots=True)
class ApprovalsPage(Page):
    """What waits for the person's answer; buttons ``approve-<n>`` and ``deny-<n>``."""

    template = "approvals.html"
    requests: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class DecidedPage(Page):
    """Go back to the kiosk or the counter; box ``device-approved`` or ``device-denied``."""

    template = "decided.html"
    is_approved: bool
    is_at_counter: bool


def device_path(web: Web, binding: str, decoupled: DecoupledRequest, user_code: str) -> str:
    """The address of the question about one kiosk, sealed to the browser that typed its code."""
    seal = form_token(web.form_key, binding, _seen(decoupled.id, user_code))
    return f"{DEVICE}/{decoupled.id}?{urlencode({'user_code': user_code, 'seal': seal})}"


def is_device_path(web: Web, binding: str, request_id: str, user_code: str, seal: str) -> bool:
    """Whether this browser was sent to that address."""
    return is_form_token(web.form_key, binding, _seen(request_id, user_code), seal)


def device_page(web: Web, binding: str, client: Client, decoupled: DecoupledRequest, user_code: str) -> DevicePage:
    """The question about one kiosk."""
    return DevicePage(
        service=client.client_name,
        switch=device_path(web, binding, decoupled, user_code),
        action=f"{DEVICE}/{decoupled.id}",
        csrf=form_token(web.form_key, binding, purpose_of(decoupled.id)),
        user_code=user_code,
        jurisdiction=client.jurisdiction,
        since=local_minute(decoupled.created_at),
        elsewhere=elsewhere(decoupled),
    )


def waiting(web: Web, binding: str, client: Client, decoupled: DecoupledRequest) -> Waiting:
    """One entry of the list of what waits."""
    return Waiting(
        action=f"{APPROVALS}/{decoupled.id}",
        csrf=form_token(web.form_key, binding, purpose_of(decoupled.id)),
        service=client.client_name,
        jurisdiction=client.jurisdiction,
        binding_message=decoupled.binding_message,
        since=local_minute(decoupled.created_at),
    )


def provider_targets(web: Web, client: Client) -> tuple[str, ...]:
    """Where a form that opens a request may end at once: at a provider that the request names."""
    return tuple(web.provider_addresses[name] for name in web.broker.offered(client))


def purpose_of(request_id: str) -> str:
    """What the token of a form about one request is good for."""
    return f"decoupled/{request_id}"


def decided_path(web: Web, binding: str, outcome: Decided) -> str:
    """The farewell's address, sealed: nobody else can make a link that says something was approved."""
    query = {
        "is": "approved" if outcome.is_approved else "denied",
        "at": "counter" if outcome.is_at_counter else "device",
        "client_id": outcome.client_id,
    }
    return f"{DECIDED}?{urlencode({**query, 'seal': form_token(web.form_key, binding, _decided(query))})}"


def is_decided_path(web: Web, binding: str, query: dict[str, str]) -> bool:
    """Whether this browser was sent to the farewell with this query."""
    return is_form_token(web.form_key, binding, _decided(query), query.get("seal", ""))


def _seen(request_id: str, user_code: str) -> str:
    return f"decoupled/{request_id}/seen/{user_code}"


def _decided(query: dict[str, str]) -> str:
    return "/".join(("decided", *(query.get(name, "") for name in ("is", "at", "client_id"))))
