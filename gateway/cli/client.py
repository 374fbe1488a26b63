"""``gate client``: the registered relying parties."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import clients
from gateway.app import utc_now
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, show, show_rows, stop
from gateway.cli.stores import Opened, operator_name, with_stores
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, Scope
from gateway.oidc.random_values import new_id
from gateway.oidc.registration import MetadataError

app = typer.Typer(help="Registered relying parties.", no_args_is_help=True)

Many = Annotated[list[str], typer.Option(help="May be given several times.")]


@app.command()
def create(  # noqa: PLR0917 - one option per field of the registration
    name: Annotated[str, typer.Option("--name", help="Name shown to people.")],
    redirect_uri: Many,
    client_id: Annotated[str | None, typer.Option(help="Default: a random one.")] = None,
    auth: Annotated[ClientAuthMethod, typer.Option(help="How the client authenticates.")] = ClientAuthMethod.BASIC,
    jwks_file: Annotated[Path | None, typer.Option(help="Public keys of a private_key_jwt client.")] = None,
    scope: Annotated[list[Scope] | None, typer.Option(help="May be given several times.")] = None,
    post_logout_redirect_uri: Annotated[list[str] | None, typer.Option(help="May be given several times.")] = None,
    alg: Annotated[str, typer.Option(help="ID token signature: ES256 or RS256.")] = "ES256",
    jurisdiction: Annotated[
        str, typer.Option(help="Where the client sits: hong_kong, macao, guangdong.")
    ] = "guangdong",
    purpose: Annotated[str, typer.Option(help="Why data is asked for, shown on the consent page.")] = "",
    surrogate_purpose: Annotated[
        list[str] | None, typer.Option(help="Enrol for stand-in numbers for this purpose; may be given several times.")
    ] = None,
    document_code: Annotated[
        list[str] | None, typer.Option(help="The client's own code of a document, kind=code; several times.")
    ] = None,
    event_uri: Annotated[str | None, typer.Option(help="Where the client is told of replaced numbers.")] = None,
    provider: Annotated[list[str] | None, typer.Option(help="Offer only these accounts.")] = None,
    sector: Annotated[str, typer.Option(help="Sector of pairwise subjects; default: the redirect URIs' host.")] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Register a relying party; its secret is shown this once and never again."""
    draft = Client(
        client_id=client_id or new_id(),
        client_name=name,
        redirect_uris=tuple(redirect_uri),
        token_endpoint_auth_method=auth,
        jwks=_jwks(jwks_file),
        scopes=tuple(dict.fromkeys([Scope.OPENID.value, *(item.value for item in scope or [])])),
        id_token_signed_response_alg=alg,
        post_logout_redirect_uris=tuple(post_logout_redirect_uri or ()),
        jurisdiction=jurisdiction,
        purpose=purpose,
        surrogate_purposes=tuple(surrogate_purpose or ()),
        document_codes=_codes(document_code or []),
        event_uri=event_uri,
        providers=tuple(item.replace("-", "_") for item in provider or ()),
        sector=sector,
    )

    async def work(gate: Opened) -> clients.Registered:
        return await clients.create(
            gate.stores.registry,
            draft,
            gate.keys.client_secret_key,
            operator_name(),
            utc_now(),
            allow_loopback=gate.settings.environment == "development",
            dry_run=dry_run,
        )

    try:
        registered = with_stores(config, work)
    except MetadataError as error:
        stop(f"this client cannot be registered: {error}", Exit.USAGE)
    except clients.ClientTakenError:
        stop("this client_id is taken", Exit.PRECONDITION)
    shown = clients.described(registered.client)
    show({**shown, "client_secret": registered.client_secret} if registered.client_secret else shown, as_json=as_json)


@app.command("list")
def list_(
    after: Annotated[str | None, typer.Option(help="Begin behind this client_id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 100,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """List relying parties in the order of their ids."""

    async def work(gate: Opened) -> list[Client]:
        return await gate.stores.registry.page(after, limit)

    rows = [clients.described(client) for client in with_stores(config, work)]
    show_rows("clients", rows, ("client_id", "client_name", "scope", "active"), as_json=as_json)


@app.command("show")
def show_(client_id: str, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show one relying party."""

    async def work(gate: Opened) -> Client | None:
        return await gate.stores.clients.find(client_id)

    client = with_stores(config, work)
    if client is None:
        stop("no client has this id", Exit.PRECONDITION)
    show(clients.described(client), as_json=as_json)


@app.command()
def disable(
    client_id: str,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Switch a relying party off; its codes and tokens end with it within a minute."""

    async def work(gate: Opened) -> bool:
        if dry_run:
            return await gate.stores.clients.find(client_id) is not None
        return await clients.disable(gate.stores.registry, client_id, operator_name(), utc_now())

    if not with_stores(config, work):
        stop("no client has this id", Exit.PRECONDITION)
    show({"client_id": client_id, "active": dry_run}, as_json=as_json)


def _jwks(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        stop("the key set file cannot be read as JSON", Exit.USAGE)
    if not isinstance(document, dict):
        stop("the key set file must hold a JSON object", Exit.USAGE)
    return document


def _codes(pairs: list[str]) -> dict[str, str]:
    """Pairs like ``permit_cn=05``; which kinds there are is checked with the rest of the registration."""
    codes = dict(pair.partition("=")[::2] for pair in pairs)
    if len(codes) != len(pairs) or not all(kind and code for kind, code in codes.items()):
        stop("--document-code is kind=code, each kind once", Exit.USAGE)
    return codes
