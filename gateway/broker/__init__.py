"""One person's sign-in, step by step; every step takes values and returns an Outcome, never HTTP.

In order: ``begin`` (a session will do, or a provider is chosen), ``finish`` (the provider's callback becomes a person),
``identifier`` (documents and the register become an identifier), ``consent`` (what goes to whom), ``reply`` (a code for
the relying party). Under ``identifier`` lie ``asking`` (who asks, and what the register says), ``recording`` (decide
and write), ``conflicts`` (what contradicts the records) and ``recheck`` (what is known already, brought up to date).

Beside a sign-in: ``account`` is what a person may see and take back, ``notices`` tells relying parties of numbers that
were replaced, ``verify`` answers their one question. ``problems`` lists every failure a person can meet. Nobody here
knows HTTP, pages or SQL; what must be remembered stands behind ``ports``.
"""
