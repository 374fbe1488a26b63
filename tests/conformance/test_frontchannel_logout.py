"""oidcc-frontchannel-rp-initiated-logout-certification-test-plan: the farewell page loads the client's address."""

import html
import re
from urllib.parse import urlencode

import pytest

from tests.asking import RP
from tests.conformance.suite import ISSUER, Suite
from tests.conformance.wire import query_of

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("Front-Channel Logout 1.0 §2, §3")]
HOME = f"{RP}/post-logout"


async def test_oidcc_frontchannel_logout_discovery_endpoint_verification(suite: Suite) -> None:
    found = await suite.discovery()

    assert found["frontchannel_logout_supported"] is True
    assert found["frontchannel_logout_session_supported"] is True
    assert found["end_session_endpoint"] == f"{ISSUER}/logout"


async def test_oidcc_frontchannel_rp_initiated_logout(suite: Suite) -> None:
    party = await suite.dynamic(
        frontchannel_logout_uri=f"{RP}/frontchannel",
        frontchannel_logout_session_required=True,
        post_logout_redirect_uris=[HOME],
    )
    browser = suite.browser()
    tokens = await suite.whole(party, browser)

    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": HOME, "state": "s"}
    page = await browser.open(f"{ISSUER}/logout?{urlencode(parameters)}")

    (frame,) = [html.unescape(found) for found in re.findall(r'<iframe[^>]* src="([^"]+)"', browser.last.text)]
    assert frame.startswith(f"{RP}/frontchannel?")
    assert query_of(frame) == {"iss": ISSUER, "sid": tokens["claims"]["sid"]}
    assert RP in browser.last.headers["content-security-policy"]
    # The way back waits for the frame: a link for people, and it goes on by itself.
    assert f"{HOME}?state=s" in [html.unescape(link) for link in page.links.values()]
    assert 'http-equiv="refresh"' in browser.last.text
