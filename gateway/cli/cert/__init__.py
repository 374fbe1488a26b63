"""``gate cert``: everything that ends, and the certificate files of the listeners.

`looking` lists, shows, checks and writes the calendar and changes nothing; `importing` puts a renewed certificate in
the place of the old one. Keys and their certificates that the gateway manages itself are the business of `gate keys`.
"""

import typer

from gateway.cli.cert import importing, looking

app = typer.Typer(help="Everything that ends: keys, certificates, trust lists, backups.", no_args_is_help=True)
app.command("list")(looking.list_)
app.command("inspect")(looking.inspect)
app.command("check")(looking.check)
app.command("needs-renewal")(looking.needs_renewal)
app.command("calendar")(looking.calendar)
app.command("import")(importing.import_)
