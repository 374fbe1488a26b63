"""Turns a typed page context into HTML: one template per page, the texts of one language, everything foreign escaped.

Pages hold no inline style and no script, so the content security policy can refuse both (docs/explanation). One page
is only passed through and has one fixed line of script: the form that carries an authorization response.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.web.languages import LAST_RESORT, LOCALES, NATIVE_NAMES, html_lang
from gateway.web.pages import Page
from gateway.web.reason_texts import in_language, reason_text
from gateway.web.texts import FALLBACKS, Texts, load_texts

_HERE: Final = Path(__file__).parent
_CONSENT: Final = ("consent.", "scope.", "claim.", "purpose.", "missing.", "place.", "value.", "kind.")
"""The texts of a consent page, by how their keys begin."""
_WEB_ADDRESS: Final = re.compile(r"https?://[^\s]+", re.IGNORECASE)

MORE_ABOUT: Final[Mapping[str, str]] = {
    "hong_kong": "https://www.iamsmart.gov.hk",
    "macao": "https://www.gov.mo",
    "guangdong": "https://www.gdzwfw.gov.cn",
}
"""By provider: the official site that says what the account is."""

OWN_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "hong_kong": ("zh-Hant-HK", "智方便"),
    "macao": ("zh-Hant-MO", "澳門公共服務一戶通"),
    "guangdong": ("zh-Hans-CN", "广东省统一身份认证平台"),
}
"""By provider: language and name as the account calls itself, shown beside a translation."""

PERMIT_NAMES: Final = ("zh-Hans-CN", "港澳居民来往内地通行证")
"""Language and name as printed on the travel permit, for people who compare the page with their card."""

SURROGATE_LABEL: Final = ("zh-Hans-CN", "GBA 关联号(非公民身份号码)")
"""Language and words of the label that a stand-in carries wherever it is shown (mapping specification 10.6)."""

_NO_TITLES: Final[Mapping[str, str]] = {}

SUBMIT_SCRIPT: Final = "document.forms[0].submit()"
"""The one script that a page of ours has: it presses the button that is there for browsers without script."""


@dataclass(frozen=True, slots=True)
class Renderer:
    """Compiled templates and the texts that go into them; a module-wide one serves the gateway."""

    environment: Environment
    texts: Texts

    def render(self, page: Page, language: str, titles: Mapping[str, str] = _NO_TITLES) -> str:
        """The page as HTML, in one of our languages; ``titles`` name the accounts that no catalogue knows."""
        template = self.environment.get_template(page.template)
        lang = html_lang(language)
        return template.render(page=page, t=self.texts.of(lang), language=lang, titles=titles)


def build_renderer(texts: Texts) -> Renderer:
    """Set up the templates; each is compiled once, when it is first needed."""
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "asset": asset,
        "day": day,
        "foreign": foreign,
        "in_language": in_language,
        "isolate": isolate,
        "languages": [(locale, NATIVE_NAMES[locale]) for locale in LOCALES],
        "more_about": MORE_ABOUT,
        "own_names": OWN_NAMES,
        "permit_names": PERMIT_NAMES,
        "reason_text": reason_text,
        "submit_script": Markup(SUBMIT_SCRIPT),  # noqa: S704 - a constant of ours, and hashed as it stands
        "surrogate_label": SURROGATE_LABEL,
    }
    environment.tests["web_address"] = is_web_address
    return Renderer(environment, texts)


def asset(name: str) -> str:
    """The address of a file of ours; its digest lets browsers keep it for as long as it does not change."""
    return _ASSETS[name]


def isolate(text: str) -> Markup:
    """A foreign name inside a sentence of ours: its direction of writing cannot rearrange our words."""
    return Markup("<bdi>{}</bdi>").format(text)


def foreign(lang: str, text: str) -> Markup:
    """Words in another language than the page's, marked so that they are read aloud and drawn rightly."""
    return Markup('<span lang="{}">{}</span>').format(lang, text)


def day(date: str) -> Markup:
    """A day inside a sentence, readable by machines and never broken at its hyphens."""
    return Markup('<time datetime="{0}">{0}</time>').format(date)


def is_web_address(text: str | None) -> bool:
    """True for what may stand in a link that a relying party registered; ``javascript:`` must not."""
    return text is not None and _WEB_ADDRESS.fullmatch(text) is not None


def _addresses() -> dict[str, str]:
    files = sorted(file for file in (_HERE / "static").iterdir() if file.is_file())
    return {file.name: f"/static/{file.name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}" for file in files}


_ASSETS: Final = _addresses()
_TEXTS: Final = load_texts()
_RENDERER: Final = build_renderer(_TEXTS)


@lru_cache(maxsize=len(LOCALES))
def text_version(language: str) -> str:
    """The name of the consent page's wording in a language: it changes with any word that a person may have read."""
    locale = language if language in FALLBACKS else LAST_RESORT
    keys = sorted({key for catalogue in _TEXTS.catalogues.values() for key in catalogue if key.startswith(_CONSENT)})
    spoken = "\x00".join(f"{key}={_TEXTS.find(key, locale)}" for key in keys)
    return hashlib.sha256(spoken.encode("utf-8")).hexdigest()[:12]


def render(page: Page, language: str, titles: Mapping[str, str] = _NO_TITLES) -> str:
    """The page as HTML; an unknown language is rendered in English."""
    return _RENDERER.render(page, language, titles)
