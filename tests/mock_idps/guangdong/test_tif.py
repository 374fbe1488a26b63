import pytest

from mock_idps.guangdong.tif import (
    NonceMemory,
    TifError,
    TifHeaders,
    answer_headers,
    check,
    inbound_signature,
    outbound_signature,
)

TIMESTAMP, TOKEN, NONCE = "1760000000", "gba-paas-token-0001", "199c82cc000-5f3a1b"
OUTBOUND = "6A36E7848E25D463C2197E1AE9DD7AEC324F1F5E4D3A8C33C03280A19C7A6936"
INBOUND = "D4A00FC2E27DBF483AFBADB9E3C9879013DF80745D13BF726ADE1F936EF8E1BD"
NOW_S = 1_760_000_000


def headers(**changed):
    values = {"paas_id": "paas-1", "timestamp": TIMESTAMP, "nonce": NONCE, "signature": OUTBOUND, **changed}
    return TifHeaders(**values)


def refused(given, now_s=NOW_S, nonces=None):
    with pytest.raises(TifError) as caught:
        check(given, TOKEN, nonces or NonceMemory(), now_s)
    return caught.value.errcode


@pytest.mark.spec("TIF headers, identity-provider notes section 7")
def test_outbound_signature_of_the_vector():
    assert outbound_signature(TIMESTAMP, TOKEN, NONCE) == OUTBOUND


@pytest.mark.spec("TIF headers, identity-provider notes section 7")
def test_inbound_signature_of_the_vector():
    signature = inbound_signature(TIMESTAMP, TOKEN, NONCE, uid="u1", uinfo="eyJjbiI6IuW8oOS4iSJ9", ext="{}")

    assert signature == INBOUND


@pytest.mark.attack("GD-06")
@pytest.mark.parametrize("signature", [OUTBOUND, OUTBOUND.lower()])
def test_gd_06_either_case_of_the_hex_is_accepted(signature):
    check(headers(signature=signature), TOKEN, NonceMemory(), NOW_S)


@pytest.mark.attack("GD-06")
@pytest.mark.parametrize(
    "changed",
    [
        {"signature": "0" * 64},
        {"signature": ""},
        {"signature": "ſ" * 64},
        {"nonce": "another"},
        {"nonce": ""},
        {"nonce": "n" * 129},
        {"timestamp": "1760000001"},
        {"timestamp": "176000000"},
        {"timestamp": "１７６００００００００"},
    ],
)
def test_gd_06_a_wrong_signature_is_46001(changed):
    assert refused(headers(**changed)) == "46001"


@pytest.mark.attack("GD-06")
@pytest.mark.parametrize("drift", [-301, 301])
def test_gd_06_a_timestamp_outside_300_seconds_is_46002(drift):
    assert refused(headers(), now_s=NOW_S + drift) == "46002"


@pytest.mark.parametrize("drift", [-300, 300])
def test_a_timestamp_at_the_edge_of_the_window_passes(drift):
    check(headers(), TOKEN, NonceMemory(), NOW_S + drift)


@pytest.mark.attack("GD-06")
def test_gd_06_a_nonce_passes_once():
    nonces = NonceMemory()
    check(headers(), TOKEN, nonces, NOW_S)

    assert refused(headers(), nonces=nonces) == "46003"


def test_a_nonce_of_another_caller_is_another_nonce():
    nonces = NonceMemory()
    check(headers(), TOKEN, nonces, NOW_S)

    check(headers(paas_id="paas-2"), TOKEN, nonces, NOW_S)


def test_a_refused_call_does_not_use_up_its_nonce():
    nonces = NonceMemory()
    refused(headers(signature="0" * 64), nonces=nonces)

    check(headers(), TOKEN, nonces, NOW_S)


def test_a_memory_full_of_fresh_nonces_refuses_rather_than_forgets(monkeypatch):
    monkeypatch.setattr("mock_idps.guangdong.tif._MOST_NONCES", 1)
    nonces = NonceMemory()
    assert nonces.use("paas-1", "first", NOW_S)

    assert not nonces.use("paas-1", "second", NOW_S)
    assert nonces.use("paas-1", "third", NOW_S + 600)


def test_answers_carry_headers_that_the_caller_can_check():
    given = answer_headers("paas-1", TOKEN, NOW_S)

    check(TifHeaders.read(given), TOKEN, NonceMemory(), NOW_S)
    assert given["x-tif-signature"].isupper()
