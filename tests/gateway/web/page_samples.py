"""One sample of every page, valid by default, and a reader for the HTML that comes of it."""

from dataclasses import replace
from html.parser import HTMLParser

from gateway.web.pages import (
    AccountActPage,
    AccountEndedPage,
    AccountPage,
    AccountSignInPage,
    ChooserPage,
    ConsentGroup,
    ConsentItem,
    ConsentPage,
    HomePage,
    Page,
    PermitPage,
    ProblemPage,
    ProviderOption,
    Receiver,
    RecordShown,
    SignedOutPage,
    SignOutPage,
    StandingConsent,
)
from gateway.web.render import build_renderer
from gateway.web.texts import load_texts

STRICT = build_renderer(load_texts(strict=True))
VOID = {"meta", "link", "img", "input", "hr", "br"}
OPTIONS = tuple(ProviderOption(name) for name in ("hong_kong", "macao", "guangdong"))
HOME = "https://rp.example/cb?error=access_denied&state=s"

CHOOSER = ChooserPage("Harbour Hotel", "/sign-in/x", "/sign-in/x/provider", "token", OPTIONS, HOME)
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
START = HomePage(
    None,
    "/",
    "https://id.example",
    (("home.discovery", "/.well-known/openid-configuration"), ("home.keys", "/jwks"), ("home.ready", "/readyz")),
)
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
            "shop", "Harbour Hotel", "guangdong", "accommodation", ("openid", "cn_id"), "2026-11-24", "token"
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
    NEW_PERMIT,
    replace(NEW_PERMIT, answer="register.not_matched"),
    DISPUTE,
    UNTIE,
    ERASE,
    AccountEndedPage(None, "/account/ended", "untie"),
    AccountEndedPage(None, "/account/ended", "erase"),
]
PAGES: list[Page] = [CHOOSER, PERMIT, CONSENT, SIGN_OUT, SIGNED_OUT, PROBLEM, START]
PAGES += [replace(PERMIT, answer="permit.format"), replace(SIGNED_OUT, way_home=None, upstream=())]
PAGES += [replace(page, service=None) for page in PAGES]
PAGES += ACCOUNT_PAGES


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
