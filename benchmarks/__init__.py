"""Loads and their figures: what a sign-in costs here, beside the least that a correct broker can cost.

`python -m benchmarks` runs all of it; docs/explanation/speed.md says how to read the table. `signin` asks the questions
and `report` judges; `course` starts everything that runs (`processes`), `driver` is the browsers, `stand_in` the
measuring stick over `stand_in_store` and `stand_in_tokens`, and `wire` the HTTP client that browsers and stick share.
Nothing of the product imports anything from here, and nothing here is packaged.

`mapping` (`make bench-mapping`) measures validations, resolutions and growing tables; `allocations` gives very many
people a number and proves that no two got the same one.

`signatures` measures what judging a signature costs beside the cryptography that it needs: `signature_engine` is the
engine without stores, and `signature_loads`, `signature_cold`, `signature_pdf`, `signature_crowd` and
`signature_hostile` are the parts of the table.
"""
