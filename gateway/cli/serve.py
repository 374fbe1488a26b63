"""``gate serve``, ``gate serve-operators`` and ``gate version``."""

import logging
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.output import AsJson, ConfigFile, Exit, show, stop
from gateway.cli.reload import Reload, in_force
from gateway.config import Server, Settings, settings_path
from gateway.product import product_version, utc_now
from gateway.web.tls import TlsFiles, TlsFilesError, development_certificate, for_uvicorn, server_context

if TYPE_CHECKING:
    from gateway.app import Application

_LOG_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def serve(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default from the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default from the settings.")] = None,
    tls: Annotated[  # noqa: FBT002 - a flag of the command line
        bool,
        typer.Option(
            "--tls",
            help="Speak https: with server.tls_certificate, else in development with a self-signed certificate.",
        ),
    ] = False,
) -> None:
    """Run the gateway until it is told to stop."""

    def options(reload: Reload) -> dict[str, Any]:
        settings = reload.settings
        server = replace(settings.server, host=host or settings.server.host, port=port or settings.server.port)
        return _options("gateway.cli.serve:application", server, _tls_files(settings, asked=tls))

    _run(Reload.at(settings_path(config)), options)


def _tls_files(settings: Settings, *, asked: bool) -> TlsFiles | None:
    """The certificate that is configured, or one made for development, or none: then a proxy ends TLS."""
    server = settings.server
    if server.tls_certificate is not None and server.tls_key is not None:
        return TlsFiles(server.tls_certificate, server.tls_key, server.tls_client_ca)
    if not asked:
        return None
    if settings.environment != "development":
        stop("no certificate is configured: set server.tls_certificate and server.tls_key", Exit.PRECONDITION)
    if not settings.issuer.startswith("https://"):
        stop("the issuer is not an https address: nobody would find the gateway under it", Exit.PRECONDITION)
    return TlsFiles(*development_certificate(settings.keys_dir, settings.issuer, utc_now()), server.tls_client_ca)


def serve_operators(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default from the settings.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default from the settings.")] = None,
) -> None:
    """Run the operator API until it is told to stop: a process and a listener of its own."""

    def options(reload: Reload) -> dict[str, Any]:
        own = reload.settings.operator_api
        if own is None:
            stop("the operator API is off: the settings have no block [operator_api]", Exit.PRECONDITION)
        server = replace(reload.settings.server, host=host or own.host, port=port or own.port, workers=1)
        files = None
        if own.tls_certificate is not None and own.tls_key is not None:
            files = TlsFiles(own.tls_certificate, own.tls_key, own.tls_client_ca)
        return _options("gateway.cli.serve:operator_application", server, files)

    _run(Reload.at(settings_path(config)), options)


def _run(reload: Reload, options: Callable[[Reload], dict[str, Any]]) -> None:
    from gateway.cli import serving  # noqa: PLC0415 - only these verbs need a server, and every verb should start fast

    os.environ["GATE_CONFIG"] = str(reload.path)
    _log()
    serving.run(reload, options)


def _options(program: str, server: Server, files: TlsFiles | None) -> dict[str, Any]:
    """How the server is run."""
    from gateway.web.head_limit import BoundedHttpProtocol  # noqa: PLC0415 - only where something is served

    secured: dict[str, Any] = {}
    if files is not None:
        _check(files)
        secured["ssl_context_factory"] = partial(for_uvicorn, files)
    return {
        "app": program,
        "factory": True,
        "host": server.host,
        "port": server.port,
        "workers": server.workers,
        "proxy_headers": bool(server.trusted_proxies),
        "forwarded_allow_ips": list(server.trusted_proxies) or None,
        "server_header": False,
        "date_header": True,
        "access_log": False,  # its lines would carry codes and states (G17)
        "http": BoundedHttpProtocol,
        "timeout_graceful_shutdown": 10,
        "log_level": "info",
        **secured,
    }


def _check(files: TlsFiles) -> None:
    """Say what is wrong with a certificate here, not in the traceback of a worker."""
    try:
        server_context(files)
    except TlsFilesError as error:
        stop(str(error), Exit.PRECONDITION)


def application() -> "Application":
    """What each server process loads; here and not above, since no other verb needs the whole gateway."""
    from gateway.app import create_app  # noqa: PLC0415 - see above

    _log()
    return create_app(in_force(settings_path()))


def operator_application() -> "Application":
    """What the process of the operator API loads."""
    from gateway.app import create_operator_app  # noqa: PLC0415 - see above

    _log()
    return create_operator_app(in_force(settings_path()))


def _log() -> None:
    logging.basicConfig(level=logging.INFO, format=_LOG_LINE, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines would carry whole addresses (GD-07)


def version(as_json: AsJson = False) -> None:  # noqa: FBT002 - a flag of the command line
    """Say which version this is."""
    show({"gate": product_version(), "python": platform.python_version()}, as_json=as_json)
