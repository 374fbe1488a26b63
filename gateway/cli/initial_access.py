"""``gate client tokens``: who may register relying parties by themselves (RFC 7591 §1.2)."""

from datetime import timedelta
from typing import Annotated

import typer

from gateway.admin import initial_access
from gateway.admin.initial_access import Created, InitialAccessError, InitialAccessTakenError, Terms
from gateway.admin.records import InitialAccess
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores
from gateway.oidc.names import Profile, Scope

app = typer.Typer(help="Initial access tokens for dynamic registration.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="What operators call the token.")]
_COLUMNS = ("name", "scope", "profile", "uses_left", "ends_at", "revoked_at")


@app.command()
def create(
    name: Name,
    *,
    scope: Annotated[list[Scope] | None, typer.Option(help="The most; may be given several times.")] = None,
    jurisdiction: Annotated[str, typer.Option(help="Where every client of it sits.")] = "guangdong",
    purpose: Annotated[str, typer.Option(help="What every client of it asks for data for.")] = "",
    profile: Annotated[Profile, typer.Option(help="The least profile.")] = Profile.PLAIN,
    uses: Annotated[int, typer.Option(min=1, help="How many clients it may register.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it may be used.")] = 30,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Make a token; it is shown this once and never again."""
    why = act()
    scopes = tuple(scope) if scope else (Scope.OPENID, Scope.PROFILE)
    terms = Terms(scopes, jurisdiction, purpose, profile, uses, timedelta(days=days))

    async def work(gate: Opened) -> Created:
        registry, key = gate.stores.initial_access, gate.keys.client_secret_key
        return await initial_access.create(registry, name, terms, key, why, dry_run=dry_run)

    try:
        created = with_stores(config, work)
    except InitialAccessError as error:
        stop(str(error), Exit.USAGE)
    except InitialAccessTakenError:
        stop("this name is taken, perhaps by a revoked token", Exit.PRECONDITION)
    shown = initial_access.described(created.access)
    show(shown if dry_run else {**shown, "token": created.token}, as_json=as_json)


@app.command("list")
def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """List the tokens by name, without the tokens themselves."""

    async def work(gate: Opened) -> list[InitialAccess]:
        return list(await gate.stores.initial_access.all())

    rows = [initial_access.described(access) for access in with_stores(config, work)]
    show_rows("tokens", rows, _COLUMNS, as_json=as_json)


@app.command()
def revoke(
    name: Name,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Take a token back; the clients that were registered with it stay."""
    why = act()
    if not with_stores(
        config, lambda gate: initial_access.revoke(gate.stores.initial_access, name, why, dry_run=dry_run)
    ):
        stop("no token that could be taken back has this name", Exit.PRECONDITION)
    show({"name": name, "revoked": not dry_run}, as_json=as_json)
