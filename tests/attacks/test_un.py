"""Group UN, typed: hostile spellings of permit numbers on the permit page (mapping specification 10.1)."""

import pytest

from gateway.cli.robot import Page
from mock_idps.personas import PERSONAS, find
from tests.attacks.failing_provider import Victim, a_victim, provider_answer
from tests.attacks.watch import WatchedWorld, leaves_nothing
from tests.world import AT

SHARED = pytest.mark.asyncio(loop_scope="module")
TYPIST = "ng-pui-shan"
"""Unknown to the register: whatever this person types, nothing is ever bound."""
CHARACTERS = "The number holds characters that do not belong to it"
TOO_LONG = "What you typed is too long"
LENGTH = "The number is too short or too long"
FORMAT = "This is not the number of a travel permit"
UNKNOWN = "The register has no entry that fits this number"
NARROW_TO_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


async def typed(world: WatchedWorld, person: str = TYPIST) -> tuple[Victim, Page]:
    """A person on the permit page."""
    world.clock.advance(minutes=2)
    victim = a_victim(world)
    page = await provider_answer(victim, "hong_kong", person)
    assert "permit" in page.inputs
    return victim, page


async def receives(world: WatchedWorld, victim: Victim, page: Page) -> dict[str, object]:
    """What the service receives, once the person agrees."""
    await victim.browser.press(page, "agree")
    response = await world.token(victim.asked, victim.browser.answer["code"])
    claims: dict[str, object] = await world.claims(victim.asked, response.json())
    return claims


# --- One card, one canonical value


@SHARED
@pytest.mark.attack("UN-01")
@pytest.mark.parametrize(
    ("person", "spell"),
    [
        ("lau-chi-wai", lambda number: number.translate(NARROW_TO_WIDE)),
        ("lam-yi-lin", str.lower),
        ("jane-smith", lambda number: number.translate(NARROW_TO_WIDE).lower()),
    ],
    ids=["full-width", "lower case", "full-width lower case"],
)
async def test_un_01_full_width_digits_fold_to_the_one_canonical_value(
    shared_world: WatchedWorld, person: str, spell
) -> None:
    victim, page = await typed(shared_world, person)
    number = find(PERSONAS, person).permit

    page = await victim.browser.press(page, "check-permit", permit=spell(number))

    assert (await receives(shared_world, victim, page))["gba_doc"]["number9"] == number


@SHARED
@pytest.mark.attack("UN-02")
@pytest.mark.parametrize(
    ("person", "spell"),
    [
        ("leung-kin-hong", lambda number: f"  {number[:1]} {number[1:5]}-{number[5:]}\u00a0"),
        ("arjun-singh", lambda number: "\u200b".join(number) + "\u00ad\ufeff"),
        ("lee-wing-sze", lambda number: f"\t{number}\r\n"),
        ("ho-lip-sang", lambda number: f"{number[:1]}（{number[1:]}）"),
    ],
    ids=["spaces and hyphens", "invisible", "line ends", "brackets"],
)
async def test_un_02_what_is_not_part_of_the_number_makes_no_second_record(
    shared_world: WatchedWorld, person: str, spell
) -> None:
    victim, page = await typed(shared_world, person)
    number = find(PERSONAS, person).permit

    async with leaves_nothing(shared_world, but={"bindings": 1, "holders": 1, "numbers": 1}):
        page = await victim.browser.press(page, "check-permit", permit=spell(number))

    assert (await receives(shared_world, victim, page))["gba_doc"]["number9"] == number


@pytest.mark.attack("UN-01")
@pytest.mark.parametrize("spell", [str.lower, lambda number: number.translate(NARROW_TO_WIDE), lambda n: f"{n}01"])
async def test_un_01_another_spelling_of_a_bound_card_gives_nobody_a_second_record(world: WatchedWorld, spell) -> None:
    await world.signed_in("hong_kong", "chan-siu-ming")
    victim, page = await typed(world, "chan-siu-ming-namesake")

    async with leaves_nothing(world, refused=1):
        page = await victim.browser.press(page, "check-permit", permit=spell(find(PERSONAS, "chan-siu-ming").permit))

    assert page.texts["problem-code"] == "GBA-3005"
    assert "error=access_denied&" in page.links["way-home"]
    assert f"state={victim.asked.state}" in page.links["way-home"]


