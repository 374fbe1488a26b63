"""Metrics on the operators' listener, as Prometheus reads them: one scrape, one look, nothing kept between (AD-06).

No count of people and no name of one is among them; a client appears by its ``client_id`` where its certificate ends.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from gateway.admin.inventory import Item, Severity, counts
from gateway.admin.measured import Measured, is_up

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
_UPSTREAM: Final = {"closed": 0, "half_open": 1, "open": 2}

Sample: TypeAlias = tuple[tuple[str, ...], float]
_Family: TypeAlias = GaugeMetricFamily | CounterMetricFamily


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, its labels, what it says, and where its samples come from."""

    name: str
    labels: tuple[str, ...]
    says: str
    samples: Callable[[Measured], Iterable[Sample]]
    is_counter: bool = False


def exposition(measured: Measured) -> bytes:
    """Everything as text; in no registry of the process, so that nothing of an earlier scrape is left over."""
    return generate_latest(_Collected(measured))


class _Collected:
    """What the library asks for its families."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterator[_Family]:
        """Every metric that has something to say."""
        for metric in METRICS:
            samples = dict(metric.samples(self._measured))
            if samples:
                yield _family(metric, samples)


def _family(metric: Metric, samples: dict[tuple[str, ...], float]) -> _Family:
    kind = CounterMetricFamily if metric.is_counter else GaugeMetricFamily
    family: _Family = kind(metric.name, metric.says, labels=metric.labels)
    for labels, value in sorted(samples.items()):
        family.add_metric(labels, value)
    return family


def _ends(measured: Measured) -> Iterator[Sample]:
    """The earliest end where several things share a name, so that none hides behind another."""
    return _earliest(measured.items, lambda item: item.not_after)


def _renewals(measured: Measured) -> Iterator[Sample]:
    return _earliest(measured.items, lambda item: item.renew_by)


def _earliest(items: Iterable[Item], when: Callable[[Item], datetime | None]) -> Iterator[Sample]:
    found: dict[tuple[str, ...], float] = {}
    for item in items:
        moment = when(item)
        if moment is not None:
            labels = (item.kind.value, item.name, item.care.value)
            found[labels] = min(found.get(labels, moment.timestamp()), moment.timestamp())
    yield from found.items()


def _items(measured: Measured) -> Iterator[Sample]:
    for severity, count in counts(measured.items).items():
        yield (severity.value,), count


def _unusable(measured: Measured) -> Iterator[Sample]:
    """Things that are over or of no use although they have no end: a broken file, a list that nobody signed."""
    for item in measured.items:
        if item.not_after is None and item.severity is Severity.EXPIRED:
            yield (item.kind.value, item.name), 1


def _key_states(measured: Measured) -> Iterator[Sample]:
    for name, one in measured.key_sets.items():
        for state, count in one.states.items():
            yield (name, state.value), count


def _key_standby(measured: Measured) -> Iterator[Sample]:
    for name, one in measured.key_sets.items():
        if one.lacks_standby is not None:
            yield (name,), not one.lacks_standby


def _key_guards(measured: Measured) -> Iterator[Sample]:
    for name, one in measured.key_sets.items():
        for guard in one.closed_guards:
            yield (name, guard.name.lower()), 1


def _key_overdue(measured: Measured) -> Iterator[Sample]:
    for name, one in measured.key_sets.items():
        yield (name,), one.overdue.total_seconds()


def _sign_ins(measured: Measured) -> Iterator[Sample]:
    yield from measured.sign_ins.items()


def _upstreams(measured: Measured) -> Iterator[Sample]:
    for provider, state in measured.upstreams.items():
        yield (provider,), _UPSTREAM[state]


def _up(measured: Measured) -> Iterator[Sample]:
    for one in measured.instances:
        yield (one.id, one.kind, one.version), is_up(one, measured.now)


def _skew(measured: Measured) -> Iterator[Sample]:
    for one in measured.instances:
        yield (one.id,), one.skew_ms / 1000


def _stores(measured: Measured) -> Iterator[Sample]:
    for name, is_ready in measured.stores.items():
        yield (name,), is_ready


def _backup_age(measured: Measured) -> Iterator[Sample]:
    if measured.backup is not None:
        yield (), (measured.now - measured.backup.at).total_seconds()


def _unlinked(measured: Measured) -> Iterator[Sample]:
    if measured.audit is not None:
        yield (), measured.audit.unlinked


def _checkpoint_age(measured: Measured) -> Iterator[Sample]:
    """Nothing to be vouched for is no age."""
    audit = measured.audit
    if audit is None or audit.checkpoint_at is None:
        return
    is_behind = (audit.checkpoint_position or 0) < audit.linked
    yield (), (measured.now - audit.checkpoint_at).total_seconds() if is_behind else 0.0


def _alerts(measured: Measured) -> Iterator[Sample]:
    if measured.alerts is not None:
        yield (), measured.alerts


def _build(measured: Measured) -> Iterator[Sample]:
    yield (measured.version,), 1


METRICS: Final = (
    Metric("gba_build_info", ("version",), "Which version the operators' process is.", _build),
    Metric(
        "gba_not_after_timestamp_seconds",
        ("kind", "name", "care"),
        "When something ends: the earliest end under this name.",
        _ends,
    ),
    Metric(
        "gba_renew_by_timestamp_seconds",
        ("kind", "name", "care"),
        "From when on its renewal is due.",
        _renewals,
    ),
    Metric("gba_items", ("severity",), "How many things end, by how near the end is.", _items),
    Metric("gba_item_unusable", ("kind", "name"), "Something without an end is of no use now.", _unusable),
    Metric("gba_key_state", ("key_set", "state"), "How many keys of a set are in a state.", _key_states),
    Metric("gba_key_standby", ("key_set",), "Whether a next key is ready, in sets that keep one.", _key_standby),
    Metric("gba_key_guard_closed", ("key_set", "guard"), "A guard is in the way of the next key.", _key_guards),
    Metric("gba_key_overdue_seconds", ("key_set",), "For how long the next step has been due.", _key_overdue),
    Metric(
        "gba_sign_ins_total",
        ("provider", "outcome"),
        "Sign-ins since the operators' process started: started, completed, failed.",
        _sign_ins,
        is_counter=True,
    ),
    Metric(
        "gba_upstream_state",
        ("provider",),
        "The breaker of a provider as the worst worker sees it: 0 closed, 1 half open, 2 open.",
        _upstreams,
    ),
    Metric("gba_instance_up", ("instance", "kind", "version"), "Whether a worker runs and believes its clock.", _up),
    Metric("gba_instance_skew_seconds", ("instance",), "How far a worker's clock is from the database's.", _skew),
    Metric("gba_store_up", ("store",), "Whether a store answers.", _stores),
    Metric("gba_backup_age_seconds", (), "Age of the newest backup.", _backup_age),
    Metric("gba_audit_unlinked", (), "Events of the audit that wait to be linked into its chain.", _unlinked),
    Metric(
        "gba_audit_checkpoint_age_seconds",
        (),
        "Age of the newest checkpoint; 0 while it covers everything.",
        _checkpoint_age,
    ),
    Metric("gba_alerts_open", (), "Alerts that nobody has settled.", _alerts),
)
"""Every metric there is; docs/reference/metrics.md, the dashboard and the alert rules are held against it by tests."""
