"""``gate serve`` and ``gate version``."""

import logging
import os
import platform
import sys
from typing import Annotated

import typer

from gateway.app import Application, create_app, product_version
from gateway.cli.output import AsJson, ConfigFile, show
from gateway.config import load, settings_path

_LOG_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def serve(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default from the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default from the settings.")] = None,
) -> None:
    """Run the gateway until it is told to stop."""
    import uvicorn  # noqa: PLC0415 - only this verb needs a server, and every verb should start fast

    from gateway.web.head_limit import BoundedHttpProtocol  # noqa: PLC0415 - the same

    path = settings_path(config)
    settings = load(path)
    os.environ["GATE_CONFIG"] = str(path)
    server = settings.server
    uvicorn.run(
        "gateway.cli.serve:application",
        factory=True,
        host=host or server.host,
        port=port or server.port,
        workers=server.workers if server.workers > 1 else None,
        proxy_headers=bool(server.trusted_proxies),
        forwarded_allow_ips=list(server.trusted_proxies) or None,
        server_header=False,
        date_header=True,
        access_log=False,  # its lines would carry codes and states (G17)
        http=BoundedHttpProtocol,
        timeout_graceful_shutdown=10,
        log_level="info",
    )


def application() -> Application:
    """What each server process loads."""
    logging.basicConfig(level=logging.INFO, format=_LOG_LINE, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines would carry whole addresses (GD-07)
    return create_app(load(settings_path()))


def version(as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Say which version this is."""
    show({"gate": product_version(), "python": platform.python_version()}, as_json=as_json)
