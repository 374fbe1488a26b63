"""A browser without script: it opens pages, follows links, fills forms and presses buttons by their ids."""

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_SECONDS: Final = 20.0
_HOPS: Final = 12
_PAGE_BYTES: Final = 1024 * 1024
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class RobotError(Exception):
    """A page was not what was expected; the text names no code, token or number."""


@dataclass(slots=True)
class Form:
    """One form: where it goes, and what it sends by itself."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """What was opened."""

    url: str
    status: int
    forms: list[Form] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """By element id."""
    buttons: dict[str, tuple[Form, str, str]] = field(default_factory=dict)
    """By element id: the form, and the button's own name and value."""
    inputs: dict[str, tuple[Form, str]] = field(default_factory=dict)
    """By element id: the form, and the field's name."""
    texts: dict[str, str] = field(default_factory=dict)
    """By element id: the text inside."""

    def __contains__(self, element_id: str) -> bool:
        """Whether an element of this id is on the page."""
        return any(element_id in found for found in (self.links, self.buttons, self.inputs, self.texts))


class Robot:
    """One browser: a cookie jar, and redirects followed by hand so that the last one can be caught."""

    def __init__(self, catch: str) -> None:
        self._catch = catch
        self._opener = urllib.request.build_opener(
            _NoRedirect, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), urllib.request.ProxyHandler({})
        )
        self.caught: str | None = None
        """The address of the relying party that the browser was finally sent to."""

    def open(self, url: str, form: dict[str, str] | None = None) -> Page:
        """Open an address and follow redirects, until a page or the caught address is reached."""
        for _ in range(_HOPS):
            status, location, body = self._request(url, form)
            if location is None:
                return read_page(url, status, body)
            url, form = urllib.parse.urljoin(url, location), None
            if url.startswith(self._catch):
                self.caught = url
                return Page(url, status)
        raise RobotError("too many redirects")

    def follow(self, page: Page, element_id: str) -> Page:
        """Follow a link."""
        if element_id not in page.links:
            raise RobotError(f"no link {element_id} on the page")
        return self.open(urllib.parse.urljoin(page.url, page.links[element_id]))

    def press(self, page: Page, element_id: str, **values: str) -> Page:
        """Press a button; ``values`` fill fields by their ids."""
        if element_id not in page.buttons:
            raise RobotError(f"no button {element_id} on the page")
        form, name, value = page.buttons[element_id]
        sent = dict(form.fields)
        for field_id, text in values.items():
            if field_id not in page.inputs:
                raise RobotError(f"no field {field_id} on the page")
            sent[page.inputs[field_id][1]] = text
        if name:
            sent[name] = value
        url = urllib.parse.urljoin(page.url, form.action)
        if form.method == "post":
            return self.open(url, sent)
        parts = urllib.parse.urlsplit(url)
        return self.open(urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(sent))))

    def _request(self, url: str, form: dict[str, str] | None) -> tuple[int, str | None, str]:
        if not url.startswith(("http://", "https://")):
            raise RobotError("an address that is not http")
        data = urllib.parse.urlencode(form).encode("ascii") if form is not None else None
        request = urllib.request.Request(url, data=data, headers={"accept-language": "en"})  # noqa: S310 - see above
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return answer.status, None, answer.read(_PAGE_BYTES).decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                location = error.headers.get("location") if error.code in _REDIRECTS else None
                return error.code, location, error.read(_PAGE_BYTES).decode("utf-8", "replace")
        except OSError:
            raise RobotError(f"{urllib.parse.urlsplit(url).netloc} does not answer") from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        return None


class _Reader(HTMLParser):
    """Collects what has an id, and which form it belongs to."""

    def __init__(self, page: Page) -> None:
        super().__init__(convert_charrefs=True)
        self._page = page
        self._form = Form(page.url, "get")
        self._open: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        element_id = values.get("id")
        match tag:
            case "form":
                self._form = Form(values.get("action", self._page.url), values.get("method", "get").lower())
                self._page.forms.append(self._form)
            case "a" if element_id:
                self._page.links[element_id] = values.get("href", "")
            case "input":
                self._input(values)
            case "button" if element_id:
                self._page.buttons[element_id] = (self._form, values.get("name", ""), values.get("value", ""))
        if element_id:
            self._page.texts.setdefault(element_id, "")
        if tag not in {"input", "br", "hr", "img", "meta", "link"}:
            self._open.append((tag, element_id))

    def _input(self, values: dict[str, str]) -> None:
        kind, name = values.get("type", "text").lower(), values.get("name", "")
        if kind in {"submit", "button"}:
            if values.get("id"):
                self._page.buttons[values["id"]] = (self._form, name, values.get("value", ""))
            return
        if kind not in {"checkbox", "radio"} or "checked" in values:
            self._form.fields[name] = values.get("value", "")
        if values.get("id"):
            self._page.inputs[values["id"]] = (self._form, name)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, _ = self._open.pop()
            if opened == tag:
                break
        if tag == "form":
            self._form = Form(self._page.url, "get")

    def handle_data(self, data: str) -> None:
        for _, element_id in self._open:
            if element_id:
                self._page.texts[element_id] += data


def read_page(url: str, status: int, body: str) -> Page:
    """Collect what has an id on a page."""
    page = Page(url, status)
    _Reader(page).feed(body)
    return page
