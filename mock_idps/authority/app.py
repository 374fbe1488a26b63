"""Serves the simulated authorities: status, lists, timestamps, and the desk where samples are signed."""

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.applications import Starlette

from mock_idps.authority.config import AuthorityConfig
from mock_idps.authority.desk import Desk
from mock_idps.authority.services import SCENARIOS, Services
from mock_idps.authority.world import World
from mock_idps.personas import PERSONAS
from mock_idps.switchboard import Switchboard

__all__ = ["AuthorityConfig", "create_app"]


def _clock() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def create_app(
    config: AuthorityConfig,
    *,
    world: World | None = None,
    now: Callable[[], datetime] = _clock,
) -> Starlette:
    """Build the authorities with keys of their own, as of now."""
    made = world or World.make(now(), config.seed, base_url=config.base_url)
    board = Switchboard("authority", SCENARIOS, people=PERSONAS)
    app = Starlette(routes=[*Services(made, board, now).routes(), *Desk(made, now).routes(), *board.routes()])
    app.state.world = made
    app.state.switchboard = board
    return app
