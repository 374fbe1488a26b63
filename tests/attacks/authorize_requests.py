"""Authorization requests that are sent but not followed, and what must be seen of the answers."""

from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests.attacks.watch import WatchedWorld
from tests.world import Asked


async def send(world: WatchedWorld, asked: Asked, pairs: Sequence[tuple[str, str]] = ()) -> httpx.Response:
    """Send an authorization request without following where it leads; ``pairs`` are added to the query."""
    async with world.net.browser() as http:
        return await http.get(asked.url + ("&" + urlencode(pairs) if pairs else ""))


def told(response: httpx.Response) -> dict[str, str]:
    """What a relying party would be told by this response."""
    parts = urlsplit(response.headers["location"])
    assert not parts.fragment
    return {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}


def assert_local(response: httpx.Response) -> None:
    """A page of ours with a reference for support, and no way off."""
    assert response.status_code == 400
    assert "location" not in response.headers
    assert "set-cookie" not in response.headers
    assert 'id="problem"' in response.text
    assert "evil" not in response.text
