"""Before a credential is activated its partner is asked whether it knows it: one call, and nobody notices."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from certs.keys.errors import KeyUnavailableError
from certs.keys.key_state import KeyState
from certs.keys.rotation.records import KeyRecord, KeySetRecord
from certs.keys.sm import Sm2PrivateKey
from gateway.partner_probe import PartnerProbe
from gateway.settings_backend import SettingsBackend
from gateway.upstream_credentials import credential_sets
from providers.calls import Calls
from tests.gateway.upstreams.rehearsal import (
    GD_ID,
    HK_ID,
    MO_ID,
    NEXT_KEY,
    Rehearsal,
    guangdong_rehearsal,
    hong_kong_rehearsal,
    macao_rehearsal,
    private_pem,
    public_pem,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
OWN, NEXT = Sm2PrivateKey.generate(), Sm2PrivateKey.generate()
NEXT_SECRET = "the-next-secret-number-0002"
NEXT_SM4 = "ff112233445566778899aabbccddeeff"
CASES = [
    ("hong_kong-client-secret", HK_ID, "client_secret", NEXT_SECRET, NEXT_SECRET, "hong_kong: misconfigured (D20006)"),
    ("macao-client-secret", MO_ID, "client_secret", NEXT_SECRET, NEXT_SECRET, "macao: misconfigured (invalid_client)"),
    ("guangdong-client-secret", GD_ID, "client_secret", NEXT_SECRET, NEXT_SECRET, "guangdong: misconfigured (40001)"),
    ("register-paas-token", GD_ID, "paas_token", NEXT_SECRET, NEXT_SECRET, "guangdong: misconfigured (46001)"),
    (
        "register-sm2-key",
        GD_ID,
        "sm2_key",
        NEXT.to_pem().decode(),
        NEXT.public_key.to_hex(),
        "guangdong: misconfigured (46011)",
    ),
    ("register-sm4-key", GD_ID, "sm4_key", NEXT_SM4, NEXT_SM4, "guangdong: misconfigured (46010)"),
]


class Backend(SettingsBackend):
    """The settings, and one more value: the next one."""

    coming: str | None = None

    def secret(self, handle: str) -> bytes:
        if handle != "sealed:next":
            return super().secret(handle)
        if self.coming is None:
            raise KeyUnavailableError("the sealed file is not there")
        return self.coming.encode()


def a_probe(rehearsal: Rehearsal, name: str, coming: str | None) -> tuple[PartnerProbe, dict[str, KeySetRecord]]:
    """The probe, and records in which the values of the settings are active; one set has a next one."""
    backend = Backend(rehearsal.settings, b"k" * 32)
    backend.coming = coming
    calls = Calls(rehearsal.net, total=30.0)
    records = {}
    for one in credential_sets(rehearsal.settings):
        first = backend.adopt(one)
        active = KeyRecord(first.kid, one.algorithm, KeyState.ACTIVE, NOW, NOW, first.handle)
        records[one.name] = KeySetRecord(one.name, 1, (active,))
    algorithm = records[name].keys[0].algorithm
    following = KeyRecord("next", algorithm, KeyState.PUBLISHED, NOW, NOW, "sealed:next")
    records[name] = records[name].changed(following)
    return PartnerProbe(rehearsal.settings, backend, calls, lambda: rehearsal.now), records


def rehearsal_of(name: str) -> Rehearsal:
    if name.startswith("hong_kong"):
        return hong_kong_rehearsal()
    return macao_rehearsal() if name.startswith("macao") else guangdong_rehearsal(OWN)


@pytest.mark.parametrize(("name", "client", "kind", "value", "told", "problem"), CASES, ids=[case[0] for case in CASES])
async def test_a_partner_knows_a_credential_from_its_publication_on(  # noqa: PLR0917 - a row of the table
    name: str, client: str, kind: str, value: str, told: str, problem: str
) -> None:
    rehearsal = rehearsal_of(name)
    probe, records = a_probe(rehearsal, name, value)

    before = await probe.ask(name, "next", records)
    await rehearsal.theirs("publish", kind, client, value=told)
    after = await probe.ask(name, "next", records)

    assert (before.is_known, before.problem) == (False, problem)
    assert (after.is_known, after.problem) == (True, "")


async def test_an_encipherment_key_is_known_to_be_used_once_the_partner_wraps_under_it() -> None:
    rehearsal = hong_kong_rehearsal()
    probe, records = a_probe(rehearsal, "hong_kong-decryption-key", private_pem(NEXT_KEY))
    await rehearsal.theirs("publish", "kek", HK_ID, value=public_pem(NEXT_KEY))

    before = await probe.ask("hong_kong-decryption-key", "next", records)
    await rehearsal.theirs("switch", "kek", HK_ID)
    after = await probe.ask("hong_kong-decryption-key", "next", records)

    assert (before.is_known, before.problem) == (False, "hong_kong: misconfigured (kek_unknown)")
    assert after.is_known


async def test_the_active_credential_can_be_asked_about_too() -> None:
    rehearsal = macao_rehearsal()
    probe, records = a_probe(rehearsal, "macao-client-secret", NEXT_SECRET)
    active = records["macao-client-secret"].active
    assert active is not None

    assert (await probe.ask("macao-client-secret", active.kid, records)).is_known


async def test_asking_disturbs_no_sign_in_under_way_and_swaps_nothing() -> None:
    rehearsal = macao_rehearsal()
    probe, records = a_probe(rehearsal, "macao-client-secret", NEXT_SECRET)
    callback, before = await rehearsal.callback(), rehearsal.provider

    await probe.ask("macao-client-secret", "next", records)

    assert rehearsal.provider is before
    assert (await before.finish(callback)).provider == "macao"


async def test_a_partner_that_does_not_answer_proves_nothing() -> None:
    rehearsal = macao_rehearsal()
    probe, records = a_probe(rehearsal, "macao-client-secret", NEXT_SECRET)
    await rehearsal.theirs("publish", "client_secret", MO_ID, value=NEXT_SECRET)
    rehearsal.net.unmount("https://far.mock")

    answer = await probe.ask("macao-client-secret", "next", records)

    assert (answer.is_known, answer.problem.startswith("macao: unreachable")) == (False, True)


@pytest.mark.parametrize(("value", "problem"), [(None, "not there"), ("short", "client_secret must have at least")])
async def test_a_value_that_is_not_there_or_no_credential_is_told_without_a_call(
    value: str | None, problem: str
) -> None:
    rehearsal = hong_kong_rehearsal()
    probe, records = a_probe(rehearsal, "hong_kong-client-secret", value)

    answer = await probe.ask("hong_kong-client-secret", "next", records)

    assert (answer.is_known, problem in answer.problem) == (False, True)
    assert not rehearsal.net.requests


@pytest.mark.parametrize("kid", ["nobody", "next"])
async def test_only_keys_that_may_be_used_are_asked_about(kid: str) -> None:
    rehearsal = macao_rehearsal()
    probe, records = a_probe(rehearsal, "macao-client-secret", NEXT_SECRET)
    record = records["macao-client-secret"]
    gone = record.changed(replace(record.keys[1], state=KeyState.COMPROMISED))

    with pytest.raises(KeyError):
        await probe.ask("macao-client-secret", kid, {**records, record.name: gone})
