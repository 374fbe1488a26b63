"""One sample of every page, valid by default, and a reader for the HTML that comes of it."""

from dataclasses import replace
from html.parser import HTMLParser

from gateway.oidc.names import ErrorCode
from gateway.web.account_pages import (
    AccountActPage,
    AccountEndedPage,
    AccountPage,
    AccountSignInPage,
    Receiver,
    RecordShown,
    StandingConsent,
)
from gateway.web.consent_items import ConsentGroup, ConsentItem
from gateway.web.decoupled_pages import ApprovalsPage, DecidedPage, DevicePage, UserCodePage, Waiting
from gateway.web.error_catalogue import CATALOGUE as ERRORS
from gateway.web.pages import (
    AccountNotice,
    ChooserPage,
    ErrorListPage,
    ErrorPage,
    FormPostPage,
    Page,
    PermitPage,
    ProblemPage,
    ProviderOption,
    SignedOutPage,
    SignOutPage,
)
from gateway.web.render import build_renderer
from gateway.web.sign_in_pages import ConsentPage, Elsewhere
from gateway.web.start_page import start_page
from gateway.web.texts import load_texts
from tests.gateway.web.signature_samples import MORE_SIGNATURE_PAGES, SIGNATURE_PAGES

STRICT = build_renderer(load_texts(strict=True))
VOID = {"meta", "link", "img", "input", "hr", "br"}
OPTIONS = tuple(ProviderOption(name) for name in ("hong_kong", "macao", "guangdong"))
HOME = "https://rp.example/cb?error=access_denied&state=s"

