import pytest

from mock_idps.guangdong.people import account_holders, document, subject_key, user_data
from mock_idps.personas import PERSONAS, find


def userobj(person, **more):
    return user_data(find(PERSONAS, person), sign_in_way="1", **more)["userobj"]


@pytest.mark.parametrize(
    ("person", "kind", "number"),
    [
        ("li-xiao-hua", "10", "440305190606070012"),
        ("leung-kin-hong", "14", "H00000042"),
        ("wong-ka-yan", "31", "810000190302030020"),
    ],
)
def test_the_document_type_follows_the_person(person, kind, number):
    user = userobj(person)

    assert (user["idcardtype"], user["idcardnumber"]) == (kind, number)


def test_user_data_are_strings_with_the_platforms_own_spelling():
    user = userobj("li-xiao-hua")

    lists = {name for name, value in user.items() if not isinstance(value, str)}
    assert lists == {"extproperties"}
    assert user["accout_type"] == "1"
    assert user["uversion"] == "3.0"
    assert len(user["createtime"]) == 14
    assert "legal_code=-1" in user["extproperties"]
    assert "accout_type=1" in user["extproperties"]


@pytest.mark.parametrize(("person", "real"), [("liu-yang", "false"), ("wang-yan", "true"), ("li-xiao-hua", "true")])
def test_isreal_is_a_word_and_begins_at_l1(person, real):
    assert userobj(person)["isreal"] == real


@pytest.mark.parametrize(
    ("person", "methods"),
    [
        ("liu-yang", ["L0@IDV"]),
        ("wang-yan", ["L1@IDV", "L0@IDV"]),
        ("li-xiao-hua", ["L3@GW", "L2@YSS", "L1@IDV", "L0@IDV"]),
        ("leung-kin-hong", ["L2@IAM", "L1@IDV", "L0@IDV"]),
    ],
)
def test_the_way_string_lists_level_method_and_key(person, methods):
    items = userobj(person)["creditable_level_of_account_way"].split("||")

    assert [item.rpartition("@")[0] for item in items] == methods
    assert all(item.rpartition("@")[2] for item in items)


def test_the_way_list_tells_the_same_as_the_way_string():
    data = user_data(find(PERSONAS, "li-xiao-hua"), sign_in_way="3")

    listed = data["user_creditable_level"]["creditable_level_of_account_way_list"]
    items = [f"{way['identity_level']}@{way['way_code']}@{way['uniqueid']}" for way in listed]
    assert "||".join(items) == data["userobj"]["creditable_level_of_account_way"]
    assert listed[-1]["auth_time"] is None


def test_the_subject_key_is_stable_and_says_nothing():
    person = find(PERSONAS, "li-xiao-hua")

    assert subject_key(person) == subject_key(person)
    assert len(subject_key(person)) == 32
    assert len({subject_key(one) for one in PERSONAS}) == len(PERSONAS)


def test_everybody_with_an_account_has_a_document():
    holders = account_holders(PERSONAS)

    assert {"li-xiao-hua", "wang-yan", "liu-yang", "leung-kin-hong", "wong-ka-yan"} <= {one.id for one in holders}
    assert all(document(one) for one in holders)


def test_a_level_can_contradict_the_way_string():
    user = userobj("li-xiao-hua", conflict=True)

    assert user["creditable_level_of_account"] == "L3"
    assert "L3@" not in user["creditable_level_of_account_way"]


def test_a_character_outside_gbk_becomes_a_question_mark():
    assert userobj("wang-yan", gbk=True)["cn"] == "王?"
    assert userobj("wang-yan")["cn"] == "王䶮"
