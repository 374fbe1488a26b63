"""Looking through the audit: what may be asked for, whose events one sees, and cursors that are ours or refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from gateway.admin import audit_search
from gateway.admin.audit_ports import AuditFilter, FoundLines
from gateway.admin.audit_search import Page, SearchDesk, SearchError, search, visible, wanted
from gateway.admin.operation_records import AuditLine
from gateway.admin.records import Operator, Role
from gateway.audit import AuditAction
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from tests.gateway.admin.audit_world import ADA, NOW
from tests.gateway.admin.fakes import FakeAudit

KEY = bytes(range(32))
EVERYWHERE = Operator("ada", Role.AUDITOR, NOW)
MACAO = Operator("mia", Role.AUDITOR, NOW, jurisdictions=("macao",))
CLIENTS = {"rp-hk": "hong_kong", "rp-mo": "macao"}


def a_line(seq: int = 1, client_id: str | None = None, provider: str | None = None) -> AuditLine:
    return AuditLine(seq, NOW, "sign_in.started", "c", client_id, None, provider, {"by": "provider"}, seq)


class FakeRecords:
    """A log in which every statement reaches so many lines."""

    def __init__(self, *lines: AuditLine, stretch: int = 100) -> None:
        self.lines = sorted(lines, key=lambda line: -line.seq)
        self.stretch = stretch

    async def search(self, asked: AuditFilter, before: int | None, most: int) -> FoundLines:
        left = [line for line in self.lines if before is None or line.seq < before]
        part = left[: min(self.stretch, most)]
        return FoundLines(tuple(part), part[-1].seq if len(left) > len(part) else None)


class FakeClients:
    async def find(self, client_id: str) -> Client | None:
        place = CLIENTS.get(client_id)
        return None if place is None else Client(client_id, client_id, (), ClientAuthMethod.NONE, jurisdiction=place)


def a_desk(*lines: AuditLine, stretch: int = 100) -> SearchDesk:
    return SearchDesk(FakeRecords(*lines, stretch=stretch), FakeAudit(), FakeClients(), KEY)  # type: ignore[arg-type]


async def look(desk: SearchDesk, operator: Operator = EVERYWHERE, **options: Any) -> Page:
    asked = options.pop("asked", AuditFilter())
    return await search(desk, operator, asked, ADA, **({"cursor": None, "most": 10} | options))


def test_what_is_asked_for_is_read_strictly() -> None:
    asked = wanted({"action": "sign_in.failed", "since": "2026-03-02T17:30:00+08:00", "client_id": "rp-a"})

    assert asked == AuditFilter(("sign_in.failed",), since=NOW, client_id="rp-a")
    assert wanted({}) == AuditFilter()


def test_the_part_before_the_dot_means_all_of_its_events() -> None:
    assert wanted({"action": "sign_in"}).actions == ("sign_in.completed", "sign_in.failed", "sign_in.started")


@pytest.mark.attack("AD-04")
@pytest.mark.parametrize(
    "fields",
    [
        {"action": "sign_in'; DROP TABLE audit"},
        {"action": ""},
        {"action": "sign_in."},
        {"since": "yesterday"},
        {"since": "2026-03-02"},
        {"since": "2026-03-02T09:30:00"},
        {"since": "2026-02-30T09:30:00Z"},
        {"until": "9999-12-31T23:59:59Z"},
        {"until": "1969-12-31T23:59:59Z"},
        {"since": "2026-03-02T09:30:00Z", "until": "2026-03-02T09:30:00Z"},
        {"client_id": ""},
        {"client_id": "x" * 257},
        {"operator": "a\0b"},
        {"subject_id": "字"},
        {"correlation_id": "a\nb"},
    ],
)
def test_ad_04_what_cannot_be_asked_for_is_refused_and_not_quoted(fields: Mapping[str, str]) -> None:
    with pytest.raises(SearchError) as caught:
        wanted(fields)

    for value in fields.values():
        assert len(value) < 8 or value not in str(caught.value)


async def test_pages_follow_one_another_and_end() -> None:
    desk = a_desk(*(a_line(seq) for seq in range(1, 6)), stretch=2)

    first = await look(desk, most=3)
    second = await look(desk, most=3, cursor=first.cursor)

    assert [line.seq for line in first.lines] == [5, 4, 3]
    assert [line.seq for line in second.lines] == [2, 1]
    assert second.cursor is None


async def test_that_somebody_looked_is_on_record_before_they_see_anything() -> None:
    desk = a_desk(a_line())

    await look(desk, asked=AuditFilter(subject_id="s-1", since=NOW))

    assert isinstance(desk.log, FakeAudit)
    assert desk.log.events[0].subject_id == "s-1"
    assert desk.log.actions == [AuditAction.AUDIT_SEARCHED]
    assert desk.log.events[0].details == {
        "operator": "ada",
        "what": "search",
        "by": "since, subject_id",
        "page": "first",
    }


@pytest.mark.attack("AD-04")
async def test_ad_04_a_cursor_is_of_this_search_and_this_operator_or_it_is_refused() -> None:
    desk = a_desk(*(a_line(seq) for seq in range(1, 6)))
    given = (await look(desk, most=2)).cursor or ""
    changed = ("A" if given[0] != "A" else "B") + given[1:]

    for cursor in ("", "AAAA", given[:-2], given + "AA", changed, "字", "x" * 5000):
        with pytest.raises(SearchError):
            await look(desk, cursor=cursor)
    with pytest.raises(SearchError):
        await look(desk, MACAO, cursor=given)
    with pytest.raises(SearchError):
        await look(desk, asked=AuditFilter(provider="macao"), cursor=given)
    with pytest.raises(SearchError):
        await look(desk, asked=AuditFilter(until=NOW + timedelta(days=1)), cursor=given)


@pytest.mark.attack("AD-04")
@pytest.mark.parametrize("most", [0, -1, audit_search.PAGE + 1])
async def test_ad_04_a_page_has_a_size(most: int) -> None:
    with pytest.raises(SearchError):
        await look(a_desk(), most=most)


@pytest.mark.attack("AD-02")
@pytest.mark.parametrize(
    ("client_id", "provider", "seen"),
    [
        ("rp-mo", "macao", True),
        ("rp-mo", "hong_kong", True),
        ("rp-hk", "macao", False),
        ("rp-hk", None, False),
        ("rp-gone", "macao", False),
        (None, "macao", True),
        (None, "hong_kong", False),
        (None, "elsewhere", False),
        (None, None, False),
    ],
)
async def test_ad_02_an_operator_sees_the_events_of_their_places(
    client_id: str | None, provider: str | None, seen: bool
) -> None:
    line = a_line(1, client_id, provider)

    assert bool((await look(a_desk(line), MACAO)).lines) is seen
    assert (await look(a_desk(line))).lines == (line,)
    assert visible(line, EVERYWHERE, {})


@pytest.mark.attack("AD-02")
async def test_ad_02_a_page_without_anything_to_see_still_leads_on() -> None:
    desk = a_desk(*(a_line(seq, "rp-hk") for seq in range(2, 60)), a_line(1, "rp-mo"), stretch=1)

    first = await look(desk, MACAO)
    second = await look(desk, MACAO, cursor=first.cursor)
    third = await look(desk, MACAO, cursor=second.cursor)

    assert [len(page.lines) for page in (first, second, third)] == [0, 0, 1]
    assert third.cursor is None
