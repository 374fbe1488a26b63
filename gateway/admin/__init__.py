"""What operators do: one service layer of plain functions under the command line and the operator API.

Functions take stores, the acting operator and ``now``, return records and write an audit event.
Nobody here knows HTTP, the terminal or SQL.
"""
