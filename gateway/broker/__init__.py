"""One person's sign-in, step by step; every step takes values and returns an Outcome, never HTTP.

In order: ``begin`` (a session will do, or a provider is chosen), ``finish`` (the provider's callback becomes a person),
``proceed`` (the next question), ``identifier`` (documents and the register become an identifier), ``release`` and
``consent`` (what goes to whom), ``reply`` (a code for the relying party), ``returning`` (an error for it). Under these
lie ``asked`` and ``assurance`` (what a request wants), ``demands`` (what it insists on), ``single_sign_on``,
``subject`` and ``organisation``; under ``identifier``: ``asking`` (who asks, and what the register says), ``recording``
(decide and write), ``conflicts`` (what contradicts the records), ``recheck`` (what is known, brought up to date).

Beside a sign-in: ``approvals`` answers kiosks and counters, ``sign_out`` ends sessions and ``deliveries`` tells relying
parties so, ``account`` is what a person may see and take back, ``notices`` tells of numbers that were replaced,
``verify`` answers the one question about them. ``problems`` lists every failure a person can meet. Nobody here knows
HTTP, pages or SQL; what must be remembered stands behind ``ports``.
"""
