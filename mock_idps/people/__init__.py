"""The cast of the simulation: who exists (`persona`), and one table of people for each place.

Read through `mock_idps.personas`. All numbers are fictional: permits have low digits, residence permits and resident
identity numbers carry birth years 1900-1909, home cards have patterned digits. Knows no mock and no wire.
"""
