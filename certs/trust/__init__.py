"""The second wing: who is recognised, by which list, along which path, and whether a certificate still stands.

In the order in which a signature meets them: `certificate` (a strict gate before anything is believed of one),
`arithmetic` over `content` (one signature, one key), `trust_list` and `equivalence` (signed data that say who is
recognised for whom), `path` (RFC 5280 §6, bounded), `revocation` (OCSP and CRL), `fetch` (the one door to the
network, to hosts that a list names and no other) and `policy` (what is demanded). It stands on `certs.keys`, reads no
clock, and knows neither formats nor reports: those are `certs.signatures`.
"""
