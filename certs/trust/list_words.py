"""How changes are worded: names and dates as an operator at a desk in one of the three places reads them."""

from collections.abc import Mapping
from datetime import datetime

from certs.trust.errors import Fault
from certs.trust.list_certificates import parsed
from certs.trust.list_writer import LOCAL
from certs.trust.trust_list import Entry, PolicyRule


def day(moment: datetime | None) -> str:
    """A moment, or that there is none."""
    return "further notice" if moment is None else moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S %z")


def name_of(names: Mapping[str, str]) -> str:
    """A name in English where there is one."""
    return names.get("en") or next(iter(names.values()))


def entry_name(entry: Entry) -> str:
    """An entry, as a sentence speaks of it."""
    return f"{entry.certificate_type} of {name_of(entry.ca_name)}"


def certificate_name(der: bytes) -> str:
    """A certificate: its common name and the beginning of its digest."""
    try:
        certificate = parsed(der)
    except Fault:
        return "an unreadable certificate"
    common = [text for kind, text in certificate.names if kind == "CN"]
    return f"{common[-1] if common else certificate.subject} ({certificate.sha256[:8]})"


def policy_name(rule: PolicyRule) -> str:
    """A policy rule."""
    return f"anything under {rule.oid}" if rule.prefix else rule.oid
