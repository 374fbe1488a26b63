"""Simulated identity providers of Hong Kong, Macao and Guangdong, for development and tests only.

What lives here, in the order in which a sign-in meets it: `personas` (the cast, one table for all three), `switchboard`
(what a tester has turned: scenarios, approvals, clocks, the request log; its control plane under `/__mock__/`), `pages`
(the plain frame of every page), and one folder per place, each an application with keys, clock and storage of its own.

The mocks know nothing of the gateway, the providers, the mapping or the certificates, and the three places do not know
each other: two independent readings of a wire find each other's mistakes. Nothing here is part of the shipped wheel.
"""
