"""``gate keys``: the gateway's own keys, their rotation and its guards (§9.2)."""

import typer

from gateway.cli.keys import certificates, emergency, moving, planning, reading, wrapping

app = typer.Typer(help="The gateway's own keys: plan, rotate, and what to do when one is lost.", no_args_is_help=True)
app.command("list")(reading.list_)
app.command("show")(reading.show_)
app.command("plan")(planning.plan)
app.command("apply")(planning.apply)
app.command("generate")(moving.generate)
app.command("request-cert")(certificates.request_cert)
app.command("import-cert")(certificates.import_cert)
app.command("publish")(moving.publish)
app.command("prove")(moving.prove)
app.command("activate")(moving.activate)
app.command("hold")(moving.hold)
app.command("abort")(moving.abort)
app.command("retire")(moving.retire)
app.command("compromise")(emergency.compromise)
app.command("revoke")(emergency.revoke)
app.command("destroy")(emergency.destroy)
app.command("drill")(emergency.drill)
app.command("rewrap")(wrapping.rewrap)
