"""A ready dialect for whoever speaks plain OpenID Connect: the other half of a broker, and its tests' mirror.

A sign-in runs `login.start` (with the request pushed where the provider announces that) -> the provider's pages ->
`login.finish`: the code becomes tokens, the ID token verified claims, and userinfo the rest of an `UpstreamIdentity`.
`settings` says what an operator decides, `discovery` what the provider publishes, `published` keeps both fresh,
`credentials` proves who we are, `wire` reads callback and answers, `id_token` checks, `identity` translates, and
`gateway_claims` reads what only a gateway of this kind says. Nobody here knows the three wings with own dialects.
"""

from providers.openid_connect.login import OpenIDConnect, build
from providers.openid_connect.settings import KIND, OpenIDConnectSettings, from_settings

__all__ = ["KIND", "OpenIDConnect", "OpenIDConnectSettings", "build", "from_settings"]
