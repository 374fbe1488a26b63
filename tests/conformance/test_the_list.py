"""The page on conformance names only modules that a test follows."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "reference" / "conformance.md").read_text(encoding="utf-8")
BEGINNING = re.compile(r"beginning `([a-z0-9-]+)`")
NAME = re.compile(r"`([A-Za-z0-9_-]+)`")
FILES_OF = {
    "Config": ("test_config.py",),
    "Basic and Form Post": ("test_basic.py", "test_basic_requests.py"),
    "Dynamic": ("test_dynamic.py",),
    "Logout": ("test_rp_initiated_logout.py", "test_backchannel_logout.py", "test_frontchannel_logout.py"),
    "FAPI 2.0 Security Profile": (
        "test_fapi2_security_profile.py",
        "test_fapi2_par.py",
        "test_fapi2_assertions.py",
        "test_fapi2_dpop.py",
        "test_config.py",
    ),
    "FAPI 2.0 Message Signing": ("test_fapi2_message_signing.py",),
    "CIBA": ("test_ciba.py", "test_ciba_ping.py"),
    "Identity assurance": ("test_ekyc.py",),
    "Federation": ("test_federation_op.py",),
}


def chapters() -> dict[str, str]:
    """Heading -> what stands under it, of the part on mirrored modules."""
    part = PAGE.partition("## Modules mirrored")[2].partition("## Modules not mirrored")[0]
    found = re.split(r"^### (.+)$", part, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def flat(text: str) -> str:
    """Names of modules and of tests in one spelling."""
    return text.lower().replace("-", "_")


@pytest.mark.parametrize("chapter", FILES_OF)
def test_every_module_that_the_page_names_is_named_by_a_test(chapter: str) -> None:
    text = chapters()[chapter]
    tests = flat("".join((HERE / name).read_text(encoding="utf-8") for name in FILES_OF[chapter]))
    beginning = (BEGINNING.findall(text) or [""])[0]
    names = [name for name in NAME.findall(text) if name != beginning]

    assert names
    assert [name for name in names if flat(name) not in tests] == []


def test_no_chapter_is_left_out() -> None:
    assert set(chapters()) == set(FILES_OF)


def test_every_file_of_tests_stands_in_the_table_of_plans() -> None:
    files = {path.name for path in HERE.glob("test_*.py")} - {Path(__file__).name}

    assert [name for name in sorted(files) if f"`{name}`" not in PAGE] == []
