"""``gate serve``, ``gate serve-operators`` and ``gate version``."""

import logging
import os
import platform
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import Application, create_app, create_operator_app, product_version
from gateway.cli.output import AsJson, ConfigFile, Exit, show, stop
from gateway.config import Server, load, settings_path

_LOG_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def serve(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default from the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default from the settings.")] = None,
) -> None:
    """Run the gateway until it is told to stop."""
    path = settings_path(config)
    settings = load(path)
    server = settings.server
    _run("gateway.cli.serve:application", path, replace(server, host=host or server.host, port=port or server.port))


def serve_operators(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default from the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default from the settings.")] = None,
) -> None:
    """Run the operator API until it is told to stop: a process and a listener of its own."""
    path = settings_path(config)
    settings = load(path)
    if settings.operator_api is None:
        stop("the operator API is off: the settings have no block [operator_api]", Exit.PRECONDITION)
    own = settings.operator_api
    server = replace(settings.server, host=host or own.host, port=port or own.port, workers=1)
    _run("gateway.cli.serve:operator_application", path, server)


def _run(program: str, path: Path, server: Server) -> None:
    import uvicorn  # noqa: PLC0415 - only these verbs need a server, and every verb should start fast

    from gateway.web.head_limit import BoundedHttpProtocol  # noqa: PLC0415 - the same

    os.environ["GATE_CONFIG"] = str(path)
    uvicorn.run(
        program,
        factory=True,
        host=server.host,
        port=server.port,
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
    _log()
    return create_app(load(settings_path()))


def operator_application() -> Application:
    """What the process of the operator API loads."""
    _log()
    return create_operator_app(load(settings_path()))


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format=_LOG_LINE, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines would carry whole addresses (GD-07)


def version(as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Say which version this is."""
    show({"gate": product_version(), "python": platform.python_version()}, as_json=as_json)
