import base64
import json

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jose import jws
from jose.exceptions import JWSError

from mock_idps.macao import MacaoConfig, profile_faults, soft_token
from mock_idps.macao.claims import claims_of, document_of, portuguese_only, uid_for
from mock_idps.macao.config import ConfigError
from mock_idps.macao.envelope import TAGS, failure, sign_profile, success
from mock_idps.macao.fields import MAX_BYTES, FieldsError, TooLargeError, parse
from mock_idps.macao.grants import Grant, Shelf
from mock_idps.macao.keys import KeyRing
from mock_idps.macao.texts import TEXTS, locale_of_header, pick_locale
from mock_idps.personas import PERSONAS, Persona, find
from tests.mock_idps.macao.stage import BASE, CLIENTS, NOW_MS

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


def a_grant(**changes) -> Grant:
    fields = {
        "id": "g1",
        "client_id": "gateway",
        "persona": "lei-ka-meng",
        "level": 2,
        "scope": ("identity", "profile"),
    }
    return Grant(**{**fields, "locale": "pt", "session": None, **changes})


@pytest.mark.spec("RFC 6238 appendix B")
@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "94287082"), (1111111109, "07081804"), (1234567890, "89005924"), (20000000000, "65353130")],
)
def test_the_soft_token_shows_the_last_six_digits_of_the_published_vectors(seconds, code):
    assert soft_token.code_at(RFC_SECRET, seconds * 1000) == code[-6:]


@pytest.mark.spec("RFC 6238 §5.2")
@pytest.mark.parametrize(("steps", "expected"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_accepted_one_step_around_the_present(steps, expected):
    code = soft_token.code_at(RFC_SECRET, NOW_MS, steps=steps)

    assert soft_token.accepts(RFC_SECRET, code, NOW_MS) is expected


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"])
def test_what_is_not_six_digits_is_no_code(code):
    assert not soft_token.accepts(RFC_SECRET, code, NOW_MS)


def test_rotation_keeps_the_replaced_key_for_a_while_and_the_retired_one_for_ever():
    ring = KeyRing(lambda: NOW_MS)
    before = ring.current

    ring.rotate()

    published = ring.published()
    assert ring.current.number == "3"
    assert published["1"]["notAfter"] < NOW_MS // 1000
    assert NOW_MS // 1000 < published["2"]["notAfter"] < published["3"]["notAfter"]
    assert base64.b64decode(published["2"]["spki"]) == before.spki()


def test_many_rotations_do_not_grow_the_ring_without_end():
    ring = KeyRing(lambda: NOW_MS)

    for _ in range(20):
        ring.rotate()

    assert len(ring.published()) < 10
    assert ring.retired.number == "1"
    assert ring.current.number == "22"


def test_keys_and_clients_do_not_print_their_secrets():
    config = MacaoConfig.from_json({"base_url": BASE, "clients": CLIENTS})

    assert "s3cret" not in repr(config)
    assert "PrivateKey" not in repr(KeyRing(lambda: NOW_MS).current)


def test_a_profile_is_es256_with_the_number_of_the_key_and_verifies_with_the_published_one():
    ring = KeyRing(lambda: NOW_MS)

    signed = sign_profile({"uid": "u"}, ring.current)

    published = load_der_public_key(base64.b64decode(ring.published()["2"]["spki"]))
    header = jws.get_unverified_header(signed)
    assert (header["alg"], header["kid"]) == ("ES256", "2")
    assert json.loads(jws.verify(signed, published, algorithms=["ES256"])) == {"uid": "u"}


@pytest.mark.attack("MO-01")
@pytest.mark.parametrize(
    "fault",
    [profile_faults.bad_signature, profile_faults.unsigned, profile_faults.public_key_as_secret],
)
def test_mo_01_a_spoilt_profile_does_not_verify(fault):
    ring = KeyRing(lambda: NOW_MS)
    published = load_der_public_key(base64.b64decode(ring.published()["2"]["spki"]))

    spoilt = fault({"uid": "u", "acr": "2"}, ring)

    with pytest.raises(JWSError):
        jws.verify(spoilt, published, algorithms=["ES256"])


def test_the_doubled_uid_is_really_signed_twice():
    ring = KeyRing(lambda: NOW_MS)

    signed = profile_faults.doubled_uid({"uid": "right", "acr": "2"}, ring, "foreign")

    payload = jws.get_unverified_claims(signed)
    assert payload.count(b'"uid"') == 2
    assert json.loads(payload)["uid"] == "foreign"


def test_the_claims_of_a_permanent_resident_are_those_of_the_dialect():
    person = find(PERSONAS, "lei-ka-meng")

    told = claims_of(person, a_grant(), ("identity", "profile"), "pt")

    assert told == {
        "uid": uid_for("gateway", person.id),
        "accountType": "Personal",
        "acr": "2",
        "lang": "pt",
        "nameZh": "李嘉明",
        "namePt": {"apelido": "Lei", "nome": "Ka Meng"},
        "docType": "BIRP",
        "docNo": "1111111(1)",
        "birth": "05/05/1905",
        "sex": "M",
        "eidBound": True,
        "mobile": "+853-00000018",
        "guardianOf": [uid_for("gateway", "lei-chi-ian")],
    }


def test_without_the_identity_scope_no_document_and_no_birth_date_leave():
    told = claims_of(find(PERSONAS, "lei-ka-meng"), a_grant(), ("profile",), "en")

    assert set(told) == {"uid", "accountType", "acr", "lang", "nameZh", "namePt"}


def test_a_portuguese_name_keeps_its_accents_and_brings_no_chinese_name():
    told = claims_of(find(PERSONAS, "jose-da-luz"), a_grant(), ("profile",), "pt")

    assert told["namePt"] == {"apelido": "da Luz", "nome": "José"}
    assert "nameZh" not in told


def test_lang_pt_puts_the_portuguese_name_first_and_drops_the_chinese_one():
    told = portuguese_only(claims_of(find(PERSONAS, "lei-ka-meng"), a_grant(), ("profile",), "zh-hant"))

    assert next(iter(told)) == "namePt"
    assert "nameZh" not in told
    assert told["lang"] == "pt"


def test_uids_are_pairwise_and_stay_the_same():
    assert uid_for("gateway", "lei-ka-meng") == uid_for("gateway", "lei-ka-meng")
    assert uid_for("gateway", "lei-ka-meng") != uid_for("other", "lei-ka-meng")


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ({"bir": "12345678", "bir_permanent": False}, ("BIRNP", "1234567(8)")),
        ({"hkid": "A1234563"}, ("HKID", "A123456(3)")),
        ({"resident_id": "440100190001010000"}, ("CHNID", "440100190001010000")),
    ],
)
def test_each_kind_of_document_has_its_type_and_spelling(documents, expected):
    person = Persona("p", "", "macao", None, "A", "B", "1901-01-01", "F", **documents)

    assert document_of(person) == expected


