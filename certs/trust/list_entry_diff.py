"""How one entry of a list changes, in one sentence for each change, and which of them widen what is recognised."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from certs.trust.list_dangers import Change, DangerCode
from certs.trust.list_history import Step, steps
from certs.trust.list_words import certificate_name, day, entry_name, policy_name
from certs.trust.trust_list import Entry, ExtraRules, KeyRule, ListedCertificate, PolicyRule, RevocationSources

_PLAIN = ("ca_name", "licence", "certificate_type", "holder_kind", "reliance_limit", "notes")


def new_entry(entry: Entry) -> Iterator[Change]:
    """Tell of an entry that there was not."""
    subject, name = entry.entry_id, entry_name(entry)
    yield Change(subject, f"{name} is added.", DangerCode.NEW_ANCHOR)
    for listed in entry.anchors:
        yield Change(subject, f"{name}: {certificate_name(listed.der)} becomes a root.", DangerCode.NEW_ANCHOR)
    for listed in entry.issuers:
        yield Change(subject, f"{name}: {certificate_name(listed.der)} becomes an issuer.", DangerCode.NEW_ISSUER)
    for period in entry.recognition:
        yield Change(subject, f"{name} is {period.status} from {day(period.start)} until {day(period.end)}.")


def entry_changes(old: Entry, new: Entry) -> Iterator[Change]:
    """Tell how an entry changes."""
    if old == new:
        return
    for words, danger in _sentences(old, new):
        yield Change(new.entry_id, f"{entry_name(new)}: {words}", danger)


_Sentences = Iterator[tuple[str, DangerCode | None]]


def _sentences(old: Entry, new: Entry) -> _Sentences:
    yield from _recognition(old, new)
    yield from _certificates("root", old.anchors, new.anchors, DangerCode.NEW_ANCHOR)
    yield from _certificates("issuer", old.issuers, new.issuers, DangerCode.NEW_ISSUER)
    yield from _type(old, new)
    yield from _policies(old.policies, new.policies)
    yield from _rules(old.rules, new.rules)
    yield from _revocation(old.revocation, new.revocation)
    yield from _class_and_services(old, new)
    for member in _PLAIN:
        if getattr(old, member) != getattr(new, member):
            yield f"{member.replace('_', ' ')} is worded differently.", None


def _recognition(old: Entry, new: Entry) -> _Sentences:
    told = steps(old, old.recognition, new, new.recognition)
    for step in told:
        words = f"from {day(step.at)} on it is {step.new or 'not recognised'} (before: {step.old or 'not recognised'})."
        yield words, _gain(step)
    if not told and old.recognition != new.recognition:
        yield "the history of its recognition is told differently.", None


def _gain(step: Step) -> DangerCode | None:
    if not step.is_gain:
        return None
    return DangerCode.LIFTED if step.old else DangerCode.LONGER_RECOGNITION


def _certificates(
    kind: str, old: Sequence[ListedCertificate], new: Sequence[ListedCertificate], danger: DangerCode
) -> _Sentences:
    before = {listed.der: listed for listed in old}
    for listed in new:
        earlier = before.pop(listed.der, None)
        name = certificate_name(listed.der)
        if earlier is None:
            yield f"{name} becomes a {kind}, accepted until {day(listed.end)}.", danger
        elif earlier != listed:
            longer = _is_later(listed.end, earlier.end) or listed.start != earlier.start
            words = f"{name} stops being accepted for signatures after {day(listed.end)} (before: {day(earlier.end)})."
            yield words, DangerCode.LONGER_CERTIFICATE if longer else None
    for der in before:
        yield f"{certificate_name(der)} is no {kind} any more.", None


def _is_later(new: datetime | None, old: datetime | None) -> bool:
    return old is not None and (new is None or new > old)


def _type(old: Entry, new: Entry) -> _Sentences:
    if old.type_match == new.type_match:
        return
    if new.type_match is None:
        yield "certificates need no name of their type any more.", DangerCode.LOOSER_TYPE
    elif old.type_match is None:
        yield f"certificates need the type name “{new.type_match.value}” in {new.type_match.place}.", None
    else:
        before, after = old.type_match, new.type_match
        words = f"the type name is “{after.value}” in {after.place} (before: “{before.value}” in {before.place})."
        yield words, DangerCode.LOOSER_TYPE


def _policies(old: Sequence[PolicyRule], new: Sequence[PolicyRule]) -> _Sentences:
    for rule in new:
        if rule not in old:
            known = not old or any(_covers(wider, rule) for wider in old)
            yield f"the policy {policy_name(rule)} is accepted.", None if known else DangerCode.WIDER_ARC
    for rule in old:
        if rule not in new:
            narrowed = any(_covers(rule, narrower) for narrower in new)
            yield (
                f"the policy {policy_name(rule)} is not asked for any more.",
                None if narrowed else DangerCode.WIDER_ARC,
            )


def _covers(wider: PolicyRule, narrower: PolicyRule) -> bool:
    return wider.admits(narrower.oid) and (wider.prefix or not narrower.prefix)


def _rules(old: ExtraRules, new: ExtraRules) -> _Sentences:
    for dropped in (*_gone(old.key_usage, new.key_usage), *_gone(old.extended_key_usage, new.extended_key_usage)):
        yield f"the usage {dropped} is not asked for any more.", DangerCode.LOOSER_RULES
    for added in (*_gone(new.key_usage, old.key_usage), *_gone(new.extended_key_usage, old.extended_key_usage)):
        yield f"the usage {added} is asked for.", None
    if old.sm2_user_id != new.sm2_user_id:
        yield "the signer id of SM2 signatures is another one.", DangerCode.LOOSER_RULES
    if old.timestamp_policies != new.timestamp_policies:
        before, after = set(old.timestamp_policies), set(new.timestamp_policies)
        wider = bool(before) and not (after and after <= before)
        words = ", ".join(new.timestamp_policies) or "any"
        yield f"the policies of timestamps that count: {words}.", DangerCode.LOOSER_RULES if wider else None
    if old.keys != new.keys:
        weaker = bool(old.keys) and not (new.keys and all(_is_within(rule, old.keys) for rule in new.keys))
        words = ", ".join(f"{rule.family} of {rule.bits} bits at least" for rule in new.keys) or "any"
        yield f"the keys that count: {words}.", DangerCode.WEAKER_KEYS if weaker else None


def _is_within(rule: KeyRule, rules: Sequence[KeyRule]) -> bool:
    return any(
        rule.family == other.family
        and rule.bits >= other.bits
        and (not other.curves or (bool(rule.curves) and set(rule.curves) <= set(other.curves)))
        for other in rules
    )


def _gone(old: Sequence[str], new: Sequence[str]) -> list[str]:
    return [item for item in old if item not in new]


def _revocation(old: RevocationSources, new: RevocationSources) -> _Sentences:
    hosts = {urlsplit(address).netloc for address in (*old.ocsp, *old.crl)}
    for address in _gone((*new.ocsp, *new.crl), (*old.ocsp, *old.crl)):
        known = urlsplit(address).netloc in hosts
        yield f"the status of certificates is asked at {address}.", None if known else DangerCode.NEW_SOURCE
    for address in _gone((*old.ocsp, *old.crl), (*new.ocsp, *new.crl)):
        yield f"the status of certificates is not asked at {address} any more.", None
    for der in new.responders:
        if der not in old.responders:
            yield f"{certificate_name(der)} may say which certificates stand.", DangerCode.NEW_SOURCE
    for der in old.responders:
        if der not in new.responders:
            yield f"{certificate_name(der)} may not say any more which certificates stand.", None
    if old.freshness_seconds != new.freshness_seconds:
        yield "answers about the status of certificates count for another time.", DangerCode.LOOSER_RULES


def _class_and_services(old: Entry, new: Entry) -> _Sentences:
    if old.signature_class != new.signature_class:
        higher = new.signature_class > old.signature_class
        words = f"its class is {new.signature_class} (before: {old.signature_class})."
        yield words, DangerCode.HIGHER_CLASS if higher else None
    for service in _gone(new.services, old.services):
        yield f"it counts for the service {service}.", DangerCode.NEW_SERVICE
    for service in _gone(old.services, new.services):
        yield f"it does not count for the service {service} any more.", None
