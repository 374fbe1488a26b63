"""What a relying party does at the registration endpoint, for the tests of it (RFC 7591, RFC 7592)."""

import json
from typing import Any

import pytest

from gateway.oidc import dynamic_registration
from gateway.oidc.errors import OAuthError
from tests.gateway.oidc.fakes import signing_key
from tests.gateway.oidc.registrar_fakes import Stage, asked, body

JWKS: dict[str, Any] = {"keys": [signing_key(name="client").public_jwk()]}


async def register(stage: Stage, **changes: Any) -> dict[str, Any]:
    return await dynamic_registration.register(body(**changes), asked(), stage.op, stage.registrar)


async def update(stage: Stage, known: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A PUT of what is known, with changes; the members of our answers alone are left out."""
    sent = {name: value for name, value in known.items() if not name.startswith(("registration_", "client_secret"))}
    sent.pop("client_id_issued_at")
    members = {name: value for name, value in (sent | changes).items() if value is not None}
    call = asked(known["registration_access_token"], method="PUT")
    return await dynamic_registration.update(
        known["client_id"], json.dumps(members).encode(), call, stage.op, stage.registrar
    )


async def refusal(stage: Stage, **changes: Any) -> OAuthError:
    with pytest.raises(OAuthError) as refused:
        await register(stage, **changes)
    assert stage.clients == []
    assert stage.registry.uses_left == 3
    assert refused.value.description.isascii()
    return refused.value
