"""``gate client snippet``: a program that signs somebody in with one registered client, ready to run."""

import json
import shlex
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway.cli.output import AsJson, ConfigFile, Exit, show, stop
from gateway.cli.stores import Opened, with_stores
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod, GrantType, Profile


class Language(StrEnum):
    """What a snippet is written in."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    JAVA = "java"
    GO = "go"
    CSHARP = "csharp"
    CURL = "curl"


_MUTUAL_TLS: Final = frozenset({ClientAuthMethod.TLS, ClientAuthMethod.SELF_SIGNED_TLS})
_KEY_METHOD: Final = ClientAuthMethod.PRIVATE_KEY_JWT
_TEMPLATES: Final = Path(__file__).parent / "snippets"


def snippet(
    client_id: Annotated[str, typer.Argument(help="The client_id.")],
    language: Annotated[Language, typer.Option(help="What it is written in.")],
    redirect_uri: Annotated[str | None, typer.Option(help="Which of the registered ones; default: the first.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Print a program that signs somebody in with this client: discovery, PKCE and whatever its profile demands."""

    async def work(gate: Opened) -> tuple[Client | None, str]:
        return await gate.stores.clients.find(client_id), gate.settings.issuer

    client, issuer = with_stores(config, work)
    if client is None:
        stop("no client has this id", Exit.PRECONDITION)
    try:
        text = program(client, issuer, language, redirect_uri)
    except ValueError as error:
        stop(str(error), Exit.PRECONDITION)
    if as_json:
        show({"language": language.value, "program": text}, as_json=True)
    else:
        typer.echo(text, nl=False)


def program(client: Client, issuer: str, language: Language, redirect_uri: str | None = None) -> str:
    """The program's text; raises ``ValueError`` for a client that no such program can serve."""
    if GrantType.AUTHORIZATION_CODE not in client.grant_types:
        raise ValueError("this client has no browser to sign in with: see the pages on kiosks and counters")
    if redirect_uri is not None and redirect_uri not in client.redirect_uris:
        raise ValueError("this redirect URI is not registered")
    if client.token_endpoint_auth_method in _MUTUAL_TLS and language is not Language.CURL:
        raise ValueError("mutual TLS is a matter of the HTTP client: the snippet for curl shows it")
    if client.id_token_encrypted_response_alg or client.userinfo_encrypted_response_alg:
        raise ValueError("the snippets decrypt nothing: this client asks for encrypted answers")
    facts = _facts(client, issuer, redirect_uri or client.redirect_uris[0])
    if facts["signed"] and (language is Language.CSHARP or client.token_endpoint_auth_method is not _KEY_METHOD):
        raise ValueError(
            "this client signs its requests: a snippet needs private_key_jwt, and C# has no library for it"
        )
    is_bound = language is Language.PYTHON and (facts["dpop"] or facts["signed"])
    return _ENGINE.get_template(f"{'python_bound' if is_bound else language.value}.txt").render(facts)


def _facts(client: Client, issuer: str, redirect_uri: str) -> Mapping[str, Any]:
    """What the templates may know of a client; no secret is among it, for there is none to be read."""
    key = _key(client)
    uses_keys = client.token_endpoint_auth_method is _KEY_METHOD
    return {
        "issuer": issuer,
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(scope for scope in client.scopes if scope != "offline_access"),
        "method": client.token_endpoint_auth_method.value,
        "id_token_alg": client.id_token_signed_response_alg,
        "key_alg": "ES256" if key.get("kty", "EC") == "EC" else key.get("alg", "PS256"),
        "kid": key.get("kid"),
        "fapi": client.is_fapi,
        "signed": client.demands_signed_request or client.profile is Profile.FAPI2_MS,
        "push": client.demands_push or client.demands_signed_request,
        "dpop": client.dpop_bound_access_tokens,
        "jose": uses_keys or client.dpop_bound_access_tokens,
        "tls": client.token_endpoint_auth_method in _MUTUAL_TLS or client.tls_client_certificate_bound_access_tokens,
        "plain_http": issuer.startswith("http://"),
    }


def _key(client: Client) -> Mapping[str, Any]:
    """The first of the client's registered keys that may sign."""
    keys = (client.jwks or {}).get("keys", [])
    return next((key for key in keys if key.get("use", "sig") == "sig"), {})


def _text(value: str) -> str:
    """A text literal of Python, JavaScript, Java, Go and C# alike: ASCII in double quotes."""
    return json.dumps(value)


# Programs, not pages: nothing is escaped for HTML, every value goes through a filter for the language it stands in.
_ENGINE: Final = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    variable_start_string="«",
    variable_end_string="»",
    block_start_string="«%",
    block_end_string="%»",
    comment_start_string="«#",
    comment_end_string="#»",
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 - as said above
)
_ENGINE.filters.update(text=_text, shell=shlex.quote)
