"""Writes the reference pages that are read off the code: problem codes and simulated providers.

python3 dev.py run -m scripts.make_docs            write them
python3 dev.py run -m scripts.make_docs --check    only compare; exit code 1 if a page is out of date
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.routing import Route

from gateway.broker.problems import CATALOGUE, OF_PROVIDER
from mock_idps import guangdong, hong_kong, macao
from mock_idps.guangdong import SCENARIOS as GUANGDONG_SCENARIOS
from mock_idps.hong_kong.catalogue import SCENARIOS as HONG_KONG_SCENARIOS
from mock_idps.macao.scenarios import SCENARIOS as MACAO_SCENARIOS
from mock_idps.personas import PERSONAS, Persona

REFERENCE: Final = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTICE: Final = "<!-- Made by scripts/make_docs.py from the code; do not edit by hand. -->"
CONTROL: Final = "/__mock__/"
SOMEWHERE: Final = "http://mock.example"


def problems_page() -> str:
    """The catalogue of everything that a person can meet."""
    codes = [
        (f"`{one.code}`", f"`{one.page}`", str(one.status), f"`{one.oauth.value}`", one.advice) for one in CATALOGUE
    ]
    causes = [(f"`{failure.value}`", f"`{problem.code}`") for failure, problem in OF_PROVIDER.items()]
    return _page(
        "# Problem codes",
        "A page that reports a problem shows its code and a reference. The code is stable and says what kind of thing"
        " happened; the reference is the correlation id under which the log has this one occurrence."
        " [Read an error code](../how-to/read-an-error-code.md) shows how to go from one to the other.",
        "*Texts* is the key of the page's texts in `gateway/web/locales`. *Relying party* is the OAuth error that the"
        " service receives when the person follows the way back to it; a code without a sign-in behind it has no way"
        " back.",
        _table(("Code", "Texts", "Status", "Relying party", "For the operator"), codes),
        "## What providers report",
        "A failure on a provider's side is sorted into one of a few kinds first, then shown under one code. The log's"
        " `sign_in.failed` event names the kind and a fixed word for the check that failed.",
        _table(("Kind", "Code"), causes),
    )


def mocks_page() -> str:
    """The simulated providers: who lives there, what they answer, how they can be made to misbehave."""
    places = (
        ("Hong Kong: iAM Smart", hong_kong.create_app(hong_kong.HongKongConfig(SOMEWHERE, ())), HONG_KONG_SCENARIOS),
        ("Macao: One Account", macao.create_app(macao.MacaoConfig(SOMEWHERE, ())), MACAO_SCENARIOS),
        (
            "Guangdong: unified identity authentication",
            guangdong.create_app(guangdong.GuangdongConfig(SOMEWHERE, ())),
            GUANGDONG_SCENARIOS,
        ),
    )
    return _page(
        "# Simulated providers",
        "Three applications that speak the dialects of the three account systems as far as public sources tell, for"
        " development and tests only. They are not part of the wheel or the image, share no code with the gateway, and"
        " every person in them is invented. How to use them:"
        " [test bad paths with the mocks](../how-to/test-bad-paths-with-the-mocks.md).",
        "## People",
        "*HK* is the kind of iAM Smart account, *MO* the highest level at One Account, *GD* the level in Guangdong;"
        " a dash means no account there. The permit is what the person types on the gateway's permit page.",
        _table(("Id", "HK", "MO", "GD", "Permit", "What this person shows"), map(_person, PERSONAS)),
        "## Control plane",
        "The same on all three, below each one's address.",
        _table(("Method", "Path"), _paths(places[0][1], lambda path: path.startswith(CONTROL))),
        *(part for place in places for part in _place(*place)),
    )


def _place(title: str, app: Starlette, scenarios: Mapping[str, str]) -> tuple[str, ...]:
    own = _paths(app, lambda path: not path.startswith(CONTROL))
    effects = [(f"`{name}`", effect) for name, effect in scenarios.items()]
    return (f"## {title}", _table(("Method", "Path"), own), _table(("Scenario", "Effect"), effects))


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


def _page(*parts: str) -> str:
    return "\n\n".join((NOTICE, *parts)) + "\n"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


PAGES: Final[Mapping[str, Callable[[], str]]] = {"problems.md": problems_page, "mocks.md": mocks_page}
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
