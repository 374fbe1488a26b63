"""Everything that touches cryptography, in three wings that stand on each other.

`keys` holds keys, JOSE, sealed boxes and the national algorithms; `trust` (lists, paths, revocation) stands on it,
and `signatures` (formats, validation, reports) on both. Nothing here knows the gateway, the providers or the mapping:
a caller hands in bytes, keys and the time, and gets values or one of the small exceptions back.
"""
