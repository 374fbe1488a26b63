"""The OpenID Provider core: pure functions on values, no framework, no database, no I/O of its own.

A request runs ``authorize.validate`` -> (the broker finds the person) -> ``grants`` and ``issue`` -> ``userinfo``.
``names`` holds the registries' words, ``errors`` the one error, ``model`` the protocol's nouns, ``ports`` what has to
be remembered. Nobody here knows the broker, upstream providers, identifiers of people, HTTP or SQL.
"""
