"""``gate operator show|password|totp|certificate|sessions``: what operators sign in with.

A password or a code is typed, or read from standard input; never an argument: arguments are seen by everybody.
"""

import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from certs.keys.certificate_facts import MAX_FILE, CertificateFacts, read_certificates
from certs.keys.errors import KeyMaterialError
from certs.keys.password import PasswordError
from gateway.admin import operator_accounts, operators
from gateway.admin.operation_records import OperatorSession
from gateway.admin.operator_accounts import Accounts, CredentialError
from gateway.admin.operator_sessions import described as described_session
from gateway.admin.operators import UnknownOperatorError
from gateway.audit import AuditAction
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, Yes, confirm, show, show_rows, stop
from gateway.cli.stores import Opened, act, with_stores

T = TypeVar("T")

Name = Annotated[str, typer.Argument(help="The operator's name.")]


def show_account(name: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Show one operator: role, places, what they can sign in with, where they are signed in."""
    now = act().now

    async def work(gate: Opened) -> Mapping[str, Any]:
        operator = await gate.stores.operator_registry.find(name)
        if operator is None:
            raise UnknownOperatorError
        return {**operators.described(operator), **await operator_accounts.described(_office(gate), operator, now)}

    show(_done(config, work), as_json=as_json)


def password(
    name: Name,
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Give an operator a password, typed twice or read from standard input; their sessions end."""
    typed = _typed("Password", twice=True)
    why = act()

    async def work(gate: Opened) -> None:
        await operator_accounts.set_password(_office(gate), name, typed, why, dry_run=dry_run)

    _done(config, work)
    show({"name": name, "password": not dry_run, "dry_run": dry_run}, as_json=as_json)


def totp(name: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Set an operator's authenticator up: shows the secret once, and keeps it after a code was typed."""

    async def work(gate: Opened) -> None:
        office = _office(gate)
        enrolment = await operator_accounts.begin_enrolment(office, name, act().now)
        typer.echo(f"{enrolment.address}\nor typed: {enrolment.typed}", err=True)
        await operator_accounts.confirm_enrolment(office, enrolment, _typed("Code"), act())

    _done(config, work)
    show({"name": name, "one_time_code": True}, as_json=as_json)


def certificate(
    name: Name,
    file: Annotated[Path, typer.Argument(help="The client certificate, PEM or DER.", dir_okay=False)],
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
    dry_run: DryRun = False,  # noqa: FBT002
) -> None:
    """Let an operator in by a client certificate; it must be of an authority in operator_api.tls_client_ca."""
    facts, why = _certificate(file), act()

    async def work(gate: Opened) -> str:
        return await operator_accounts.bind_certificate(_office(gate), name, facts, why, dry_run=dry_run)

    thumbprint = _done(config, work)
    show({"name": name, "certificate": thumbprint, "subject": facts.subject, "dry_run": dry_run}, as_json=as_json)


def sessions(
    name: Name,
    *,
    end: Annotated[bool, typer.Option("--end", help="End all of them.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Take password, authenticator, certificate away too.")
    ] = False,
    yes: Yes = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List where an operator is signed in, or end it; with --forget as after a loss."""
    if end or forget:
        confirm(f"End every session of {name}?", yes=yes, dry_run=False)
    why = act()

    async def work(gate: Opened) -> list[OperatorSession]:
        accounts = gate.stores.operator_accounts
        if await gate.stores.operator_registry.find(name) is None:
            raise UnknownOperatorError
        if forget:
            await operator_accounts.take_away(_office(gate), name, why)
        if end or forget:
            await accounts.end_all(name, why.event(AuditAction.OPERATOR_SIGNED_OUT, name=name, sessions="all"))
        return list(await accounts.sessions(name, why.now))

    rows = [described_session(session) for session in _done(config, work)]
    show_rows("sessions", rows, ("strength", "began_at", "seen_at", "ends_at", "latest_end"), as_json=as_json)


def _office(gate: Opened) -> Accounts:
    return Accounts(gate.stores.operator_registry, gate.stores.operator_accounts)


def _done(config: Path | None, work: Callable[[Opened], Awaitable[T]]) -> T:
    try:
        return with_stores(config, work)
    except UnknownOperatorError:
        stop("no active operator has this name", Exit.PRECONDITION)
    except PasswordError as error:
        stop(str(error), Exit.USAGE)
    except CredentialError as error:
        stop(str(error), Exit.PRECONDITION)


def _typed(what: str, *, twice: bool = False) -> str:
    """A line that is typed without being shown, or the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = typer.prompt(what, hide_input=True, confirmation_prompt=twice, err=True)
    return typed


def _certificate(file: Path) -> CertificateFacts:
    try:
        with file.open("rb") as opened:
            return read_certificates(opened.read(MAX_FILE + 1))[0]
    except OSError:
        stop("the certificate's file cannot be read", Exit.USAGE)
    except KeyMaterialError:
        stop("this is no file of certificates", Exit.USAGE)
