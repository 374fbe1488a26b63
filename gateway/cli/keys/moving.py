"""One step of a rotation: ``gate keys generate|publish|prove|activate|hold|abort|retire``."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final

import typer

from certs.keys.rotation.records import ProofKind
from certs.keys.rotation.rules import Publication
from gateway.admin import key_office, key_work
from gateway.admin.key_work import Done, KeyOffice, Order, UnknownKeySetError
from gateway.cli.keys.desk import AskFor, Because, KeySetName, Kid, OperationId, SecondPerson, in_office, order, tell
from gateway.cli.output import AsJson, ConfigFile, DryRun, Exit, stop
from gateway.cli.stores import Opened
from gateway.managed_keys import ManagedKeys, probe_of
from gateway.outbound import build_fetch
from gateway.partner_probe import PartnerProbe
from gateway.product import utc_now
from gateway.upstreams import build_calls

FromFile = Annotated[
    Path | None,
    typer.Option("--from-file", help="What a partner has issued; /dev/stdin for standard input.", dir_okay=False),
]
_MATERIAL: Final = 16 * 1024
Override = Annotated[
    bool, typer.Option("--override", help="Take publication for granted: needs a second operator (--joint-act).")
]
Confirmed = Annotated[bool, typer.Option("--confirmed", help="The partner has confirmed that the key is registered.")]


def generate(
    key_set: KeySetName,
    reason: Because = "",
    *,
    from_file: FromFile = None,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Make the next key in its backend, or keep a credential that a partner has issued; nobody sees it yet."""
    asked = order(reason, dry_run=dry_run, operation=operation_id)
    material = None if from_file is None else _material(from_file)
    _do(config, asked, lambda office: key_office.generate(office, key_set, asked, material), as_json=as_json)


def publish(
    key_set: KeySetName,
    kid: Kid = None,
    reason: Because = "",
    operation_id: OperationId = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Show the next key to everybody, or let a held one go on."""
    asked = order(reason, dry_run=dry_run, operation=operation_id)
    _do(config, asked, lambda office: key_office.publish(office, key_set, asked, kid), as_json=as_json)


def prove(
    key_set: KeySetName,
    kid: Kid = None,
    *,
    override: Override = False,
    confirmed: Confirmed = False,
    reason: Because = "",
    joint_act: SecondPerson = None,
    ask: AskFor = False,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Prove that the next key is seen: our document from outside, a partner's word, or two persons."""
    asked = order(reason, dry_run=dry_run, operation=operation_id, joint_act=joint_act, ask=ask)

    async def work(gate: Opened, managed: ManagedKeys) -> Done:
        office = managed.office
        if override:
            return await key_office.prove(office, key_set, ProofKind.OVERRIDE, asked, kid)
        description, keys = await key_work.current(office, key_set)
        if confirmed:
            if description.rules.publication is not Publication.PARTNER:
                stop("only a partner's register is confirmed; our own documents are looked at", Exit.USAGE)
            return await key_office.prove(office, key_set, ProofKind.PARTNER, asked, kid)
        chosen = kid or (keys.standby.kid if keys.standby else None)
        if chosen is None:
            raise UnknownKeySetError("no key of this set waits for its proof")
        if description.rules.publication is Publication.PARTNER:
            await _ask_partner(gate, managed, key_set, chosen)
            return await key_office.prove(office, key_set, ProofKind.PARTNER, asked, chosen)
        async with build_fetch(gate.settings.outbound) as fetch:
            if chosen not in await probe_of(fetch)(description):
                stop("the key is not seen from outside: nothing was changed", Exit.REMOTE)
        return await key_office.prove(office, key_set, ProofKind.PROBE, asked, chosen)

    tell(in_office(config, work, as_json=as_json), as_json=as_json, dry_run=dry_run)


def activate(
    key_set: KeySetName,
    kid: Kid = None,
    reason: Because = "",
    operation_id: OperationId = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Let the next key sign; the one before only verifies from then on."""
    asked = order(reason, dry_run=dry_run, operation=operation_id)
    _do(config, asked, lambda office: key_office.activate(office, key_set, asked, kid), as_json=as_json)


def hold(
    key_set: KeySetName,
    reason: Because,
    kid: Kid = None,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Keep the next key from being activated; `gate keys publish` lets it go on."""
    asked = order(reason, dry_run=dry_run, operation=operation_id)
    _do(config, asked, lambda office: key_office.hold(office, key_set, asked, kid), as_json=as_json)


def abort(
    key_set: KeySetName,
    reason: Because,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Take a fresh activation back, within the settle window."""
    asked = order(reason, dry_run=dry_run, operation=operation_id)
    _do(config, asked, lambda office: key_office.abort(office, key_set, asked), as_json=as_json)


def retire(
    key_set: KeySetName,
    kid: Kid = None,
    *,
    reason: Because = "",
    joint_act: SecondPerson = None,
    ask: AskFor = False,
    operation_id: OperationId = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
) -> None:
    """Take a key out of the document, once nothing that it signed can be alive."""
    asked = order(reason, dry_run=dry_run, operation=operation_id, joint_act=joint_act, ask=ask)
    _do(config, asked, lambda office: key_office.retire(office, key_set, asked, kid), as_json=as_json)


async def _ask_partner(gate: Opened, managed: ManagedKeys, key_set: str, kid: str) -> None:
    """One call to the partner, made with the new credential; ends the command where it is not known there."""
    calls = build_calls(gate.settings)
    try:
        probe = PartnerProbe(gate.settings, managed.backend, calls, utc_now)
        answer = await probe.ask(key_set, kid, await managed.office.registry.all())
    except KeyError:
        raise UnknownKeySetError("no key of this name waits for its proof") from None
    finally:
        await calls.aclose()
    if not answer.is_known:
        stop(f"the partner does not know it: {answer.problem}; nothing was changed", Exit.REMOTE)


def _material(path: Path) -> bytes:
    """A credential out of a file or standard input, never from the command line, where everybody sees it (KM-05)."""
    try:
        with path.open("rb") as file:
            data = file.read(_MATERIAL + 1)
    except OSError as error:
        stop(f"{path} cannot be read ({error.strerror})", Exit.PRECONDITION)
    if not data.strip() or len(data) > _MATERIAL:
        stop(f"{path} holds no credential", Exit.PRECONDITION)
    return data.strip()


def _do(config: Path | None, asked: Order, work: Callable[[KeyOffice], Awaitable[Done]], *, as_json: bool) -> None:
    async def run(_: Opened, managed: ManagedKeys) -> Done:
        return await work(managed.office)

    tell(in_office(config, run, as_json=as_json), as_json=as_json, dry_run=asked.dry_run)