def test_a_person_without_document_has_no_account():
    with pytest.raises(LookupError):
        document_of(Persona("p", "", "macao", None, "A", "B", "1901-01-01", "F"))


def test_the_envelope_says_yes_and_no_in_five_members():
    assert success("x", "en") == {"success": True, "code": 0, "message": "Success", "data": "x", "tag": None}
    assert [failure(code, "pt")["tag"] for code in TAGS] == list(TAGS.values())
    assert failure(4011, "zh-hant")["data"] is None


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"base_url": BASE},
        {"base_url": "ftp://mo.test", "clients": []},
        {"base_url": BASE, "clients": {}},
        {"base_url": BASE, "clients": [CLIENTS[0], CLIENTS[0]]},
        {"base_url": BASE, "clients": [{**CLIENTS[0], "redirect_uris": []}]},
        {"base_url": BASE, "clients": [{**CLIENTS[0], "redirect_uris": ["/relative"]}]},
        {"base_url": BASE, "clients": [{**CLIENTS[0], "redirect_uris": ["https://gateway.test/cb#part"]}]},
        {"base_url": BASE, "clients": [{**CLIENTS[0], "client_secret": ""}]},
        {"base_url": BASE, "clients": [{**CLIENTS[0], "colour": "red"}]},
        {"base_url": BASE, "clients": [], "colour": "red"},
    ],
)
def test_wrong_settings_stop_the_start(settings):
    with pytest.raises(ConfigError):
        MacaoConfig.from_json(settings)


@pytest.mark.parametrize("encoded", [b"a=%ff", "a=é".encode(), b"&".join(b"a%d=1" % n for n in range(60))])
def test_fields_that_cannot_be_read_are_refused(encoded):
    with pytest.raises(FieldsError):
        parse(encoded)


def test_fields_beyond_all_measure_are_refused():
    with pytest.raises(TooLargeError):
        parse(b"a=" + b"x" * MAX_BYTES)


def test_a_doubled_name_is_noticed():
    assert parse(b"a=1&b=2&a=3").doubled == {"a"}


def test_a_shelf_lets_its_oldest_records_go():
    shelf = Shelf(limit=2)
    for key in "abc":
        shelf.put(key, key)

    assert (shelf.get("a"), shelf.get("b"), shelf.get("c")) == (None, "b", "c")


def test_every_language_has_every_text():
    assert {frozenset(texts) for texts in TEXTS.values()} == {frozenset(TEXTS["en"])}


@pytest.mark.parametrize(
    ("wish", "expected"),
    [("pt en", "pt"), ("fr ZH-HANS", "zh-hans"), ("", "zh-hant"), ("<script>", "zh-hant")],
)
def test_the_first_language_that_exists_is_picked(wish, expected):
    assert pick_locale(wish) == expected


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("pt-MO,pt;q=0.9", "pt"),
        ("zh-CN", "zh-hans"),
        ("zh-TW", "zh-hant"),
        ("en-GB", "en"),
        ("fr, *", "pt"),
        ("", "pt"),
    ],
)
def test_accept_language_chooses_or_leaves_it_to_the_sign_in(wish, expected):
    assert locale_of_header(wish, "pt") == expected
