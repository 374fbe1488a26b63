"""One entry of a trust list, read from its JSON: a certificate type with its authorities, rules and whole history."""

import re
from typing import Any, Final, NoReturn

from certs.trust.certificate import Certificate
from certs.trust.list_certificates import NAME_CONSTRAINTS, read_listed
from certs.trust.list_errors import ListError, ListRefusal
from certs.trust.list_fields import Fields
from certs.trust.trust_list import (
    Entry,
    ExtraRules,
    HolderKind,
    KeyRule,
    ListedCertificate,
    PolicyRule,
    RecognitionPeriod,
    RecognitionStatus,
    RevocationSources,
    SignatureClass,
    TypeMatch,
    TypePlace,
)

_REQUIRED: Final = frozenset(
    {
        "entry_id",
        "ca_name",
        "licence",
        "certificate_type",
        "holder_kind",
        "anchors",
        "issuers",
        "policies",
        "rules",
        "recognition",
        "revocation",
        "signature_class",
        "services",
    }
)
_OPTIONAL: Final = frozenset({"type_match", "reliance_limit", "notes"})
_ENTRY_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_SERVICE: Final = re.compile(r"signature|tsa|ocsp|provider:[a-z0-9][a-z0-9_-]{0,31}")
_KEY_USAGE: Final = re.compile(
    "digital_signature|non_repudiation|key_encipherment|data_encipherment|key_agreement|key_cert_sign|crl_sign"
    "|encipher_only|decipher_only"
)
_FAMILY: Final = re.compile("RSA|EC|Ed25519|SM2")
_CURVE: Final = re.compile("P-256|P-384|P-521")
_SHORTEST_ARC: Final = 4
"""Nodes of an arc: anything shorter is a whole country's or registry's space, not a policy's."""
_MOST_PERIODS: Final = 256
_MOST_SECONDS: Final = 400 * 86_400
_LONGEST_SIGNER_ID: Final = 128


def read_entry(value: object, where: str) -> Entry:
    """Read one entry, or raise `ListError` with the path to what is wrong."""
    fields = Fields.of(value, where, required=_REQUIRED, optional=_OPTIONAL)
    return Entry(
        entry_id=fields.matching("entry_id", _ENTRY_ID, "is not an identifier of an entry"),
        ca_name=fields.languages("ca_name"),
        licence=fields.text("licence", may_be_empty=True),
        certificate_type=fields.text("certificate_type"),
        type_match=_type_match(fields),
        holder_kind=fields.word("holder_kind", HolderKind),
        anchors=_certificates(fields, "anchors", refuse_constraints=True),
        issuers=_certificates(fields, "issuers"),
        policies=tuple(_policy(item, path) for item, path in fields.items("policies")),
        rules=_rules(fields.members["rules"], fields.at("rules")),
        recognition=_recognition(fields),
        revocation=_revocation(fields.members["revocation"], fields.at("revocation")),
        signature_class=fields.word("signature_class", SignatureClass),
        services=_each(fields, "services", _SERVICE, at_least=1),
        reliance_limit=fields.optional_text("reliance_limit"),
        notes=fields.optional_text("notes"),
    )


def _type_match(entry: Fields) -> TypeMatch | None:
    if not entry.has("type_match"):
        return None
    where = entry.at("type_match")
    required = frozenset({"place", "value"})
    fields = Fields.of(entry.members["type_match"], where, required=required, optional=frozenset({"oid"}))
    place = fields.word("place", TypePlace)
    if (place is TypePlace.EXTENSION) != fields.has("oid"):
        _refuse(where, "an extension is named by its object identifier, and nothing else is")
    return TypeMatch(place, fields.text("value"), fields.oid("oid") if fields.has("oid") else None)


def _certificates(entry: Fields, name: str, *, refuse_constraints: bool = False) -> tuple[ListedCertificate, ...]:
    found = []
    for item, path in entry.items(name, at_least=1):
        listed, certificate = _certificate(item, path)
        # Constraints of an anchor bind nobody by RFC 5280 §6.1 and cost seconds to apply: they are no part of a list.
        if refuse_constraints and any(oid == NAME_CONSTRAINTS for oid, _, _ in certificate.extensions):
            _refuse(path, "an anchor has name constraints")
        found.append(listed)
    if len({listed.der for listed in found}) != len(found):
        _refuse(entry.at(name), "a certificate is listed twice")
    return tuple(found)


