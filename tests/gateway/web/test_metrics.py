"""Metrics: what a scrape says, that it counts no people, and that page, dashboard and rules name what exists."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from certs.keys.key_state import KeyState
from certs.keys.rotation.guards import Guard, GuardNumber
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.rotation.schedule import Step, Verb
from gateway.admin.audit_ports import HourCount
from gateway.admin.inventory import Item, Kind, Severity, in_order
from gateway.admin.inventory_upkeep import AuditStanding, LastBackup
from gateway.admin.measured import Measured, of_set, sign_ins, upstreams
from gateway.admin.operation_records import Instance
from gateway.web.metrics import METRICS, exposition

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
KEY = KeyRecord("kid-1", "ES256", KeyState.ACTIVE, NOW, NOW)
CLOSED = Guard(GuardNumber.PUBLICATION, holds=False, need="proof", have="no proof")
ITEMS = in_order(
    [
        Item("a", "id.example.hk", Kind.TLS_CERTIFICATE, "server", not_after=NOW + timedelta(days=10)),
        Item("b", "id.example.hk", Kind.TLS_CERTIFICATE, "operator_api", not_after=NOW + timedelta(days=5)),
        Item("c", "outbound.ca_bundle", Kind.AUTHORITY, "outbound.ca_bundle", severity=Severity.EXPIRED),
    ],
    NOW,
)


def measured(**changes: Any) -> Measured:
    step = Step(Verb.ACTIVATE, NOW - timedelta(hours=1), "kid-2", (CLOSED,))
    full = Measured(
        now=NOW,
        version="1.2.3",
        stores={"database": True, "redis": False},
        items=ITEMS,
        key_sets={"id-token-es256": of_set(KeySetRecord("id-token-es256", 1, (KEY,)), [step], NOW, keeps_standby=True)},
        sign_ins={("macao", "completed"): 7},
        upstreams={"macao": "half_open"},
        instances=[Instance("w-1", NOW, NOW, skew_ms=1500), Instance("w-2", NOW - timedelta(minutes=1), NOW)],
        backup=LastBackup("b-1", NOW - timedelta(hours=3), "00", is_verified=False),
        audit=AuditStanding(9, 2, 8, NOW - timedelta(minutes=4)),
        alerts=1,
    )
    return replace(full, **changes)


def scraped(given: Measured) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(exposition(given).decode())
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_scrape_says_what_was_measured() -> None:
    seen = scraped(measured())

    assert seen["gba_store_up", "redis"] == 0
    assert seen["gba_instance_up", "w-1", "gateway", ""] == 1
    assert seen["gba_instance_skew_seconds", "w-1"] == 1.5
    assert seen["gba_sign_ins_total", "completed", "macao"] == 7
    assert seen["gba_upstream_state", "macao"] == 1
    assert seen[("gba_backup_age_seconds",)] == 3 * 3600
    assert seen[("gba_audit_unlinked",)] == 2
    assert seen[("gba_audit_checkpoint_age_seconds",)] == 240
    assert seen["gba_key_guard_closed", "publication", "id-token-es256"] == 1
    assert seen["gba_key_standby", "id-token-es256"] == 0
    assert seen["gba_key_overdue_seconds", "id-token-es256"] == 3600
    assert seen["gba_item_unusable", "authority", "outbound.ca_bundle"] == 1


def test_the_earliest_end_stands_for_all_of_one_name() -> None:
    seen = scraped(measured())

    end = seen["gba_not_after_timestamp_seconds", "renew", "tls_certificate", "id.example.hk"]
    assert end == (NOW + timedelta(days=5)).timestamp()


def test_a_worker_that_is_silent_or_disbelieves_its_clock_is_down() -> None:
    unsound = Instance("w-3", NOW, NOW, healthy=False)

    seen = scraped(measured(instances=[*measured().instances, unsound]))

    up = {labels[1]: value for labels, value in seen.items() if labels[0] == "gba_instance_up"}
    assert up == {"w-1": 1, "w-2": 0, "w-3": 0}


def test_a_complete_checkpoint_has_no_age() -> None:
    seen = scraped(measured(audit=AuditStanding(8, 0, 8, NOW - timedelta(days=3))))

    assert seen[("gba_audit_checkpoint_age_seconds",)] == 0


def test_while_the_database_is_away_only_that_is_said() -> None:
    seen = scraped(Measured(NOW, "1.2.3", {"database": False}))

    assert seen["gba_store_up", "database"] == 0
    assert {labels[0] for labels in seen} == {"gba_store_up", "gba_build_info", "gba_items"}


def test_a_name_from_outside_cannot_add_a_line() -> None:
    hostile = 'rp"} 1\ngba_alerts_open 99\n#'
    items = in_order([Item("x", hostile, Kind.CLIENT_CERTIFICATE, "clients", not_after=NOW)], NOW)

    seen = scraped(measured(items=items, alerts=0))

    assert seen[("gba_alerts_open",)] == 0
    assert ("gba_not_after_timestamp_seconds", "renew", "client_certificate", hostile) in seen


def test_sign_ins_are_summed_over_hours_and_other_events_are_no_sign_ins() -> None:
    hours = [
        HourCount(NOW, "sign_in.failed", "macao", 1),
        HourCount(NOW - timedelta(hours=1), "sign_in.failed", "macao", 2),
        HourCount(NOW, "operator.signed_in", "", 5),
    ]

    assert sign_ins(hours) == {("macao", "failed"): 3}


def test_a_provider_is_as_well_as_the_worker_says_that_sees_it_worst() -> None:
    workers = [
        Instance("w-1", NOW, NOW, breakers={"macao": "open", "hong_kong": "nonsense"}),
        Instance("w-2", NOW, NOW, breakers={"macao": "closed"}),
    ]

    found = upstreams(frozenset({"macao", "hong_kong"}), workers)

    assert found == {"macao": "open", "hong_kong": "closed"}


def test_a_set_that_keeps_no_next_key_does_not_lack_one() -> None:
    assert of_set(KeySetRecord("s", 1, (KEY,)), [], NOW, keeps_standby=False).lacks_standby is None


@pytest.mark.attack("AD-06")
def test_ad_06_no_label_could_hold_a_person() -> None:
    allowed = {"kind", "name", "care", "severity", "key_set", "state", "guard", "provider", "outcome", "instance"}

    labels = {label for metric in METRICS for label in metric.labels}

    assert labels <= allowed | {"version", "store"}


def test_the_page_has_every_metric_with_its_labels_and_words() -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")

    rows = [
        f"| `{one.name}` | {', '.join(f'`{label}`' for label in one.labels)} | {one.says} |".replace("|  |", "| |")
        for one in METRICS
    ]

    assert [row for row in rows if row not in page] == []
    assert page.count("| `gba_") == len(METRICS)


def test_dashboard_and_rules_are_well_formed_and_name_metrics_and_labels_that_exist() -> None:
    dashboard = json.loads((ROOT / "deploy/grafana/gateway.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    asked += [rule["expr"] for rule in alerts]
    known = {metric.name: set(metric.labels) for metric in METRICS}

    for expression in asked:
        for name, selector in re.findall(r"(gba_[a-z_]+)(?:\{([^}]*)\})?", expression):
            assert name in known, expression
            assert set(re.findall(r"([a-z_]+)\s*(?:=|!=|=~|!~)", selector)) <= known[name], expression
        assert expression.count("(") == expression.count(")")
    assert len({rule["alert"] for rule in alerts}) == len(alerts)
    for rule in alerts:
        assert set(re.findall(r"\$labels\.([a-z_]+)", rule["annotations"]["summary"])) <= _labels(rule["expr"], known)


def test_the_rules_warn_at_every_number_of_days() -> None:
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text(encoding="utf-8"))

    days = [rule["labels"].get("days") for group in rules["groups"] for rule in group["rules"]]

    assert [int(one) for one in days if one] == [90, 60, 30, 14, 7, 3, 1]


def _labels(expression: str, known: dict[str, set[str]]) -> set[str]:
    """The labels that a rule's result has: those of the first metric, or those that are summed by."""
    summed = re.search(r"by \(([a-z_, ]+)\)", expression)
    if summed is not None:
        return set(summed[1].replace(" ", "").split(","))
    first = re.search(r"gba_[a-z_]+", expression)
    assert first is not None
    return known[first[0]]
