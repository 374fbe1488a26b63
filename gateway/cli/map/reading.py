"""``gate map check`` and ``gate map explain``: what a number is, why, and what a sign-in would do with it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.admin import explanation
from gateway.admin.explanation import Given
from gateway.cli.map.arguments import AsOf, Number, Reveal, permit_of, text_of, today
from gateway.cli.output import AsJson, ConfigFile, Exit, show, stop
from gateway.cli.stores import Opened, act, with_stores
from gateway.config import settings_path
from mapping.documents import TravelPermit
from mapping.errors import MappingError
from mapping.evidence import Policy
from mapping.vocabulary import Realm

Offline = Annotated[bool, typer.Option("--offline", help="Leave the record out.")]
Person = Annotated[str | None, typer.Option("--person", help="A person's id: think their sign-in through.")]
PermitOf = Annotated[str | None, typer.Option("--permit", help="With --person: the permit they show; `-` reads it.")]
ClientId = Annotated[str | None, typer.Option("--client", help="The relying party; default: one with stand-ins.")]
Assurance = Annotated[int, typer.Option(min=1, max=4, help="The assurance level of the sign-in.")]
SamePerson = Annotated[bool, typer.Option("--same-person", help="With --person: both permits are proved to be theirs.")]
_NO_WAY_BACK = {
    "step": "record",
    "skipped": "only permits are looked up; `gate map reveal` traces a number back, by two operators",
}


def check(number: Number, as_of: AsOf = None, reveal: Reveal = False, as_json: AsJson = False) -> None:  # noqa: FBT002
    """Say what a number is; exit code 1 if it is nothing valid."""
    verdict = explanation.check(text_of(number), today(as_of), reveal=reveal)
    show(verdict, as_json=as_json)
    if not verdict["valid"]:
        raise typer.Exit(Exit.ATTENTION)


def explain(  # noqa: PLR0917 - one option per circumstance of a sign-in
    number: Annotated[str | None, typer.Argument(help="The number; `-` reads it from standard input.")] = None,
    as_of: AsOf = None,
    reveal: Reveal = False,  # noqa: FBT002
    offline: Offline = False,  # noqa: FBT002
    person: Person = None,
    permit: PermitOf = None,
    client: ClientId = None,
    assurance: Assurance = 2,
    same_person: SamePerson = False,  # noqa: FBT002
    config: ConfigFile = None,
    as_json: AsJson = False,  # noqa: FBT002
) -> None:
    """Print step by step how a number is read, what its record says, and what a sign-in would do; masked."""
    wants_person = person is not None or permit is not None
    if (number is None) is not wants_person or (wants_person and (offline or person is None or permit is None)):
        stop("give a number, or --person and --permit", Exit.USAGE)
    circumstances = _Circumstances(client, assurance, same_person)
    if person is not None and permit is not None:
        shown = permit_of(permit)
        steps = with_stores(config, lambda gate: _person_steps(gate, person, shown, circumstances))
    else:
        text = text_of(number or "")
        steps = explanation.offline(text, today(as_of), reveal=reveal)
        if not offline and _has_settings(config):
            steps += _record_steps(text, circumstances, config)
    _print(steps, as_json=as_json)


class _Circumstances:
    """Under which the sign-in is thought through."""

    __slots__ = ("_assurance", "_client_id", "_same_person")

    def __init__(self, client_id: str | None, assurance: int, same_person: bool) -> None:  # noqa: FBT001
        self._client_id, self._assurance, self._same_person = client_id, assurance, same_person

    async def given(self, gate: Opened) -> Given:
        """With the realm of the settings and the enrolment of the client."""
        realm = Realm(gate.settings.realm)
        if self._client_id is None:
            return Given(Policy(realm), self._assurance, None, self._same_person)
        client = await gate.stores.clients.find(self._client_id)
        if client is None:
            stop("no client has this id", Exit.PRECONDITION)
        policy = Policy(realm, surrogates_allowed=client.surrogates_allowed)
        return Given(policy, self._assurance, client.purpose or None, self._same_person)


def _record_steps(text: str, circumstances: _Circumstances, config: Path | None) -> list[dict[str, Any]]:
    try:
        permit = TravelPermit.parse(text)
    except MappingError:
        return [_NO_WAY_BACK]

    async def work(gate: Opened) -> list[dict[str, Any]]:
        return await explanation.of_permit(
            gate.stores.number_registry, gate.stores.audit, permit, await circumstances.given(gate), act()
        )

    return with_stores(config, work)


async def _person_steps(
    gate: Opened, subject_id: str, permit: TravelPermit, circumstances: _Circumstances
) -> list[dict[str, Any]]:
    stores = gate.stores
    given = await circumstances.given(gate)
    return await explanation.of_person(
        stores.number_registry, stores.numbers, stores.audit, subject_id, permit, given, act()
    )


def _has_settings(config: Path | None) -> bool:
    """A file that was named must be there; one that was not need not."""
    return config is not None or settings_path().exists()


def _print(steps: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show({"steps": list(steps)}, as_json=True)
        return
    for step in steps:
        facts = ", ".join(f"{name}={value}" for name, value in step.items() if name != "step" and value is not None)
        typer.echo(f"{step['step']}: {facts}")
