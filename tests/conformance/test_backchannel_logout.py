"""oidcc-backchannel-rp-initiated-logout-certification-test-plan: a logout token for whoever asked to be told."""

from urllib.parse import parse_qs, urlencode

import pytest

from tests.asking import RP
from tests.conformance.suite import ISSUER, Suite
from tests.conformance.wire import header_of, verified

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.spec("Back-Channel Logout 1.0 §2")]
HOME = f"{RP}/post-logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


async def test_oidcc_backchannel_logout_discovery_endpoint_verification(suite: Suite) -> None:
    found = await suite.discovery()

    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True
    assert found["end_session_endpoint"] == f"{ISSUER}/logout"


@pytest.mark.parametrize("with_sid", [True, False])
async def test_oidcc_backchannel_rp_initiated_logout(suite: Suite, with_sid: bool) -> None:
    path = f"/backchannel/{with_sid}"
    party = await suite.dynamic(
        backchannel_logout_uri=f"{RP}{path}",
        backchannel_logout_session_required=with_sid,
        post_logout_redirect_uris=[HOME],
    )
    browser = suite.browser()
    tokens = await suite.whole(party, browser)

    parameters = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": HOME, "state": "s"}
    await browser.open(f"{ISSUER}/logout?{urlencode(parameters)}")
    await suite.world.chores.deliver()

    assert browser.caught == f"{HOME}?state=s"
    ((_, headers, body),) = [posted for posted in suite.documents.posted if posted[0] == path]
    assert headers["content-type"].partition(";")[0] == "application/x-www-form-urlencoded"
    form = parse_qs(body.decode("ascii"))
    assert form.keys() == {"logout_token"}
    await check(suite, form["logout_token"][0], tokens["claims"])


async def check(suite: Suite, token: str, signed_in: dict[str, str]) -> None:
    """Back-Channel Logout 1.0 §2.4, §2.6."""
    claims = verified(token, await suite.document("/jwks"))
    now = suite.world.clock.now.timestamp()
    assert header_of(token)["typ"] == "logout+jwt"
    assert header_of(token)["alg"] == "RS256"  # as the ID tokens of the client
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, signed_in["aud"], signed_in["sub"])
    assert claims["sid"] == signed_in["sid"]
    assert claims["events"] == {EVENT: {}}
    assert now - 60 <= claims["iat"] <= now < claims["exp"] <= now + 120
    assert claims["jti"]
    assert "nonce" not in claims
