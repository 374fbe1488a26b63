"""The sentences for clerks: one for every reason in every language, short, in that language only, and calm."""

import re
from typing import Final

import pytest

from certs.signatures.checks import Check, CheckCode, Level, judged, not_done
from certs.signatures.wording import LANGUAGES, in_all_languages, next_step, text, texts
from certs.trust.reasons import Reason

LONGEST: Final = 220
END: Final = {"en": ".", "zh-Hant": "。", "zh-Hans": "。", "pt": "."}

PAIRS: Final = (
    "與与個个們们來来傳传兩两則则剛刚動动務务員员單单國国報报夠够實实寫写寬宽將将對对層层屬属張张強强從从應应換换損损據据"
    "斷断時时暫暂書书條条構构標标機机檔档檢检權权沒没況况為为無无狀状獨独獲获現现發发碼码確确種种稱称穩稳簽签紀纪級级結结"
    "絡络統统經经網网編编續续義义聯联臨临舊旧處处號号覆复規规訂订記记設设許许詢询試试該该認认說说請请證证識识讀读資资軟软"
    "較较載载辦办這这連连過过選选針针銷销錄录鐘钟長长開开間间關关際际隨随電电項项須须預预領领類类顯显優优刪删區区協协參参"
    "問问啟启圖图執执場场態态憑凭戶户擇择擔担數数會会業业樣样殘残滿满產产異异當当盡尽監监筆笔節节簡简組组給给維维總总職职"
    "術术補补見见親亲觀观計计訊讯評评詞词話话語语調调論论譯译議议護护變变責责費费質质轉转達达適适還还門门閉闭閱阅險险難难"
    "頁页順顺頭头題题額额願愿體体點点齊齐鎖锁鑰钥庫库換换驗验導导屆届誤误繼继絕绝"
)
"""Characters that only one of the two writings knows, the traditional one first."""
TRADITIONAL: Final = frozenset(PAIRS[::2]) | frozenset("並併準註採後於內別毀")
SIMPLIFIED: Final = frozenset(PAIRS[1::2])

ENGLISH: Final = re.compile(
    r"\b(the|an?|of|and|or|is|was|with|signer|signature|certificate|issuer|ask|again|list)\b", re.IGNORECASE
)
LATIN: Final = re.compile(r"[A-Za-zÀ-ÿ]+")
FOREIGN_NAMES: Final = {"PDF"}
CHINESE: Final = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
UNFILLED: Final = re.compile(r"[{}<>%$\[\]_\d]|\.\.\.|…|TODO")
VERDICT_OF_LAW: Final = re.compile(
    r"invalid|null and void|unlawful|illegal|inválid|nul[ao]\b|ilegal|無效|无效|非法|違法|违法", re.IGNORECASE
)

by_language = pytest.mark.parametrize("language", LANGUAGES)


@by_language
def test_every_reason_has_its_sentence_in_the_order_of_the_reasons(language: str) -> None:
    assert list(texts(language)) == [reason.value for reason in Reason]


@by_language
def test_no_two_reasons_say_the_same(language: str) -> None:
    sentences = list(texts(language).values())

    assert [sentence for sentence in sentences if sentences.count(sentence) > 1] == []


@by_language
def test_every_text_is_one_short_sentence(language: str) -> None:
    end = END[language]

    wrong = {
        code: sentence
        for code, sentence in texts(language).items()
        if len(sentence) > LONGEST or sentence != sentence.strip() or sentence.index(end) != len(sentence) - 1
    }

    assert wrong == {}


@by_language
def test_every_sentence_says_what_is_wrong_and_then_what_to_do(language: str) -> None:
    halves = "；，" if language.startswith("zh") else ";"

    assert [code for code, sentence in texts(language).items() if not any(mark in sentence for mark in halves)] == []


@by_language
def test_nothing_is_left_to_fill_in(language: str) -> None:
    assert [code for code, sentence in texts(language).items() if UNFILLED.search(sentence)] == []


