"""What can be exchanged for a token: one file per grant type, one line in ``gateway.oidc.token.GRANTS``.

A grant gets a request whose client is authenticated already, so it cannot forget that step, and returns a
``TokenResponse`` or raises ``OAuthError``. Grants do not know each other.
"""
