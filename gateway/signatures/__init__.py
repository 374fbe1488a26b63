"""The validation service and the signing sessions of the gateway; on the floor of ``broker`` and ``admin``.

`records` is what is remembered: accepted trust documents, reports, receipts, wishes to have something signed. `ports`
is how it is asked for; ``gateway.store`` answers. What a signature is worth is decided in ``certs``, never here. Knows
no HTTP, no SQL and no provider's wire.
"""
