"""``gate map``: permits, 18-character identifiers, and the records that tie them; what is shown is masked.

`reading` explains a number; `records` changes how a record stands; `overview` lists what wants looking at; `rekey`
changes keys; `reveal` traces a number back, by two operators. `arguments` reads what they have in common.
"""

import typer

from gateway.cli import simulate
from gateway.cli.map import overview, reading, records, rekey, reveal

app = typer.Typer(help="Permits, 18-character identifiers and their records.", no_args_is_help=True)
app.command("check")(reading.check)
app.command("explain")(reading.explain)
app.command("history")(records.history)
app.command("freeze")(records.freeze)
app.command("release")(records.release)
app.command("close")(records.close)
app.command("capacity")(overview.capacity)
app.command("alerts")(overview.alerts_)
app.command("settle")(overview.settle)
app.command("rekey")(rekey.rekey)
app.command("simulate")(simulate.simulate)
app.add_typer(reveal.app, name="reveal")
