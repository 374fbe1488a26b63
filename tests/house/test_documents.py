"""What is written is true: settings, verbs, endpoints, scopes and generated pages are compared with the code."""

import ast
import dataclasses
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import unquote

import pytest
import typer

from gateway.cli import app
from gateway.cli.output import Exit
from gateway.config import Settings
from gateway.oidc import metadata
from gateway.oidc.claims import CLAIMS_OF, ID_TOKEN_SCOPES
from gateway.oidc.federation import entity
from gateway.web import (
    account,
    approvals,
    back_channel,
    dashboard,
    devices,
    error_pages,
    front_channel,
    home,
    identifiers,
    operator_api,
    registration_endpoints,
    sign_out,
    signature_check,
    signatures,
    signing,
    signing_requests,
    trust_browser,
)
from providers.base import Assurance
from providers.registry import FACTORIES
from scripts.make_docs import PAGES
from scripts.sandbox import Addresses, gate_settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MADE_HERE = {".venv", ".git", ".cache", ".demo", "node_modules", "test-results", "dist", "build"}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^\s*```.*?^\s*```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
DECISION = re.compile(r"(\d{4})-[a-z0-9-]+\.md")


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def documents() -> list[Path]:
    found = (path for path in ROOT.rglob("*.md") if not MADE_HERE & set(path.relative_to(ROOT).parts[:-1]))
    return sorted(found)


def row_of(text: str, first_cell: str) -> str | None:
    """The table row that begins with this name."""
    return next((line for line in text.splitlines() if line.startswith(f"| `{first_cell}`")), None)