CHOOSER = ChooserPage("Harbour Hotel", "/sign-in/x", "/sign-in/x/provider", "token", OPTIONS, HOME)
AWAY = replace(
    CHOOSER,
    providers=(
        ProviderOption("hong_kong", AccountNotice("soon", "2026-11-25 01:00", "2026-11-25 05:00")),
        ProviderOption("macao", AccountNotice("away", "15:30", "16:30")),
        ProviderOption("guangdong", AccountNotice("silent")),
    ),
)
"""Every kind of notice; the real page sorts them."""
HOPELESS = replace(AWAY, providers=AWAY.providers[1:], is_hopeless=True)
PERMIT = PermitPage("Harbour Hotel", "/sign-in/x", "/sign-in/x/permit", "token", None, "陳**", HOME)
CONSENT = ConsentPage(
    service="Harbour Hotel",
    switch="/sign-in/x",
    action="/sign-in/x/consent",
    csrf="token",
    provider="hong_kong",
    jurisdiction="guangdong",
    origin="hong_kong",
    purpose="accommodation",
    name="陳**",
    groups=(
        ConsentGroup("openid", ()),
        ConsentGroup("profile", (ConsentItem("name", "陳**"), ConsentItem("gender", "female"))),
        ConsentGroup("cn_id", (ConsentItem("gba_cn_id", "8****************5", note="kind.surrogate"),)),
        ConsentGroup("cn_doc", (), missing="evidence.missing"),
    ),
    client_uri="https://rp.example",
    policy_uri="https://rp.example/privacy",
)
SIGN_OUT = SignOutPage("Harbour Hotel", "/", "/end-session/confirm", "token", (("id_token_hint", "e30"),))
SIGNED_OUT = SignedOutPage("Harbour Hotel", "/signed-out", HOME, (("macao", "https://idp.example/out"),))
PROBLEM = ProblemPage(
    service="Harbour Hotel",
    switch="/",
    code="GBA-2003",
    key="upstream_unreachable",
    reference="9f3c1a77d2b04e65",
    detail="the provider did not answer",
    provider="macao",
    others=(OPTIONS[0], OPTIONS[2]),
    action="/sign-in/x/provider",
    csrf="token",
    again="/sign-in/x",
    way_home=HOME,
)
DISCOVERY = {
    "issuer": "https://id.example",
    "authorization_endpoint": "https://id.example/authorize",
    "token_endpoint": "https://id.example/token",
    "userinfo_endpoint": "https://id.example/userinfo",
    "jwks_uri": "https://id.example/jwks",
    "registration_endpoint": "https://id.example/register",
    "service_documentation": "https://id.example/",
    "id_token_signing_alg_values_supported": ["ES256", "PS256"],
    "request_parameter_supported": True,
}
START = start_page(DISCOVERY)
ELSEWHERE = Elsewhere(is_at_counter=False, binding_message=None)
COUNTER = Elsewhere(is_at_counter=True, binding_message="W4-17 Housing desk")
FULL_CONSENT = replace(
    CONSENT,
    provider="guangdong",
    jurisdiction="hong_kong",
    origin="guangdong",
    groups=(
        ConsentGroup("openid", ()),
        ConsentGroup("profile", (ConsentItem("name", "陳**"),), is_essential=True),
        ConsentGroup("claim:birthdate", (ConsentItem("birthdate", "1985-**-**"),), is_essential=True),
        ConsentGroup(
            "claim:verified_claims",
            (
                ConsentItem("trust_framework", "hk_iam_smart"),
                ConsentItem("assurance_level", "urn:gba:loa:3"),
                ConsentItem("verified_on", "2026-11-24"),
                ConsentItem("evidence", "population_register"),
                ConsentItem("evidence", "mainland_travel_permit"),
                ConsentItem("family_name", "陳"),
            ),
        ),
        ConsentGroup(
            "organisation",
            (
                ConsentItem("organisation_name", "海風貿易有限公司"),
                ConsentItem("organisation_register", "hk.brn"),
                ConsentItem("organisation_identifier", "00000000"),
                ConsentItem("mandate_role", "agent"),
                ConsentItem("mandate_scope", "all"),
                ConsentItem("mandate_until", "2027-03-31"),
            ),
        ),
        ConsentGroup("offline_access", (), days=90),
    ),
    acts_for="海風貿易有限公司",
)
USER_CODE = UserCodePage(None, "/device", "/device", "token")
DEVICE = DevicePage(
    service="Harbour Hotel",
    switch="/device/x?user_code=WDJB-MJHT&seal=s",
    action="/device/x",
    csrf="token",
    user_code="WDJB-MJHT",
    jurisdiction="guangdong",
    since="16:02",
    elsewhere=ELSEWHERE,
)
WAITING = Waiting("/approvals/x", "token", "Harbour Hotel", "macao", "W4-17 Housing desk", "16:02")
APPROVALS = ApprovalsPage(None, "/approvals", (WAITING, replace(WAITING, action="/approvals/y", binding_message=None)))
DECIDED = DecidedPage("Harbour Hotel", "/device/decided?is=approved", is_approved=True, is_at_counter=False)
FORM_POST = FormPostPage("Harbour Hotel", "", "https://rp.example/cb", (("code", "c"), ("state", 's"<b>')))
ERROR = ErrorPage(None, "/errors/invalid_grant", "invalid_grant", *ERRORS[ErrorCode.INVALID_GRANT])
ERROR_LIST = ErrorListPage(None, "/errors", tuple((code.value, about.happened) for code, about in ERRORS.items()))
TELLING = replace(
    SIGNED_OUT,
    switch="",
    told=("Harbour Hotel", "Sai Van Clinic"),
    frames=("https://rp.example/out?iss=i&sid=s", "https://clinic.example/out"),
    goes_on=True,
)
DECOUPLED_PAGES: list[Page] = [
    USER_CODE,
    replace(USER_CODE, user_code="WDJB-MJHT"),
    replace(USER_CODE, user_code="WDJB-MJHX", is_wrong=True),
    DEVICE,
    replace(DEVICE, elsewhere=replace(ELSEWHERE, binding_message="Kiosk 7")),
    replace(CHOOSER, way_home=None),
    replace(CONSENT, elsewhere=ELSEWHERE),
    replace(CONSENT, elsewhere=COUNTER),
    APPROVALS,
    replace(APPROVALS, requests=()),
    *(
        replace(DECIDED, is_approved=is_approved, is_at_counter=is_at_counter)
        for is_approved in (True, False)
        for is_at_counter in (True, False)
    ),
]
RECORD = RecordShown("H******18", "8****************5", "surrogate", "active", "2026-11-24")
ACCOUNT = AccountPage(
    service=None,
    switch="/account",
    name="陳**",
    provider="hong_kong",
    accounts=("hong_kong", "guangdong"),
    record=RECORD,
    receivers=(Receiver("Harbour Hotel", "guangdong", "2026-11-24"), Receiver("Sai Van Clinic", "macao", "2026-11-20")),
    consents=(
        StandingConsent(
            "shop",
            "Harbour Hotel",
            "guangdong",
            "accommodation",
            ("openid", "cn_id", "claim:birthdate", "offline_access"),
            "2026-11-24",
            "token",
        ),
        StandingConsent("clinic", "Sai Van Clinic", "macao", "", ("openid",), "2026-11-20", "token"),
    ),
    acts=("new-permit", "dispute", "untie", "erase"),
    done="withdraw",
)
NO_RECORD = replace(ACCOUNT, accounts=(), record=None, receivers=(), consents=(), acts=("erase",), done=None)
ACCOUNT_SIGN_IN = AccountSignInPage(None, "/account", "/authorize?client_id=gate-account")
NEW_PERMIT = AccountActPage(
    None, "/account/ask/new-permit", "new-permit", "/account/new-permit", "token", "陳**", "hong_kong"
)
DISPUTE, UNTIE, ERASE = (
    replace(NEW_PERMIT, switch=f"/account/ask/{act}", act=act, action=f"/account/{act}")
    for act in ("dispute", "untie", "erase")
)
ACCOUNT_PAGES: list[Page] = [
    ACCOUNT,
    NO_RECORD,
    *(
        replace(ACCOUNT, record=replace(RECORD, kind=kind, standing=standing))
        for kind, standing in (("residence_permit", "frozen"), ("surrogate", "closed"), ("surrogate", "retired"))
    ),
    replace(ACCOUNT, done="new-permit"),
    replace(ACCOUNT, done="dispute"),
    ACCOUNT_SIGN_IN,
    replace(ACCOUNT_SIGN_IN, is_again=True),
    replace(ACCOUNT_SIGN_IN, switch="/approvals", asks="approvals"),
    NEW_PERMIT,
    replace(NEW_PERMIT, answer="register.not_matched"),
    DISPUTE,
    UNTIE,
    ERASE,
    AccountEndedPage(None, "/account/ended", "untie"),
    AccountEndedPage(None, "/account/ended", "erase"),
]
NAMED: list[Page] = [CHOOSER, PERMIT, CONSENT, FULL_CONSENT, SIGN_OUT, SIGNED_OUT, PROBLEM, START]
NAMED += [FORM_POST, ERROR, ERROR_LIST, TELLING]
NAMED += [replace(PERMIT, answer="permit.format"), replace(SIGNED_OUT, way_home=None, upstream=())]
UNLIKE: list[Page] = [*NAMED, replace(AWAY, is_hopeless=True), *ACCOUNT_PAGES, *DECOUPLED_PAGES, *SIGNATURE_PAGES]
"""One of everything that differs to the eye; the rest differs in a name."""
PAGES: list[Page] = [*UNLIKE, *MORE_SIGNATURE_PAGES, *(replace(page, service=None) for page in NAMED if page.service)]


class Outline(HTMLParser):
    """Reads a page: elements with attributes, the text, and whether every element is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has a doubled attribute"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"rect", "path"}:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **attributes: str) -> list[dict[str, str]]:
        wanted = attributes.items()
        return [found for name, found in self.elements if name == tag and wanted <= found.items()]

    def by_id(self, element_id: str) -> tuple[str, dict[str, str]]:
        (found,) = [element for element in self.elements if element[1].get("id") == element_id]
        return found


def outline(page: Page, language: str = "en") -> Outline:
    return Outline(STRICT.render(page, language))


def name_of(page: Page) -> str:
    return f"{page.template}-{'named' if page.service else 'unnamed'}"
