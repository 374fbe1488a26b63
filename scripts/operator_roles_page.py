"""The reference page on operators' roles, read off the table of the operator API and the rules of rights."""

from gateway.admin.records import Role
from gateway.admin.rights import NEEDED, RIGHTS, Right
from gateway.web.operation import Operation
from gateway.web.operator_routes import OPERATIONS
from scripts.markdown import page, table

RIGHTS_IN_WORDS = {
    Right.LOOK: "see what is there, numbers masked",
    Right.CHANGE: "change relying parties, people, records, switches, deliveries",
    Right.AUDIT: "search, check and export the audit",
    Right.KEYS: "keys, certificates, backups, other operators",
}


def operator_roles_page() -> str:
    """Role × right, and every operation with the right that it takes."""
    roles = [(f"`{role.value}`", *("yes" if right in RIGHTS[role] else "" for right in Right)) for role in Role]
    return page(
        "# Operators' roles",
        "What an operator may do at the operator API and on its pages."
        " [Let operators in](../how-to/let-operators-in.md) shows how they get there.",
        "## Roles and rights",
        table(("Role", *(f"`{right.value}`" for right in Right)), roles),
        table(("Right", "Means"), [(f"`{right.value}`", words) for right, words in RIGHTS_IN_WORDS.items()]),
        "## Strength",
        "A key of the operator API is one factor: with `operator_api.require_two_factors` (the default) it looks, and"
        " does what is marked *key* below. What is marked *strong* takes a password with a one-time code, or a client"
        " certificate.",
        "## Places",
        "An operator with `jurisdictions` sees and changes what belongs to them: relying parties, their initial access"
        " tokens and deliveries, and the switches and outages of the providers there. Operations without a mark under"
        " *Places*, and everything of another place, are answered as if they did not exist.",
        "## Operations",
        "`POST /v1/session` takes no key: it begins a session.",
        table(("Operation", "Right", "Roles", "Strength", "Places"), [_row(operation) for operation in OPERATIONS]),
    )


def _row(operation: Operation) -> tuple[str, ...]:
    right = NEEDED[operation.role]
    roles = ", ".join(f"`{role.value}`" for role in Role if right in RIGHTS[role])
    is_change = right in {Right.CHANGE, Right.KEYS} and not operation.is_routine
    strength = "strong" if operation.is_strong or is_change else "key"
    places = "yes" if operation.is_scoped else ""
    return f"`{operation.method} {operation.path}`", f"`{right.value}`", roles, strength, places
