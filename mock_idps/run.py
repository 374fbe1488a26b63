"""Run one mock under uvicorn: `python -m mock_idps.run hong_kong --port 8001 --config FILE`."""

import argparse
import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette

PLACES: Final = {
    "hong_kong": ("mock_idps.hong_kong", "HongKongConfig"),
    "macao": ("mock_idps.macao", "MacaoConfig"),
    "guangdong": ("mock_idps.guangdong", "GuangdongConfig"),
    "authority": ("mock_idps.authority.app", "AuthorityConfig"),
    "trust_anchor": ("mock_idps.trust_anchor", "TrustAnchorConfig"),
}
GRACE_SECONDS: Final = 3


def build(place: str, settings: Any) -> Starlette:
    """Build the application of a place from its block of the settings file."""
    if not isinstance(settings, dict) or not isinstance(settings.get(place), dict):
        raise ValueError(f"the settings have no block named {place}")  # noqa: TRY004 - one exception type for a wrong file
    package, config = PLACES[place]
    module = import_module(package)
    app: Starlette = module.create_app(getattr(module, config).from_json(settings[place]))
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m mock_idps.run", description="Run one simulated world.")
    parser.add_argument("place", choices=sorted(PLACES))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--config", type=Path, required=True, help="JSON file with one block for each place")
    options = parser.parse_args(arguments)
    try:
        app = build(options.place, json.loads(options.config.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        parser.error(f"cannot use the settings file: {error}")
    uvicorn.run(
        app,
        host=options.host,
        port=options.port,
        access_log=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
