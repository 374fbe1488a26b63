"""The cast of the simulation: who exists (`persona`), one table of people for each place, and `organisations`.

Read through `mock_idps.personas`. All numbers are fictional: permits have low digits, residence permits and resident
identity numbers carry birth years 1900-1909, home cards have patterned digits, credit codes an authority that does not
exist. Knows no mock and no wire.
"""