def _certificate(value: object, where: str) -> tuple[ListedCertificate, Certificate]:
    fields = Fields.of(value, where, required=frozenset({"der"}), optional=frozenset({"start", "end"}))
    certificate = read_listed(fields.members["der"], fields.at("der"))
    start, end = fields.optional_time("start"), fields.optional_time("end")
    if start is not None and end is not None and end <= start:
        _refuse(where, "ends before it starts")
    return ListedCertificate(certificate.der, start, end), certificate


def _policy(value: object, where: str) -> PolicyRule:
    fields = Fields.of(value, where, required=frozenset({"oid", "prefix"}))
    rule = PolicyRule(fields.oid("oid"), fields.flag("prefix"))
    if rule.prefix and rule.oid.count(".") + 1 < _SHORTEST_ARC:
        _refuse(where, "the arc is too wide to name a policy")
    return rule


def _rules(value: object, where: str) -> ExtraRules:
    optional = frozenset({"key_usage", "extended_key_usage", "keys", "sm2_user_id", "timestamp_policies"})
    fields = Fields.of(value, where, required=frozenset(), optional=optional)
    return ExtraRules(
        key_usage=_each(fields, "key_usage", _KEY_USAGE),
        extended_key_usage=fields.oids("extended_key_usage"),
        keys=tuple(_key_rule(item, path) for item, path in fields.optional("keys")),
        sm2_user_id=fields.text("sm2_user_id", longest=_LONGEST_SIGNER_ID).encode()
        if fields.has("sm2_user_id")
        else None,
        timestamp_policies=fields.oids("timestamp_policies"),
    )


def _key_rule(value: object, where: str) -> KeyRule:
    fields = Fields.of(value, where, required=frozenset({"family", "bits"}), optional=frozenset({"curves"}))
    family = fields.matching("family", _FAMILY, "is not a family of keys")
    curves = _each(fields, "curves", _CURVE)
    if curves and family != "EC":
        _refuse(where, "only EC keys have a choice of curves")
    return KeyRule(family, fields.number("bits", smallest=1, largest=8_192), curves)


def _recognition(entry: Fields) -> tuple[RecognitionPeriod, ...]:
    periods = tuple(_period(item, path) for item, path in entry.items("recognition", at_least=1, at_most=_MOST_PERIODS))
    if list(periods) != sorted(periods, key=lambda period: period.start):
        _refuse(entry.at("recognition"), "the periods do not follow one another")
    return periods


def _period(value: object, where: str) -> RecognitionPeriod:
    required = frozenset({"status", "start", "reason", "reference"})
    fields = Fields.of(value, where, required=required, optional=frozenset({"end"}))
    start, end = fields.time("start"), fields.optional_time("end")
    if end is not None and end <= start:
        _refuse(where, "ends before it starts")
    return RecognitionPeriod(
        status=fields.word("status", RecognitionStatus),
        start=start,
        end=end,
        reason=fields.text("reason", may_be_empty=True),
        reference=fields.text("reference", may_be_empty=True),
    )


def _revocation(value: object, where: str) -> RevocationSources:
    required = frozenset({"ocsp", "crl", "responders"})
    fields = Fields.of(value, where, required=required, optional=frozenset({"freshness_seconds"}))
    return RevocationSources(
        ocsp=fields.addresses("ocsp"),
        crl=fields.addresses("crl"),
        responders=tuple(read_listed(item, path).der for item, path in fields.items("responders")),
        freshness_seconds=fields.number("freshness_seconds", smallest=1, largest=_MOST_SECONDS)
        if fields.has("freshness_seconds")
        else None,
    )


def _each(fields: Fields, name: str, pattern: re.Pattern[str], *, at_least: int = 0) -> tuple[str, ...]:
    items: list[tuple[Any, str]] = fields.items(name, at_least=at_least) if at_least else fields.optional(name)
    for item, path in items:
        if not isinstance(item, str) or not pattern.fullmatch(item):
            _refuse(path, "is not one of the words of this format")
    return tuple(item for item, _ in items)


def _refuse(where: str, detail: str) -> NoReturn:
    raise ListError(ListRefusal.SCHEMA, detail, where=where)
