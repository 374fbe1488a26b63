"""The plain frame of every page: banner, style, escaping, and headers against framing and scripts."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup
from starlette.responses import HTMLResponse

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "form-action *; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
BANNER: Final = {
    "en": "Simulation for developers. Not a government service; all people are invented.",
    "zh-Hant": "開發用模擬系統，並非政府服務；所有人物均屬虛構。",
    "zh-Hans": "开发用模拟系统，并非政府服务；所有人物均属虚构。",
    "pt": "Simulação para programadores. Não é um serviço público; todas as pessoas são fictícias.",
}
SCRIPTS: Final = {
    "zh-Hant": "zh-Hant",
    "zh-Hant-HK": "zh-Hant",
    "zh-Hant-MO": "zh-Hant",
    "zh-HK": "zh-Hant",
    "zh-MO": "zh-Hant",
    "zh-Hans": "zh-Hans",
    "zh-Hans-CN": "zh-Hans",
    "zh-CN": "zh-Hans",
}
"""Language tags of the three wires, and the script in which each is written."""
STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2733; --paper: #f6f7f9; --card: #fff; --line: #c3cad3; --accent: #1f5f8b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --paper: #14181d; --card: #1d232b; --line: #4a5563; --accent: #8cc4ee; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
.banner { margin: 0; padding: .5rem 1rem; background: #5b3a00; color: #fff; font-size: .875rem; text-align: center; }
main { max-width: 40rem; margin: 1rem auto; padding: 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.375rem; margin: 0 0 .75rem; } h2 { font-size: 1.125rem; }
label { display: block; font-weight: 600; margin-top: .75rem; }
input, textarea { font: inherit; width: 100%; padding: .5rem; border: 1px solid var(--line); border-radius: .25rem;
  background: var(--paper); color: inherit; }
button, .button { display: inline-block; font: inherit; margin: .5rem .5rem 0 0;
  padding: .5rem 1rem; border-radius: .25rem; border: 1px solid var(--accent); background: var(--card);
  color: var(--accent); text-decoration: none; cursor: pointer; }
button.main { background: #1f5f8b; border-color: #1f5f8b; color: #fff; }
:focus-visible { outline: 3px solid #d9822b; outline-offset: 2px; }
a { color: var(--accent); } svg, img { max-width: 100%; height: auto; background: #fff; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; vertical-align: top; padding: .25rem .5rem; border-bottom: 1px solid var(--line); }
ul.people { list-style: none; padding: 0; } ul.people li { margin: .5rem 0; } .note { font-size: .875rem; margin: 0; }
"""
FRAME: Final = """<!DOCTYPE html>
<html lang="{{ lang }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
{% if refresh %}<meta http-equiv="refresh" content="{{ refresh[0] }}; url={{ refresh[1] }}">{% endif %}
<style>{{ style }}</style>
</head>
<body>
<p class="banner" role="note">{% if banner %}{{ banner }} {% endif %}<span lang="en">{{ english }}</span></p>
<main>
<h1>{{ title }}</h1>
{{ body }}
</main>
</body>
</html>
"""
_ENVIRONMENT: Final = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def page(
    title: str,
    template: str,
    /,
    *,
    lang: str = "en",
    refresh: tuple[int, str] | None = None,
    status: int = 200,
    **context: Any,
) -> HTMLResponse:
    """Render a body template (Jinja2, escaping everything that it is given) inside the frame.

    `lang` is a language tag; `refresh` is seconds and an address for pages that reload themselves.
    """
    body = Markup(_compiled(template).render(context))  # noqa: S704 - rendered with autoescape one line above
    frame = _compiled(FRAME).render(
        title=title,
        lang=lang,
        refresh=refresh,
        banner=_banner(lang),
        english=BANNER["en"],
        style=Markup(STYLE),  # noqa: S704 - the constant above
        body=body,
    )
    return HTMLResponse(frame, status_code=status, headers=SECURITY_HEADERS)


@lru_cache(maxsize=128)
def _compiled(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)


def _banner(lang: str) -> str:
    """The banner in the page's own language; the English one stands beside it anyway."""
    script = SCRIPTS.get(lang, lang.split("-", maxsplit=1)[0])
    return "" if script == "en" else BANNER.get(script, "")