@by_language
@pytest.mark.spec("ETO s.6(1)")
def test_no_sentence_calls_a_signature_void_in_law(language: str) -> None:
    assert [code for code, sentence in texts(language).items() if VERDICT_OF_LAW.search(sentence)] == []


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans"])
def test_chinese_sentences_hold_no_other_writing(language: str) -> None:
    foreign = {word for sentence in texts(language).values() for word in LATIN.findall(sentence)}

    assert foreign <= FOREIGN_NAMES


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans"])
def test_chinese_sentences_use_chinese_punctuation(language: str) -> None:
    assert [code for code, sentence in texts(language).items() if re.search(r"[,.;:()]", sentence)] == []


def test_simplified_sentences_hold_no_traditional_character() -> None:
    assert _found("zh-Hans", TRADITIONAL) == {}


def test_traditional_sentences_hold_no_simplified_character() -> None:
    assert _found("zh-Hant", SIMPLIFIED) == {}


def test_the_table_of_characters_would_notice_a_sentence_in_the_wrong_file() -> None:
    traditional, simplified = texts("zh-Hant").values(), texts("zh-Hans").values()

    assert [sentence for sentence in traditional if not TRADITIONAL & set(sentence)] == []
    assert [sentence for sentence in simplified if not SIMPLIFIED & set(sentence)] == []


def test_portuguese_sentences_hold_no_english() -> None:
    english = {
        code: words
        for code, sentence in texts("pt").items()
        if (words := [word for word in ENGLISH.findall(sentence) if word.lower() != "a"])
    }

    assert english == {}


def test_portuguese_keeps_the_spelling_of_macao() -> None:
    other_spelling = re.compile(
        r"\b(eletr|atual|exat|corret|diret|ativ|objet|efetu|afet|ficheiro eletr)", re.IGNORECASE
    )

    assert [code for code, sentence in texts("pt").items() if other_spelling.search(sentence)] == []


@pytest.mark.parametrize("language", ["en", "pt"])
def test_european_sentences_hold_no_chinese(language: str) -> None:
    assert [code for code, sentence in texts(language).items() if CHINESE.search(sentence)] == []


def test_one_sentence_can_be_had_in_one_language_or_in_all() -> None:
    every = in_all_languages(Reason.REVOKED.value)

    assert list(every) == list(LANGUAGES)
    assert every["pt"] == text(Reason.REVOKED, "pt")
    assert len(set(every.values())) == len(LANGUAGES)


def test_the_next_step_is_about_the_first_check_that_failed() -> None:
    checks = [
        judged(CheckCode.FORMAT, Level.FAIL, None),
        judged(CheckCode.TIME_CLAIMED, Level.WARN, Reason.CLAIMED_TIME_IMPLAUSIBLE),
        judged(CheckCode.REV_LEAF, Level.FAIL, Reason.REVOKED),
        judged(CheckCode.MR_TYPE, Level.FAIL, Reason.MR_TYPE),
    ]

    step = next_step(checks, accepted=False)

    assert step == {"code": "revoked", "text": dict(in_all_languages("revoked"))}


def test_the_next_step_of_an_accepted_signature_is_about_its_warning() -> None:
    step = next_step([judged(CheckCode.TIME_PROOF, Level.WARN, Reason.NO_PROOF_OF_TIME)], accepted=True)

    assert step is not None
    assert step["code"] == "no-proof-of-time"


@pytest.mark.parametrize(
    "check",
    [
        judged(CheckCode.FORMAT, Level.FAIL, None),
        judged(CheckCode.TIME_PROOF, Level.INFORM, Reason.NO_PROOF_OF_TIME),
        judged(CheckCode.TIME_PROOF, Level.IGNORE, Reason.NO_PROOF_OF_TIME),
        not_done(CheckCode.CHAIN_PATH, Level.FAIL),
    ],
    ids=lambda check: check.status.value,
)
def test_there_is_no_next_step_where_nothing_decided_or_warned(check: Check) -> None:
    assert next_step([check], accepted=True) is None


def _found(language: str, characters: frozenset[str]) -> dict[str, str]:
    found = {code: "".join(characters & set(sentence)) for code, sentence in texts(language).items()}
    return {code: wrong for code, wrong in found.items() if wrong}
