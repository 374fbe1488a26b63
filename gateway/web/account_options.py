"""The accounts that a page offers: those that work first, with what a person should know before choosing one."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gateway.broker.provider_notices import ProviderNotice, ProviderNotices
from gateway.web.local_time import local_when
from gateway.web.pages import AccountNotice, ProviderOption


def options(names: Iterable[str], notices: Mapping[str, ProviderNotice], now: datetime) -> tuple[ProviderOption, ...]:
    """The accounts in the order given."""
    return tuple(ProviderOption(name, account_notice(notices.get(name), now)) for name in names)


def known_options(names: Iterable[str], known: ProviderNotices, now: datetime) -> tuple[ProviderOption, ...]:
    """The accounts in the order in which they are worth trying."""
    ordered = known.working_first(names, now)
    return tuple(ProviderOption(name, account_notice(known.of(name, now), now)) for name in ordered)


def account_notice(notice: ProviderNotice | None, now: datetime) -> AccountNotice | None:
    """A notice with its times as people write them; the day stands there where it is not today's."""
    if notice is None:
        return None
    start, end = notice.starts_at, notice.ends_at
    return AccountNotice(
        notice.kind.value,
        local_when(start, now) if start is not None else "",
        local_when(end, now) if end is not None else "",
    )
