"""Writes the reference pages that are read off the code: problem codes, simulated providers, reasons of signatures.

python3 dev.py run -m scripts.make_docs            write them
python3 dev.py run -m scripts.make_docs --check    only compare; exit code 1 if a page is out of date
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Route

from gateway.broker.problems import CATALOGUE, OF_PROVIDER
from mock_idps import guangdong, hong_kong, macao
from mock_idps.authority import samples
from mock_idps.authority.app import AuthorityConfig
from mock_idps.authority.app import create_app as create_authority
from mock_idps.authority.kinds import KINDS, Kind
from mock_idps.authority.listed import LISTS
from mock_idps.authority.services import SCENARIOS as AUTHORITY_SCENARIOS
from mock_idps.authority.spoils import SPOILS
from mock_idps.guangdong import SCENARIOS as GUANGDONG_SCENARIOS
from mock_idps.guangdong.sign_scenarios import SIGNING as GUANGDONG_SIGNING
from mock_idps.hong_kong.catalogue import SCENARIOS as HONG_KONG_SCENARIOS
from mock_idps.hong_kong.signing_catalogue import SIGNING as HONG_KONG_SIGNING
from mock_idps.macao.esign_scenarios import SIGNING as MACAO_SIGNING
from mock_idps.macao.scenarios import SCENARIOS as MACAO_SCENARIOS
from mock_idps.personas import PERSONAS, Persona
from scripts.markdown import codes, page, table
from scripts.operator_roles_page import operator_roles_page
from scripts.signature_pages import signature_checks_page, signature_reasons_page

REFERENCE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"
CONTROL: Final = "/__mock__/"
SOMEWHERE: Final = "http://mock.example"


CREDENTIALS: Final = (
    ("Hong Kong", "a client", "`client_secret`", "calls signed with it: `D20006`"),
    ("Hong Kong", "a client", "`kek`", "nothing: content keys are wrapped under the current one"),
    ("Macao", "a client", "`client_secret`", "`invalid_client`"),
    ("Macao", "`platform`", "`profile_key`", "nothing: its number leaves `/keys`"),
    ("Guangdong", "a client", "`client_secret`", "`40001`"),
    ("Guangdong", "a client", "`paas_token`", "`46001`"),
    ("Guangdong", "a client", "`sm2_key`", "`46011`"),
    ("Guangdong", "a client", "`sm4_key`", "`46010`"),
    ("Guangdong", "`platform`", "`platform_key`", "nothing: user data and answers are signed with the current one"),
)
"""What a rotation of the simulated providers is turned for."""


def problems_page() -> str:
    """The catalogue of everything that a person can meet."""
    codes = [
        (f"`{one.code}`", f"`{one.page}`", str(one.status), f"`{one.oauth.value}`", one.advice) for one in CATALOGUE
    ]
    causes = [(f"`{failure.value}`", f"`{problem.code}`") for failure, problem in OF_PROVIDER.items()]
    return page(
        "# Problem codes",
        "A page that reports a problem shows its code and a reference. The code is stable and says what kind of thing"
        " happened; the reference is the correlation id under which the log has this one occurrence."
        " [Read an error code](../how-to/read-an-error-code.md) shows how to go from one to the other.",
        "*Texts* is the key of the page's texts in `gateway/web/locales`. *Relying party* is the OAuth error that the"
        " service receives when the person follows the way back to it; a code without a sign-in behind it has no way"
        " back.",
        table(("Code", "Texts", "Status", "Relying party", "For the operator"), codes),
        "## What providers report",
        "A failure on a provider's side is sorted into one of a few kinds first, then shown under one code. The log's"
        " `sign_in.failed` event names the kind and a fixed word for the check that failed.",
        table(("Kind", "Code"), causes),
    )


def mocks_page() -> str:
    """The simulated providers: who lives there, what they answer, how they can be made to misbehave."""
    places = (
        (
            "Hong Kong: iAM Smart",
            hong_kong.create_app(hong_kong.HongKongConfig(SOMEWHERE, ())),
            HONG_KONG_SCENARIOS | HONG_KONG_SIGNING,
        ),
        ("Macao: One Account", macao.create_app(macao.MacaoConfig(SOMEWHERE, ())), MACAO_SCENARIOS | MACAO_SIGNING),
        (
            "Guangdong: unified identity authentication",
            guangdong.create_app(guangdong.GuangdongConfig(SOMEWHERE, ())),
            GUANGDONG_SCENARIOS | GUANGDONG_SIGNING,
        ),
    )
    return page(
        "# Simulated providers",
        "Three applications that speak the dialects of the three account systems as far as public sources tell, and one"
        " that plays the certification authorities of the three places, for development and tests only. They are not"
        " part of the wheel or the image, share no code with the gateway, and"
        " every person in them is invented. How to use them:"
        " [test bad paths with the mocks](../how-to/test-bad-paths-with-the-mocks.md).",
        "## People",
        "*HK* is the kind of iAM Smart account, *MO* the highest level at One Account, *GD* the level in Guangdong;"
        " a dash means no account there. The permit is what the person types on the gateway's permit page.",
        table(("Id", "HK", "MO", "GD", "Permit", "What this person shows"), map(_person, PERSONAS)),
        "## Control plane",
        "The same on all of them, below each one's address.",
        table(("Method", "Path"), _paths(places[0][1], lambda path: path.startswith(CONTROL))),
        "### Credentials",
        "Each provider holds several credentials of a kind for the time of a rotation, for each client and of its own:"
        " the next one and the earlier ones are accepted beside the current one until they are withdrawn. The calls"
        " take `client` and `kind`; `publish` takes the `value` as well, unless the provider makes it itself, and"
        " `withdraw` the `name`. A step out of order is refused with 400 and changes nothing. `reset` without a session"
        " restores what the clients were registered with. How to use them:"
        " [rotate an upstream credential](../how-to/rotate-an-upstream-credential.md).",
        table(("Provider", "`client`", "`kind`", "What is refused once it is withdrawn"), CREDENTIALS),
        *(part for place in places for part in _place(*place)),
        *_authority(),
    )


def _authority() -> tuple[str, ...]:
    """The simulated certification authorities of the three places."""
    app = create_authority(AuthorityConfig(SOMEWHERE))
    formats = [(f"`{name}`", f"`.{one.ending}`", codes(one.spoils)) for name, one in samples.FORMATS.items()]
    return (
        *_place("Certification authorities", app, AUTHORITY_SCENARIOS),
        (
            "Roots, issuing, timestamp and status authorities of the three places, their trust lists, and a desk where"
            " anybody signs as anybody. Keys are made at every start. `python -m mock_idps sign` signs a file on the"
            " command line: [a signature in ten minutes](../tutorials/a-signature-in-ten-minutes.md)."
        ),
        "### Kinds of certificates",
        table(("Kind", "Issuer", "Type", "Lists"), map(_kind, KINDS.values())),
        "### Formats of samples",
        "What can be wrong with a signature of each; every other part of the sample stays right.",
        table(("Format", "File", "Spoils of the signature"), formats),
        f"What can be wrong with the certificate: {codes(SPOILS)}.",
    )


def _kind(kind: Kind) -> tuple[str, ...]:
    lists = [name for name, content in LISTS.items() if any(one.kind == kind.id for one in content.listings)]
    return f"`{kind.id}`", f"`{kind.issuer}`", kind.type_name, codes(lists)


def _place(title: str, app: Starlette, scenarios: Mapping[str, str]) -> tuple[str, ...]:
    own = _paths(app, lambda path: not path.startswith(CONTROL))
    effects = [(f"`{name}`", effect) for name, effect in scenarios.items()]
    return (f"## {title}", table(("Method", "Path"), own), table(("Scenario", "Effect"), effects))


def _paths(app: Starlette, is_wanted: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Methods and paths, once each; a path that ends in a slash for old clients only is left out."""
    found: dict[tuple[str, str], None] = {}
    known = {route.path for route in app.routes if isinstance(route, Route)}
    for route in app.routes:
        if not isinstance(route, Route) or not is_wanted(route.path):
            continue
        if route.path.endswith("/") and route.path.rstrip("/") in known:
            continue
        methods = ", ".join(sorted((route.methods or set()) - {"HEAD"}))
        found[methods, f"`{route.path}`"] = None
    return list(found)


def _person(person: Persona) -> tuple[str, ...]:
    level = str(person.mo_level) if person.mo_level is not None else "–"
    permit = f"`{person.permit}`" if person.permit else "–"
    return f"`{person.id}`", person.hk_user_type or "–", level, person.gd_level or "–", permit, person.note


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "problems.md": problems_page,
    "mocks.md": mocks_page,
    "signature-checks.md": signature_checks_page,
    "signature-reasons.md": signature_reasons_page,
    "operator-roles.md": operator_roles_page,
}
"""File below docs/reference -> what it has to say."""


def main(arguments: list[str]) -> int:
    """Write the pages, or say which differ."""
    stale = []
    for name, make in PAGES.items():
        path, text = REFERENCE / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
    print("\n".join(f"{'stale' if '--check' in arguments else 'written'}: docs/reference/{name}" for name in stale))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