@pytest.mark.attack("UN-04")
@pytest.mark.parametrize("count", ["00", "01", "02"])
async def test_un_04_the_renewal_count_changes_nothing_and_the_neighbour_stays_apart(
    world: WatchedWorld, count: str
) -> None:
    person = find(PERSONAS, "lau-chi-wai")
    victim, page = await typed(world, person.id)

    page = await victim.browser.press(page, "check-permit", permit=person.permit + count)
    claims = await receives(world, victim, page)
    neighbour = await world.signed_in("hong_kong", "lam-yi-lin")
    again = await world.signed_in("hong_kong", person.id)

    assert claims["gba_doc"]["number9"] == person.permit
    assert again["gba_cn_id"]["value"] == claims["gba_cn_id"]["value"]
    assert neighbour["gba_cn_id"]["value"] != claims["gba_cn_id"]["value"]


# --- What is refused, with its reason on the page


@SHARED
@pytest.mark.parametrize(
    ("number", "reason"),
    [
        pytest.param("H٠٠٠٠٠٠١٣٣", CHARACTERS, id="arabic-indic", marks=pytest.mark.attack("UN-01")),
        pytest.param("H𝟎𝟎𝟎𝟎𝟎𝟏𝟑𝟑", CHARACTERS, id="mathematical", marks=pytest.mark.attack("UN-01")),
        pytest.param("H⁰⁰⁰⁰⁰¹³³", CHARACTERS, id="superscript", marks=pytest.mark.attack("UN-01")),
        pytest.param("H〇〇〇〇〇一三三", CHARACTERS, id="han", marks=pytest.mark.attack("UN-01")),
        pytest.param("①②③④⑤⑥⑦⑧⑨", CHARACTERS, id="circled", marks=pytest.mark.attack("UN-01")),
        pytest.param("Н00000133", CHARACTERS, id="cyrillic H", marks=pytest.mark.attack("UN-01")),
        pytest.param("Η00000133", CHARACTERS, id="greek H", marks=pytest.mark.attack("UN-01")),
        pytest.param("H0000\x000133", CHARACTERS, id="NUL inside", marks=pytest.mark.attack("UN-02")),
        pytest.param("H00000133\x00", CHARACTERS, id="NUL at the end", marks=pytest.mark.attack("UN-02")),
        pytest.param("H00000133\x1b[2J", CHARACTERS, id="escape", marks=pytest.mark.attack("UN-02")),
        pytest.param("\u202eH00000133", CHARACTERS, id="right to left", marks=pytest.mark.attack("UN-02")),
        pytest.param("H00000133'--", CHARACTERS, id="quote", marks=pytest.mark.attack("UN-02")),
        pytest.param("H\u03010000133", CHARACTERS, id="combining", marks=pytest.mark.attack("UN-02")),
        pytest.param("H" + "0" * 10_239, TOO_LONG, id="10 kB", marks=pytest.mark.attack("UN-02")),
        pytest.param("\u200b" * 6_000, TOO_LONG, id="18 kB of nothing", marks=pytest.mark.attack("UN-02")),
        pytest.param("", "Enter the number", id="empty", marks=pytest.mark.attack("UN-06")),
        pytest.param("-1", FORMAT, id="sentinel", marks=pytest.mark.attack("UN-06")),
        pytest.param("null", FORMAT, id="null", marks=pytest.mark.attack("UN-06")),
        pytest.param('"H00000133"', CHARACTERS, id="quoted", marks=pytest.mark.attack("UN-06")),
        pytest.param('["H00000133"]', CHARACTERS, id="list", marks=pytest.mark.attack("UN-06")),
        pytest.param("810000190302030020", FORMAT, id="18 digits", marks=pytest.mark.attack("UN-03")),
        pytest.param("81000019030203002Х", CHARACTERS, id="cyrillic X", marks=pytest.mark.attack("UN-03")),
        pytest.param("440305060607001", FORMAT, id="15 digits", marks=pytest.mark.attack("UN-03")),
        pytest.param("H000001330", LENGTH, id="10 characters", marks=pytest.mark.attack("UN-04")),
        pytest.param("H00000133000", LENGTH, id="12 characters", marks=pytest.mark.attack("UN-04")),
        pytest.param("H00000000", "This number is a placeholder", id="placeholder"),
        pytest.param("K12345678", "This looks like the number of another document", id="passport"),
    ],
)
async def test_un_what_is_no_permit_is_refused_with_its_reason_on_the_page(
    shared_world: WatchedWorld, number: str, reason: str
) -> None:
    victim, page = await typed(shared_world)
    asked = shared_world.net.count("/ebus/tyrzapi/link/permit")

    async with leaves_nothing(shared_world):
        page = await victim.browser.press(page, "check-permit", permit=number)

    assert page.status == 200
    assert reason in page.texts["permit-error"], page.texts["permit-error"]
    assert shared_world.net.count("/ebus/tyrzapi/link/permit") == asked
    assert len(number) < 5 or number not in victim.browser.last.text
    assert "check-permit" in page.buttons
    assert "skip-permit" in page.buttons


