"""A person's browser in a world of one process: it walks through pages by element ids, as a person without script would."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx

from gateway.cli.robot import Page, read_page
from mock_idps.personas import PERSONAS, find
from tests.asking import RP, SHOP, Asked


@dataclass(slots=True)
class Browser:
    """A person's browser: cookies, redirects, forms and links; it stops where a relying party would answer."""

    http: httpx.AsyncClient
    mock_session: str | None = None
    visited: list[httpx.Response] = field(default_factory=list)
    caught: str | None = None
    posted: dict[str, str] = field(default_factory=dict)
    """What a form carried to the relying party."""

    async def open(self, url: str, form: dict[str, str] | None = None) -> Page:
        """Open an address and follow redirects to a page, or to the relying party."""
        self.caught, self.posted, status = None, {}, 200
        for _ in range(15):
            if url.startswith((SHOP, RP)):
                self.caught, self.posted = url, form or {}
                return Page(url, status)
            headers = {"X-Mock-Session": self.mock_session} if self.mock_session else {}
            if form is None:
                response = await self.http.get(url, headers=headers)
            else:
                response = await self.http.post(url, data=form, headers=headers)
            self.visited.append(response)
            status = response.status_code
            if status not in {301, 302, 303, 307, 308}:
                return read_page(url, status, response.text)
            url, form = urljoin(url, response.headers["location"]), None
        raise AssertionError("too many redirects")

    @property
    def last(self) -> httpx.Response:
        return self.visited[-1]

    @property
    def answer(self) -> dict[str, str]:
        """What the relying party was told."""
        assert self.caught is not None, f"still at {self.last.status_code} {self.last.url}: {self.last.text[:2000]}"
        return self.posted or dict(parse_qsl(urlsplit(self.caught).query, keep_blank_values=True))

    async def follow(self, page: Page, element_id: str) -> Page:
        return await self.open(urljoin(page.url, page.links[element_id]))

    async def press(self, page: Page, element_id: str, **values: str) -> Page:
        """Press a button; keywords fill fields by their ids."""
        form, name, value = page.buttons[element_id]
        sent = {**form.fields, **{page.inputs[field_id][1]: text for field_id, text in values.items()}}
        if name:
            sent[name] = value
        url = urljoin(page.url, form.action)
        if form.method == "post":
            return await self.open(url, sent)
        return await self.open(f"{url.partition('?')[0]}?{urlencode(sent)}")

    async def to_provider(self, asked: Asked, provider: str) -> Page:
        """Up to the provider's own first page."""
        page = await self.open(asked.url)
        return await self.press(page, f"provider-{provider.replace('_', '-')}")

    async def prove(self, page: Page, person: str) -> Page:
        """Do at a provider what the person has to do there."""
        if "open-phone" in page.links and "sign-in" not in page.buttons:
            phone = await self.follow(page, "open-phone")
            await self.press(phone, "approve", person=person)
            return await self.press(page, "continue")
        values = {"person": person}
        if "otp" in page.inputs:
            values["otp"] = page.texts.get(f"token-{person}", "").strip()
        return await self.press(page, "sign-in", **values)

    async def sign_in(self, asked: Asked, provider: str, person: str, permit: str | None = None) -> dict[str, str]:
        """The whole way to the relying party: permit page and consent where they come."""
        page = await self.prove(await self.to_provider(asked, provider), person)
        return await self.go_on(page, person, permit)

    async def go_on(self, page: Page, person: str, permit: str | None = None) -> dict[str, str]:
        typed = False
        for _ in range(4):
            if self.caught is not None:
                break
            if "permit" in page.inputs and not typed:
                known = find(PERSONAS, person)
                number = permit or (known.permit if known else None)
                typed = True
                page = (
                    await self.press(page, "check-permit", permit=number)
                    if number
                    else await self.press(page, "skip-permit")
                )
            elif "permit" in page.inputs:
                page = await self.press(page, "skip-permit")
            elif "agree" in page.buttons:
                page = await self.press(page, "agree")
            elif self.caught is None and "continue" in page.buttons and "open-phone" not in page.links:
                page = await self.press(page, "continue")  # a response that travels in a form
            else:
                break
        return self.answer
