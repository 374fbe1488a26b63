"""A person with a card who is signed in, for the suites on what people and operators may end."""

from dataclasses import replace
from typing import Final

from gateway.broker.ports import Anchor, Recognition
from gateway.store.open import Stores
from tests.contracts.stores.builders import (
    BIRTHDATE,
    COOKIE,
    NOW,
    TOKEN_TEXT,
    World,
    a_consent,
    a_session,
    accepting,
    digest,
)
from tests.contracts.stores.desk import Desk, verified

ANCHOR: Final = Anchor(BIRTHDATE, "hkid:A1234563")


async def arrive(stores: Stores, name: str = "person-1") -> tuple[str, Recognition]:
    """Let somebody come back from Hong Kong's provider."""
    return await stores.sign_ins.subject("hong_kong", name, ANCHOR, NOW, "c0rrelation")


async def signed_in(world: World) -> World:
    """The world of a person with a card, a session, a consent and a spent code."""
    subject_id, _ = await arrive(world.stores)
    here = replace(world, subject_id=subject_id)
    code, _ = await here.sign_in(new_session=a_session(subject_id), consent=a_consent(subject_id))
    assert await here.stores.tokens.redeem(code.hash, NOW, accepting()) is not None
    return here


async def is_signed_in(world: World) -> tuple[bool, bool]:
    """Whether the session, and the token of the first sign-in, still live."""
    session = await world.stores.sign_ins.session(COOKIE, NOW)
    token = await world.stores.tokens.find_access_token(digest(TOKEN_TEXT), NOW)
    return session is not None, token is not None


async def tie(world: World) -> None:
    """Record a number for the person, and release it to the client."""
    await Desk(world.stores).resolve(world.subject_id, verified())
    await world.sign_in(9, releases_number=True)