@SHARED
@pytest.mark.attack("UN-02")
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("permit=H00000133&permit=H00000133&action=check", id="doubled, equal"),
        pytest.param("permit=H00000133&permit=H00000018&action=check", id="doubled, different"),
        pytest.param("permit=H00000133&action=check&action=skip", id="doubled action"),
        pytest.param("permit=H%FF%FE00133&action=check", id="no UTF-8"),
        pytest.param("permit=H%ED%A0%8000133&action=check", id="half a surrogate pair"),
        pytest.param("permit=H%00%C0%80133&action=check", id="overlong NUL"),
        pytest.param("permit=H00000133&action=check" + "&x=" * 70, id="70 fields"),
    ],
)
async def test_un_02_a_form_that_says_two_things_or_no_text_is_refused_and_the_step_waits(
    shared_world: WatchedWorld, body: str
) -> None:
    victim, page = await typed(shared_world)
    form, _, _ = page.buttons["check-permit"]
    headers = {"content-type": "application/x-www-form-urlencoded"}

    async with leaves_nothing(shared_world):
        refused = await victim.browser.http.post(
            f"{AT.issuer}{form.action}", content=f"csrf={form.fields['csrf']}&{body}", headers=headers
        )
    still = await victim.browser.open(page.url)

    assert refused.status_code == 400
    assert "GBA-1006" in refused.text
    assert "00133" not in refused.text
    assert "check-permit" in still.buttons


@SHARED
@pytest.mark.attack("UN-02")
async def test_un_02_a_body_beyond_the_limit_is_not_read(shared_world: WatchedWorld) -> None:
    victim, page = await typed(shared_world)
    form, _, _ = page.buttons["check-permit"]

    async with leaves_nothing(shared_world):
        refused = await victim.browser.http.post(
            f"{AT.issuer}{form.action}", data={**form.fields, "permit": "H" * 70_000, "action": "check"}
        )

    assert refused.status_code == 413


@SHARED
@pytest.mark.attack("UN-06")
async def test_un_06_a_number_sent_as_json_is_no_form(shared_world: WatchedWorld) -> None:
    victim, page = await typed(shared_world)
    form, _, _ = page.buttons["check-permit"]

    async with leaves_nothing(shared_world):
        refused = await victim.browser.http.post(
            f"{AT.issuer}{form.action}", json={**form.fields, "permit": 133, "action": "check"}
        )

    assert refused.status_code == 415
