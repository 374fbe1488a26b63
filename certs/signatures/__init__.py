"""The third wing: signed things of every format become facts, and facts become a report that says why.

`formats` turns bytes into `SignedObject` values and decides nothing about trust; `collect` finds path and revocation
material (the only step that may reach the network); `evaluate` is pure: the same evidence and the same policy give
the same bytes. A bad signature is an answer, never an exception.
"""
