"""The operators' pages as people use them: a browser with a cookie, forms with their tokens, one world for a file."""

import contextlib
import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

import httpx
import pytest
import pytest_asyncio

from gateway.config import OperatorApi
from tests.attacks.operators_office import PASSWORD, REASON, OperatorsOffice, opened
from tests.attacks.watch import watched
from tests.world import OPERATORS, a_world

_FORM: Final = re.compile(r'<form[^>]*action="([^"]+)"(.*?)</form>', re.DOTALL)
_INPUT: Final = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass(slots=True)
class Tab:
    """One browser at the operators' listener."""

    office: OperatorsOffice
    http: httpx.AsyncClient
    page: str = field(default="", repr=False)

    async def get(self, path: str) -> httpx.Response:
        response = await self.http.get(path)
        self.page = response.text
        return response

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send the form of the page that was looked at last, with its hidden fields; a keyword adds or changes one."""
        response = await self.http.post(path, data=self.hidden(path) | fields)
        self.page = response.text
        return response

    def hidden(self, path: str) -> dict[str, str]:
        forms = {html.unescape(action): body for action, body in _FORM.findall(self.page)}
        return {name: html.unescape(value) for name, value in _INPUT.findall(forms.get(path, ""))}

    async def sign_in(self, name: str, **changes: str) -> httpx.Response:
        """Type everything as the person would, with the authenticator's next code."""
        self.office.world.clock.advance(seconds=31)
        await self.get("/sign-in")
        code = self.office.code(name) if name in self.office.secrets else "123456"
        typed = {"name": name, "password": PASSWORD, "code": code} | changes
        return await self.post("/sign-in", **typed)

    async def act(self, key_set: str, verb: str, kid: str, **more: str) -> httpx.Response:
        """Ask what a verb would do."""
        await self.get(f"/keys/{key_set}")
        return await self.post(f"/keys/{key_set}/{verb}", kid=kid, reason=REASON, **more)


def text_of(page: str) -> str:
    """The words of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


@contextlib.asynccontextmanager
async def a_tab(office: OperatorsOffice, name: str | None = None) -> AsyncIterator[Tab]:
    """A browser, in which somebody is signed in already if a name is given; most tests are not about typing."""
    async with office.world.net.browser() as http:
        http.base_url = httpx.URL(OPERATORS)
        if name is not None:
            http.cookies.set(cookie(), await office.sign_in_again(name), domain=http.base_url.host)
        yield Tab(office, http)


def cookie() -> str:
    """What the session's cookie is called."""
    return "__Host-gate-operator" if OPERATORS.startswith("https") else "gate-operator"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dashboard(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[OperatorsOffice]:
    """The office whose pages are looked at; tests that use it carry `@pytest.mark.asyncio(loop_scope="module")`."""
    async with (
        a_world(tmp_path_factory.mktemp("dashboard") / "world") as running,
        opened(watched(running), OperatorApi()) as office,
    ):
        yield office


@pytest_asyncio.fixture(loop_scope="module")
async def tab(dashboard: OperatorsOffice) -> AsyncIterator[Tab]:
    """A browser in which nobody is signed in."""
    async with a_tab(dashboard) as fresh:
        yield fresh
