"""Damaged web signatures: refused, found wanting, or unchanged in what is signed, and never anything else (SG-12)."""

import random

import pytest

from certs.signatures.formats.jades import read_jades
from certs.trust.arithmetic import verify
from certs.trust.content import BytesContent
from certs.trust.errors import Fault, Refused
from tests.certs.signatures.formats.jws_making import compact, flattened, jades_header
from tests.faults.weight import rounds

CONTENT = BytesContent(b'{"pay":100}')
MESSAGES = (
    compact(jades_header()),
    flattened(jades_header(), unprotected={"etsiU": [{"sigTst": {"tstTokens": [{"val": "AAAA"}]}}]}),
)


@pytest.mark.attack("SG-12")
@pytest.mark.parametrize("message", MESSAGES, ids=["compact", "flattened"])
def test_sg_12_a_damaged_message_never_holds_for_another_content(message):
    dice = random.Random(20261102)  # noqa: S311 - damage, not secrets
    originals = {each.message for each in read_jades(message, CONTENT)}

    for _ in range(rounds(300, 20_000)):
        damaged = _damaged(message, dice)
        for signed in _holding(damaged):
            assert signed.message in originals


def _damaged(message, dice):
    damaged = bytearray(message)
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(damaged))
        match dice.randrange(3):
            case 0:
                damaged[place] = dice.randrange(256)
            case 1:
                del damaged[place : place + dice.randint(1, 4)]
            case _:
                damaged[place:place] = bytes([dice.choice(b'.",:{}[]=-_A0\\')])
    return bytes(damaged)


def _holding(data):
    try:
        found = read_jades(data, CONTENT)
    except (Fault, Refused):
        return
    for signed in found:
        if signed.algorithm is None or any(each.reason is not None for each in signed.findings):
            continue
        try:
            verify(signed.certificate.key, signed.algorithm, signed.message, signed.signature)
        except (Fault, Refused):
            continue
        yield signed
