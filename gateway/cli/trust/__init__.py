"""``gate trust``: the lists of recognised authorities; looked at, drafted offline, imported by one or two operators.

`reading` lists, shows and compares; `drafting` captures, transcribes, checks, signs and goes back: files only, no
gateway is needed; `importing` brings signed documents in. `desk` opens what they have in common.
"""

import typer

from gateway.cli.trust import drafting, importing, reading

app = typer.Typer(help="Lists of recognised certification authorities.", no_args_is_help=True)
app.command("list")(reading.list_)
app.command("show")(reading.show_)
app.command("diff")(reading.diff)
app.command("capture")(drafting.capture)
app.command("transcribe")(drafting.transcribe)
app.command("check")(drafting.check)
app.command("sign")(drafting.sign)
app.command("rollback")(drafting.rollback)
app.command("import")(importing.import_)
app.command("acknowledge")(importing.acknowledge)
app.command("proposals")(importing.proposals)
app.command("withdraw")(importing.withdraw)
