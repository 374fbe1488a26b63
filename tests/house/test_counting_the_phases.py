"""The last line of a test run tells the truth: nothing is counted twice, forgotten, or passed by not having run."""

from pathlib import Path

import pytest

from tests.phases import Tally, arguments, judge, read

REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="test_fine"/>
<testcase classname="tests.a" name="test_wrong"><failure message="assert 1 == 2&#10;more">…</failure></testcase>
<testcase classname="tests.a" name="test_left_out"><skipped message="only Linux can"/></testcase>
<testcase classname="tests.a" name="test_teardown"/>
<testcase classname="tests.a" name="test_teardown"><error message="left a file open"/></testcase>
<testcase classname="tests.a" name="test_wrong_twice"><failure message="first"/></testcase>
<testcase classname="tests.a" name="test_wrong_twice"><error message="then its teardown"/></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def tally(tmp_path: Path) -> Tally:
    report = tmp_path / "report.xml"
    report.write_text(REPORT, encoding="utf-8")
    return read(report)


def test_a_test_counts_once_with_its_worst_verdict(tally: Tally) -> None:
    assert str(tally) == "1 passed, 3 failed, 1 skipped"


def test_reasons_of_failures_and_skips_are_listed_in_one_line_each(tally: Tally) -> None:
    assert "failed: tests.a::test_wrong: assert 1 == 2" in tally.remarks
    assert "skipped: tests.a::test_left_out: only Linux can" in tally.remarks


@pytest.mark.parametrize("content", [None, "", "<testsuites><testsuite>"])
def test_a_missing_or_broken_report_counts_nothing_and_the_exit_code_fails(tmp_path: Path, content: str | None) -> None:
    report = tmp_path / "report.xml"
    if content is not None:
        report.write_text(content, encoding="utf-8")

    assert judge("with browser", 3, read(report), narrowed=False).failed == 1


def test_phases_are_summed() -> None:
    assert str(Tally(3, 1, 0) + Tally(2, 0, 4)) == "5 passed, 1 failed, 4 skipped"


def test_a_phase_that_found_no_tests_is_a_failure() -> None:
    assert judge("without browser", 5, Tally(), narrowed=False).failed == 1


def test_a_run_of_chosen_tests_may_leave_one_phase_empty() -> None:
    assert judge("with browser", 5, Tally(), narrowed=True).failed == 0


def test_a_phase_that_broke_without_a_failed_test_is_a_failure() -> None:
    assert judge("without browser", 2, Tally(passed=9), narrowed=True).failed == 1


def test_a_failed_test_is_not_counted_again_for_the_exit_code() -> None:
    assert judge("without browser", 1, Tally(passed=9, failed=1), narrowed=False).failed == 1


def test_a_whole_run_collects_for_each_phase_only_what_it_runs() -> None:
    assert arguments("with browser", ["-x"])[-2:] == ["-x", "tests/browser"]
    assert arguments("without browser", [])[-1] == "--ignore=tests/browser"


def test_somebody_who_names_paths_gets_these_in_both_phases() -> None:
    named = ["tests/house/test_counting_the_phases.py::test_phases_are_summed"]

    assert all(arguments(phase, named)[-1] == named[0] for phase in ("with browser", "without browser"))
