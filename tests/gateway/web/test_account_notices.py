"""What the chooser and the problem page say of accounts that do not answer, in five languages and local time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.broker.provider_notices import NoticeKind, PlannedOutage, ProviderNotice, ProviderNotices
from gateway.web.account_options import account_notice, known_options, options
from gateway.web.languages import LOCALES
from gateway.web.pages import AccountNotice, Page
from tests.gateway.web.page_samples import AWAY, CHOOSER, HOPELESS, PROBLEM, STRICT, Outline, outline

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
"""Four in the afternoon, local time."""
SAYS = {
    "en": ("does not answer at the moment", "maintenance until 16:30", "from 2026-11-25 01:00 until 2026-11-25 05:00"),
    "pt-MO": ("não responde", "programada até 16:30", "de 2026-11-25 01:00 até 2026-11-25 05:00"),
    "zh-Hant-HK": ("現時沒有回應", "預定維修，直至 16:30", "預定維修時間為 2026-11-25 01:00 至 2026-11-25 05:00"),
    "zh-Hant-MO": ("現時沒有回應", "預定維護，直至 16:30", "預定維護時間為 2026-11-25 01:00 至 2026-11-25 05:00"),
    "zh-Hans-CN": ("目前没有响应", "预计到 16:30 结束", "计划维护时间为 2026-11-25 01:00 至 2026-11-25 05:00"),
}
NOTHING_WORKS = {
    "en": "No account that this service accepts answers at the moment",
    "pt-MO": "nenhuma conta aceite por este serviço responde",
    "zh-Hant-HK": "此服務可用的帳戶現時沒有回應",
    "zh-Hant-MO": "此服務可用的帳戶現時沒有回應",
    "zh-Hans-CN": "此服务可用的账户目前没有响应",
}


def read(page: Page, language: str = "en") -> Outline:
    return Outline(STRICT.render(page, language))


@pytest.mark.parametrize("language", LOCALES)
def test_each_notice_is_a_sentence_in_the_persons_language_tied_to_its_button(language: str) -> None:
    page = read(AWAY, language)

    silent, away, soon = SAYS[language]
    assert [sentence in page.text for sentence in (silent, away, soon)] == [True, True, True]
    for name in ("hong-kong", "macao", "guangdong"):
        tag, button = page.by_id(f"provider-{name}")
        assert (tag, button["aria-describedby"]) == ("button", f"notice-provider-{name}")
        assert page.by_id(f"notice-provider-{name}")[0] == "p"
        assert "disabled" not in button
    assert page.all("time", datetime="16:30")


@pytest.mark.parametrize("language", LOCALES)
def test_a_page_on_which_nothing_works_says_so_and_leads_home(language: str) -> None:
    page = read(HOPELESS, language)

    assert page.by_id("none-answers")[0] == "div"
    assert NOTHING_WORKS[language] in page.text
    assert page.by_id("way-home")[0] == "a"


def test_the_chooser_without_news_says_nothing() -> None:
    html = STRICT.render(CHOOSER, "en")

    assert "notice-provider" not in html
    assert "none-answers" not in html
    assert "aria-describedby" not in html


def test_the_problem_page_says_until_when_the_account_is_away_and_what_else_works() -> None:
    notice = AccountNotice("away", "15:30", "16:30")

    page = outline(replace(PROBLEM, notice=notice, others=(PROBLEM.others[0], AWAY.providers[2])))

    assert "maintenance until 16:30" in page.text
    assert "aria-describedby" not in page.by_id("provider-hong-kong")[1]
    assert page.by_id("provider-guangdong")[1]["aria-describedby"] == "notice-provider-guangdong"


def test_the_problem_page_repeats_no_silence_that_it_already_tells_of() -> None:
    page = outline(replace(PROBLEM, notice=AccountNotice("silent")))

    assert "You can try it all the same" not in page.text


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (NOW + timedelta(minutes=30), "16:30"),
        (NOW + timedelta(hours=8), "2026-11-25 00:00"),
        (NOW - timedelta(hours=17), "2026-11-23 23:00"),
    ],
)
def test_the_day_stands_there_where_it_is_not_the_local_today(end: datetime, words: str) -> None:
    notice = account_notice(ProviderNotice(NoticeKind.AWAY, NOW, end), NOW)

    assert notice == AccountNotice("away", "16:00", words)


def test_accounts_keep_the_order_that_the_broker_gave_and_elsewhere_stand_with_those_that_work_first() -> None:
    known = ProviderNotices(outages=(PlannedOutage("hong_kong", NOW, NOW + timedelta(hours=1)),))
    notice = AccountNotice("away", "16:00", "17:00")

    as_given = options(("hong_kong", "macao"), {"hong_kong": ProviderNotice(NoticeKind.SILENT)}, NOW)
    sorted_here = known_options(("hong_kong", "macao"), known, NOW)

    assert [(option.name, option.notice) for option in as_given] == [
        ("hong_kong", AccountNotice("silent")),
        ("macao", None),
    ]
    assert [(option.name, option.notice) for option in sorted_here] == [("macao", None), ("hong_kong", notice)]