# ------------------------------------------------------------------------------------------------ settings
def settings(kind: Any = Settings, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of the settings file with its default."""
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        if dataclasses.is_dataclass(hints[field.name]):
            yield from settings(hints[field.name], f"{prefix}{field.name}.")
        else:
            yield prefix + field.name, field.default


def written(value: Any) -> frozenset[str]:
    """How a default may be written in the settings file; nothing for what has no such form."""
    if isinstance(value, timedelta):
        # 60 seconds and one minute are the same; the page says what a reader would write
        seconds, sizes = int(value.total_seconds()), {"d": 86_400, "h": 3600, "m": 60, "s": 1}
        return frozenset(f"`{seconds // size}{unit}`" for unit, size in sizes.items() if not seconds % size)
    if isinstance(value, bool):
        return frozenset({f"`{value}`".lower()})
    return frozenset({f"`{value}`"}) if isinstance(value, str | int) else frozenset()


@pytest.mark.parametrize("key", [key for key, _ in settings()])
def test_every_setting_is_described(key: str) -> None:
    page = text_of("docs/reference/settings.md")

    assert f"`{key}`" in page


@pytest.mark.parametrize(("key", "default"), [one for one in settings() if written(one[1])])
def test_the_default_that_is_described_is_the_real_one(key: str, default: Any) -> None:
    row = row_of(text_of("docs/reference/settings.md"), key)

    assert row is not None
    assert any(form in row for form in written(default))


def test_every_key_that_the_sandbox_sets_is_described() -> None:
    page = text_of("docs/reference/settings.md")
    world = gate_settings(Addresses.block(8000), defaultdict(str), "sqlite:///x", "redis://x")
    blocks = tomllib.loads(world)
    keys = {key for block in (*blocks["providers"].values(), blocks["register"]) for key in block}

    assert [key for key in sorted(keys) if f"`{key}`" not in page] == []


@pytest.mark.parametrize("place", FACTORIES)
def test_every_provider_has_a_block_in_the_settings(place: str) -> None:
    assert f"`[providers.{place}]`" in text_of("docs/reference/settings.md")


# -------------------------------------------------------------------------------------------- command line
def verbs(command: Any, name: str = "gate") -> Iterator[tuple[str, Any]]:
    """Every verb with its command."""
    if hasattr(command, "commands"):
        for word, inner in command.commands.items():
            yield from verbs(inner, f"{name} {word}")
    else:
        yield name, command


def options() -> list[tuple[str, str]]:
    """Every option and argument of every verb."""
    found = []
    for verb, command in verbs(typer.main.get_command(app)):
        for parameter in command.params:
            names = parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]
            found += [(verb, name) for name in [*names, *parameter.secondary_opts]]
    return found


def section(verb: str) -> str:
    """What the page says about one verb."""
    return text_of("docs/reference/command-line.md").partition(f"\n## {verb}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("verb", [verb for verb, _ in verbs(typer.main.get_command(app))])
def test_every_verb_is_described_with_its_exit_codes(verb: str) -> None:
    described = section(verb)

    assert re.search(r"Exit\s+codes? \d", described)


@pytest.mark.parametrize(("verb", "option"), options())
def test_every_option_is_described(verb: str, option: str) -> None:
    described = section(verb)

    assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", described)


def test_no_option_is_described_that_is_not_there() -> None:
    known = set(options())
    described = {
        (verb, option)
        for verb, _ in verbs(typer.main.get_command(app))
        for row in re.findall(r"^\| (`--[^|]*) \|", section(verb), re.MULTILINE)
        for option in re.findall(r"`(--[a-z-]+)`", row)
    }

    assert described - known == set()


def test_every_exit_code_is_described() -> None:
    page = text_of("docs/reference/command-line.md")

    assert [code for code in Exit if f"\n| {code.value} | " not in page] == []


# ------------------------------------------------------------------------------------------------ protocol
def test_every_endpoint_is_described() -> None:
    page = text_of("docs/reference/endpoints.md")
    routes = [
        *front_channel.routes(),
        *back_channel.routes({}),
        *sign_out.routes(),
        *account.routes(),
        *identifiers.routes(),
        *devices.routes(),
        *approvals.routes(),
        *registration_endpoints.routes(),
        *error_pages.routes(),
        *home.routes(metadata.discovery("https://id.example.hk", acr_values=(), ui_locales=())),
        *operator_api.routes(),
        *dashboard.routes(),
        *signatures.routes(),
        *signature_check.routes(),
        *signing.routes(),
        *signing_requests.routes(),
        *trust_browser.routes(),
    ]
    paths = {*metadata.PATHS.values(), *metadata.DISCOVERY_PATHS, entity.PATH, *(route.path for route in routes)}

    assert [path for path in sorted(paths) if not path.startswith("/static/") and f"`{path}`" not in page] == []


@pytest.mark.parametrize("scope", CLAIMS_OF)
def test_every_scope_is_described_with_its_claims_and_their_place(scope: str) -> None:
    row = row_of(text_of("docs/reference/claims.md"), scope)

    assert row is not None
    assert [claim for claim in CLAIMS_OF[scope] if f"`{claim}`" not in row] == []
    assert ("ID token" in row) is (scope in ID_TOKEN_SCOPES or scope == "openid")


@pytest.mark.parametrize("level", Assurance)
def test_every_level_of_assurance_is_described(level: Assurance) -> None:
    assert row_of(text_of("docs/reference/claims.md"), level.acr) is not None


# ------------------------------------------------------------------------------------------------- pages
@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says_today(name: str) -> None:
    written_page = text_of(f"docs/reference/{name}")

    assert written_page == PAGES[name]()


def anchors(path: Path) -> set[str]:
    """The names of a page's headings, as hosts of repositories make them."""
    titles = HEADING.findall(CODE_BLOCK.sub("", path.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    targets = LINK.findall(CODE_BLOCK.sub("", document.read_text(encoding="utf-8")))
    dead = []
    for target in targets:
        path, _, anchor = unquote(target).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        leads_to = document if not path else document.parent / path
        if not leads_to.exists() or (anchor and leads_to.suffix == ".md" and anchor not in anchors(leads_to)):
            dead.append(target)

    assert dead == []


def test_every_document_is_in_the_table_of_contents() -> None:
    listed = {(DOCS / target).resolve() for target in LINK.findall(text_of("docs/README.md"))}

    assert [str(path) for path in sorted(DOCS.rglob("*.md")) if path.name != "README.md" and path not in listed] == []


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_piece_of_python_is_python(document: Path) -> None:
    pieces = PYTHON_BLOCK.findall(document.read_text(encoding="utf-8"))

    assert all(ast.parse(piece) for piece in pieces)


def test_the_readme_begins_with_the_two_commands_and_has_both_pictures() -> None:
    readme = text_of("README.md")

    assert readme.index("make demo") < readme.index("make test")
    assert {"docs/images/chooser.png", "docs/images/consent.png"} <= set(LINK.findall(readme))


def test_decisions_are_numbered_without_a_gap_and_have_their_three_parts() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [int(found[1]) for page in pages if (found := DECISION.fullmatch(page.name))]
    parts = ("**Context.**", "**Decision.**", "**Consequences.**")

    assert numbers == list(range(1, len(pages) + 1))
    assert [page.name for page in pages if any(part not in page.read_text(encoding="utf-8") for part in parts)] == []
