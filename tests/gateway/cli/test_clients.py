"""``gate client``, ``gate client tokens`` and ``gate deliveries``: the same chores, from a terminal."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from certs.keys.signing_key import Algorithm, SigningKey
from gateway.audit import AuditAction, AuditEvent
from gateway.cli.client_options import OPTIONS
from gateway.oidc.client_metadata import MEMBERS
from gateway.oidc.model import Client
from gateway.oidc.names import ClientAuthMethod
from gateway.oidc.ports import DeliveryKind
from gateway.store.open import Stores
from gateway.store.sql import tables
from tests.gateway.cli.folder import THEN, answer, gate, with_stores

SHOP = ("--name", "Shop", "--redirect-uri", "https://shop.example/cb", "--client-id", "shop")


@pytest.fixture
def shop(config: str) -> dict[str, Any]:
    """One registered client, as it was shown when it was made."""
    return answer("client", "create", *SHOP, "--config", config)


def shown(config: str) -> dict[str, Any]:
    return answer("client", "show", "shop", "--config", config)


def test_every_member_of_the_metadata_has_an_option_and_every_option_a_member() -> None:
    assert {option.member for option in OPTIONS} == {member.name for member in MEMBERS}
    assert len({option.flags for option in OPTIONS}) == len(OPTIONS)


def test_a_client_under_a_profile_is_registered_with_all_that_it_demands(config: str, tmp_path: Path) -> None:
    jwks = tmp_path / "jwks.json"
    key = SigningKey.generate(Algorithm.ES256, THEN)
    jwks.write_text(json.dumps({"keys": [key.public_jwk()]}))
    options = ("--auth", "private_key_jwt", "--jwks-file", str(jwks), "--profile", "fapi2-ms", "--dpop")
    more = ("--grant-type", "authorization_code", "--grant-type", "refresh_token", "--scope", "offline_access")

    made = answer("client", "create", *SHOP, *options, *more, "--config", config)

    assert made["profile"] == "fapi2-ms"
    assert made["grant_types"] == ["authorization_code", "refresh_token"]
    assert made["scope"] == "openid offline_access"
    assert "client_secret" not in made
    without = gate("client", "create", *SHOP[:4], *options[:-1], "--config", config)
    assert without.exit_code == 2
    assert "dpop_bound_access_tokens" in without.stderr


def test_a_client_is_registered_from_a_file_and_options_win(config: str, tmp_path: Path) -> None:
    metadata = tmp_path / "rp.json"
    metadata.write_text(json.dumps({"client_name": "From a file", "redirect_uris": ["https://file.example/cb"]}))

    made = answer("client", "create", "--from-json", str(metadata), "--name", "From here", "--config", config)

    assert made["client_name"] == "From here"
    assert made["redirect_uris"] == ["https://file.example/cb"]


def test_a_resource_server_has_no_grant_and_no_redirect_uri(config: str) -> None:
    made = answer(
        "client", "create", "--name", "API", "--no-grants", "--serves", "https://api.example/", "--config", config
    )

    assert made["serves"] == "https://api.example/"
    assert (made["redirect_uris"], "grant_types" in made) == ([], False)
    assert gate("client", "create", "--name", "API", "--no-grants", "--config", config).exit_code == 2


@pytest.mark.parametrize("content", ["", "[]", "{", "\x00"])
def test_a_file_that_is_no_json_object_is_a_mistake_in_usage(config: str, tmp_path: Path, content: str) -> None:
    metadata = tmp_path / "rp.json"
    metadata.write_text(content)

    for option in ("--from-json", "--jwks-file"):
        assert gate("client", "create", *SHOP, option, str(metadata), "--config", config).exit_code == 2
    assert gate("client", "create", "--from-json", str(tmp_path / "none"), "--config", config).exit_code == 2


def test_a_dry_run_shows_no_secret_and_registers_nothing(config: str) -> None:
    made = answer("client", "create", *SHOP, "--dry-run", "--config", config)

    assert "client_secret" not in made
    assert gate("client", "show", "shop", "--config", config).exit_code == 3


@pytest.mark.usefixtures("shop")
def test_an_update_changes_sets_back_and_says_what_it_refuses(config: str) -> None:
    update = ("client", "update", "shop", "--config", config)

    answer(*update, "--purpose", "hotel", "--backchannel-logout-uri", "https://shop.example/out", "--pushed-requests")
    changed = answer(*update, "--name", "Shop, renamed", "--clear", "purpose", "--no-pushed-requests")

    assert changed["client_name"] == "Shop, renamed"
    assert changed["purpose"] == ""
    assert "require_pushed_authorization_requests" not in changed
    assert shown(config)["backchannel_logout_uri"] == "https://shop.example/out"
    for wrong in (
        ("--redirect-uri", "http://shop.example/cb"),
        ("--redirect-uri", "https://other.example/cb"),
        ("--clear", "client_name"),
        ("--document-code", "permit_cn"),
        ("--backchannel-logout-uri", "https://10.0.0.1/x"),
    ):
        assert gate(*update, *wrong).exit_code == 2
    assert gate("client", "update", "nobody", "--config", config).exit_code == 3
    moved = answer(*update, "--redirect-uri", "https://other.example/cb", "--new-sector")
    assert moved["sector"] == "other.example"


def test_a_rotated_secret_is_new_and_the_old_one_has_its_end(config: str, shop: dict[str, Any]) -> None:
    rotate = ("client", "rotate-secret", "shop", "--config", config)

    rotated = answer(*rotate)
    assert rotated["client_secret"] != shop["client_secret"]
    assert rotated["retiring_secret_until"] is not None
    assert "client_secret" not in answer(*rotate, "--dry-run")
    assert answer(*rotate, "--now")["retiring_secret_until"] is None

    assert gate(*rotate, "--overlap", "10000").exit_code == 2
    assert gate("client", "rotate-secret", "nobody", "--config", config).exit_code == 3


def test_a_client_that_is_switched_off_is_shown_so(config: str, shop: dict[str, Any]) -> None:
    assert shop["active"]
    assert answer("client", "disable", "shop", "--dry-run", "--config", config)["active"]

    assert not answer("client", "disable", "shop", "--config", config)["active"]

    assert not shown(config)["active"]
    assert gate("client", "disable", "nobody", "--config", config).exit_code == 3


def test_tokens_are_made_listed_and_taken_back(config: str) -> None:
    tokens = ("client", "tokens")

    made = answer(*tokens, "create", "harbour-board", "--uses", "3", "--purpose", "travel", "--config", config)
    listed = answer(*tokens, "list", "--config", config)["tokens"]

    assert len(made["token"]) == 43
    assert made["token"] not in json.dumps(listed)
    assert listed[0]["uses_left"] == 3
    assert gate(*tokens, "create", "harbour-board", "--config", config).exit_code == 3
    assert gate(*tokens, "create", "Two words", "--config", config).exit_code == 2
    assert "token" not in answer(*tokens, "create", "other", "--dry-run", "--config", config)
    assert answer(*tokens, "revoke", "harbour-board", "--dry-run", "--config", config)["revoked"] is False
    assert answer(*tokens, "revoke", "harbour-board", "--config", config)["revoked"] is True
    assert gate(*tokens, "revoke", "harbour-board", "--config", config).exit_code == 3


def give_up(config: str) -> str:
    """Put a dead letter into the folder's database."""

    async def work(stores: Stores) -> str:
        client = Client("shop", "Shop", ("https://shop.example/cb",), ClientAuthMethod.NONE, sector="shop.example")
        event = AuditEvent(AuditAction.CLIENT_CREATED, THEN, "c0ffee", client_id="shop")
        await stores.registry.save(client, event)
        row = {
            "id": "delivery-1",
            "kind": DeliveryKind.LOGOUT.value,
            "client_id": "shop",
            "at": THEN,
            "due_at": THEN,
            "tries": 9,
            "given_up_at": THEN + timedelta(hours=1),
        }
        columns = {column.name: column for column in tables.deliveries.c}
        row |= {name: b"" for name, column in columns.items() if not column.nullable and name not in row}
        await stores.database.run(lambda connection: connection.execute(tables.deliveries.insert().values(row)))
        return "delivery-1"

    return with_stores(config, work)


def test_what_was_given_up_is_listed_and_delivered_again(config: str) -> None:
    assert answer("deliveries", "list", "--config", config)["deliveries"] == []
    letter = give_up(config)

    listed = answer("deliveries", "list", "--config", config, code=1)["deliveries"]
    assert answer("deliveries", "again", letter, "--dry-run", "--config", config) == {
        "schema": 1,
        "id": letter,
        "due": False,
    }
    answer("deliveries", "again", letter, "--config", config)

    assert [row["id"] for row in listed] == [letter]
    assert answer("deliveries", "list", "--config", config)["deliveries"] == []
    assert gate("deliveries", "again", letter, "--config", config).exit_code == 3
