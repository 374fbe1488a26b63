"""One person's sign-in, step by step; every step takes values and returns an Outcome, never HTTP.

In order: ``begin`` (a session will do, or a provider is chosen), ``finish`` (the provider's callback becomes a person),
``identifier`` (documents and the register become an identifier), ``consent`` (what goes to whom), ``reply`` (a code for
the relying party). ``problems`` lists every failure a person can meet. Nobody here knows HTTP, pages or SQL;
what must be remembered stands behind ``ports``.
"""
