"""``gate keys list`` and ``gate keys show``: where every set stands."""

from typing import Any

import typer

from gateway.admin import key_work
from gateway.admin.key_words import described_set, summary
from gateway.cli.keys.desk import KeySetName, in_office, print_plan
from gateway.cli.output import AsJson, ConfigFile, Exit, show, show_rows
from gateway.cli.stores import Opened
from gateway.managed_keys import ManagedKeys
from gateway.product import utc_now

_COLUMNS = ("key_set", "algorithm", "active", "active_since", "next", "next_step", "due_at", "guards")


def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Every set: which key signs, which is next, and what is due; exit code 1 where a set has no key that signs."""

    async def work(_: Opened, managed: ManagedKeys) -> list[dict[str, Any]]:
        now = utc_now()
        rows = []
        for name in sorted(managed.office.sets):
            keys, steps = await key_work.show_plan(managed.office, name, now)
            rows.append(summary(managed.office.sets[name], keys, steps))
        return rows

    rows = in_office(config, work, as_json=as_json)
    show_rows("key_sets", rows, _COLUMNS, as_json=as_json)
    if any(row["active"] is None for row in rows):
        raise typer.Exit(Exit.ATTENTION)


def show_(key_set: KeySetName, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: FBT002
    """One set: its numbers, all its keys, its plan with every guard."""

    async def work(_: Opened, managed: ManagedKeys) -> dict[str, Any]:
        keys, steps = await key_work.show_plan(managed.office, key_set, utc_now())
        return described_set(managed.office.sets[key_set], keys, steps)

    found = in_office(config, work, as_json=as_json)
    if as_json:
        show(found, as_json=True)
        return
    show({name: value for name, value in found.items() if name not in {"keys", "plan"}}, as_json=False)
    show_rows("keys", found["keys"], ("kid", "state", "state_since", "private_half", "proof"), as_json=False)
    print_plan(found["plan"])
