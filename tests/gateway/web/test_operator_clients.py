"""Every chore of ``gate client`` and ``gate deliveries`` has its twin in the operator API."""

from typing import Any

import pytest

from gateway.web.operator_routes import OPERATIONS
from tests.gateway.web.office import Office

SHOP: dict[str, Any] = {"client_name": "Ferry", "redirect_uris": ["https://ferry.example/cb"]}


async def a_ferry(office: Office, **metadata: Any) -> dict[str, Any]:
    response = await office.post("/v1/clients", client_id="ferry", metadata=SHOP | metadata)
    assert response.status_code == 200, response.text
    told: dict[str, Any] = response.json()
    return told


async def shown(office: Office) -> dict[str, Any]:
    told: dict[str, Any] = (await office.get("/v1/clients/one", client_id="ferry")).json()
    return told


async def test_a_client_is_made_shown_and_listed_with_its_secret_only_once(office: Office) -> None:
    told = await a_ferry(office, gba_purpose="travel", grant_types=["authorization_code", "refresh_token"])

    again = await shown(office)
    listed = (await office.get("/v1/clients", limit="1000")).json()["clients"]

    assert len(told["client_secret"]) == 43
    assert "client_secret" not in again
    assert (again["purpose"], again["grant_types"]) == ("travel", ["authorization_code", "refresh_token"])
    assert "ferry" in {client["client_id"] for client in listed}


async def test_a_client_is_changed_rotated_and_switched_off(office: Office) -> None:
    told = await a_ferry(office, gba_purpose="travel")

    await office.post("/v1/clients/update", client_id="ferry", metadata={"client_name": "New"}, clear=["purpose"])
    rotated = await office.post("/v1/clients/rotate-secret", client_id="ferry", overlap_hours=2)
    at_once = await office.post("/v1/clients/rotate-secret", client_id="ferry", now=True)
    off = await office.post("/v1/clients/disable", client_id="ferry", reason="case 17")

    now = await shown(office)
    assert (now["client_name"], now["purpose"], now["active"]) == ("New", "", False)
    assert rotated.json()["client_secret"] != told["client_secret"]
    assert rotated.json()["retiring_secret_until"] is not None
    assert at_once.json()["retiring_secret_until"] is None
    assert off.json() == {"client_id": "ferry", "active": False, "dry_run": False}


async def test_a_dry_run_changes_nothing_and_shows_no_secret(office: Office) -> None:
    dry = await office.post("/v1/clients", client_id="ferry", metadata=SHOP, dry_run=True)
    assert (dry.status_code, "client_secret" in dry.json()) == (200, False)
    assert (await office.get("/v1/clients/one", client_id="ferry")).status_code == 404
    await a_ferry(office)

    await office.post("/v1/clients/update", client_id="ferry", metadata={"client_name": "New"}, dry_run=True)
    rotated = await office.post("/v1/clients/rotate-secret", client_id="ferry", dry_run=True)
    await office.post("/v1/clients/disable", client_id="ferry", dry_run=True)

    assert "client_secret" not in rotated.json()
    assert (await shown(office))["client_name"] == "Ferry"
    assert (await shown(office))["active"]


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/v1/clients", {"metadata": SHOP | {"redirect_uris": ["javascript:x"]}}, 400, "redirect_uris"),
        ("/v1/clients", {"metadata": SHOP | {"scope": 7}}, 400, "scope"),
        ("/v1/clients", {"metadata": SHOP | {"scope": "email"}}, 400, "scope"),
        ("/v1/clients", {"metadata": []}, 400, "metadata must be an object"),
        ("/v1/clients", {"metadata": SHOP, "client_id": "shop"}, 409, "taken"),
        ("/v1/clients", {"metadata": SHOP, "client_id": 7}, 400, "client_id"),
        ("/v1/clients/update", {"client_id": "nobody", "metadata": {}}, 404, ""),
        ("/v1/clients/update", {"metadata": {}}, 400, "client_id is missing"),
        ("/v1/clients/update", {"client_id": "shop", "clear": ["client_name"]}, 400, "client_name"),
        ("/v1/clients/update", {"client_id": "shop", "clear": "purpose"}, 400, "clear must be a list"),
        ("/v1/clients/rotate-secret", {"client_id": "shop"}, 400, "token_endpoint_auth_method"),
        ("/v1/clients/rotate-secret", {"client_id": "nobody"}, 404, ""),
        ("/v1/clients/disable", {"client_id": "nobody"}, 404, ""),
        ("/v1/clients/tokens", {"name": "Two words"}, 400, "a name is"),
        ("/v1/clients/tokens", {"name": "x", "profile": "lax"}, 400, "profile must be"),
        ("/v1/clients/tokens", {"name": "x", "days": 1000}, 400, "days"),
        ("/v1/clients/tokens/revoke", {"name": "nobody"}, 404, ""),
        ("/v1/deliveries/nothing/again", {}, 404, ""),
    ],
)
async def test_what_cannot_be_done_is_said_in_the_apis_one_shape(
    office: Office, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    response = await office.post(path, **body)

    assert response.status_code == status
    assert words in response.json()["error_description"]
    assert "javascript" not in response.text


async def test_a_key_set_may_be_larger_than_other_bodies(office: Office) -> None:
    told = await a_ferry(office, jwks_uri="https://ferry.example/jwks", contacts=["x" * 250 for _ in range(1)])
    large = SHOP | {"jwks": {"keys": [], "padding": "x" * 10_000}}

    refused = await office.post("/v1/clients", metadata=large)
    too_large = await office.post("/v1/clients/disable", client_id="ferry", reason="x" * 5000)

    assert told["contacts"] == ["x" * 250]
    assert "jwks" in refused.json()["error_description"]
    assert too_large.status_code == 413


async def test_a_reader_looks_and_changes_nothing(office: Office) -> None:
    listed = await office.get("/v1/clients")
    refused = await office.http.post("/v1/clients", json={"metadata": SHOP}, headers=office.reader)

    assert listed.status_code == 200
    assert refused.status_code == 403


async def test_initial_access_tokens_are_made_listed_and_taken_back(office: Office) -> None:
    made = await office.post("/v1/clients/tokens", name="harbour-board", scope="profile", uses=2, purpose="travel")

    listed = await office.get("/v1/clients/tokens")
    revoked = await office.post("/v1/clients/tokens/revoke", name="harbour-board")
    dry = await office.post("/v1/clients/tokens", name="other", dry_run=True)

    assert len(made.json()["token"]) == 43
    assert made.json()["token"] not in listed.text
    assert listed.json()["tokens"][0]["uses_left"] == 2
    assert revoked.json()["revoked"] is True
    assert "token" not in dry.json()
    assert (await office.post("/v1/clients/tokens", name="harbour-board")).status_code == 409


async def test_deliveries_that_were_given_up_can_be_looked_at(office: Office) -> None:
    assert (await office.get("/v1/deliveries")).json() == {"deliveries": []}


def test_every_chore_has_its_twin() -> None:
    paths = {(one.method, one.path) for one in OPERATIONS}

    assert {
        ("POST", "/v1/clients"),
        ("POST", "/v1/clients/update"),
        ("POST", "/v1/clients/rotate-secret"),
        ("POST", "/v1/clients/disable"),
        ("GET", "/v1/clients"),
        ("GET", "/v1/clients/one"),
        ("POST", "/v1/clients/tokens"),
        ("GET", "/v1/clients/tokens"),
        ("POST", "/v1/clients/tokens/revoke"),
        ("GET", "/v1/deliveries"),
        ("POST", "/v1/deliveries/{id}/again"),
    } <= paths
