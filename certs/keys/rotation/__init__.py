"""The rotation of keys as a pure machine (signatures specification §9): records, numbers, guards, moves, what is due.

Nothing here reads a clock, opens a file or knows a database: a move takes a set and gives the set after it, so that a
dry run costs nothing and a crash can only fall before or after the one write that keeps it.
"""
