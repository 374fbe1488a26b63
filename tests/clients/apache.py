"""A real Apache with mod_auth_openidc in front of one page: what many of the services at the counter are made of."""

import os
import secrets
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from tests.clients.apache_packages import root
from tests.clients.running_gateway import RunningGateway
from tests.server_process import ServerProcess, new_home, spawn

ROOT: Final = root()
"""Where Debian's packages apache2-bin and libapache2-mod-auth-openidc are, installed or unpacked."""
SERVER: Final = ROOT / "usr/sbin/apache2"
MODULES: Final = ROOT / "usr/lib/apache2/modules"
_LIBRARIES: Final = ROOT / "usr/lib/x86_64-linux-gnu"
_LOADED: Final = (
    *("mpm_event", "authn_core", "authz_core", "authz_user"),
    *("dir", "mime", "headers", "socache_shmcb", "ssl", "auth_openidc"),
)
_CONFIGURATION: Final = Template("""
ServerRoot "$home"
ServerName 127.0.0.1
PidFile "$home/pid"
DefaultRuntimeDir "$home"
ErrorLog "$home/errors"
LogLevel warn auth_openidc:info
TypesConfig /dev/null
$modules
Listen 127.0.0.1:$port
SSLEngine on
SSLCertificateFile "$home/certificate.pem"
SSLCertificateKeyFile "$home/key.pem"
DocumentRoot "$home/pages"
DirectoryIndex index.html

OIDCProviderMetadataURL $issuer/.well-known/openid-configuration
OIDCCABundlePath "$home/certificate.pem"
OIDCClientID $client_id
OIDCClientSecret $client_secret
OIDCRedirectURI $origin/members/callback
OIDCDefaultLoggedOutURL $origin/bye.html
OIDCCryptoPassphrase $passphrase
OIDCScope "openid profile cn_id"
OIDCPKCEMethod S256
$extra

<Location "/members">
  AuthType openid-connect
  Require valid-user
  Header set X-Issuer "expr=%{reqenv:OIDC_CLAIM_iss}"
  Header set X-Sub "expr=%{reqenv:OIDC_CLAIM_sub}"
  Header set X-Name "expr=%{reqenv:OIDC_CLAIM_name}"
</Location>
""")


def is_there() -> bool:
    """Whether this machine has the server and the module."""
    return SERVER.exists() and (MODULES / "mod_auth_openidc.so").exists()


@dataclass(frozen=True, slots=True)
class Apache:
    """One server with its folder: configured, then started."""

    gateway: RunningGateway
    client_id: str

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.gateway.free_port}"

    @property
    def members(self) -> str:
        """The page that wants to know who comes."""
        return f"{self.origin}/members/"

    @property
    def callback(self) -> str:
        return f"{self.origin}/members/callback"

    def start(self, client_secret: str, directives: Mapping[str, str], files: Mapping[str, bytes]) -> ServerProcess:
        """Write the configuration with more directives and files, and start the server as nobody in particular."""
        home = new_home("apache")
        certificate, key = self.gateway.certificate.read_bytes(), self.gateway.certificate_key.read_bytes()
        pages = {"pages/bye.html": b"Goodbye", "pages/members/index.html": b"Welcome"}
        content = {"certificate.pem": certificate, "key.pem": key, **pages, **files}
        content["httpd.conf"] = self._configuration(home, client_secret, directives).encode()
        for name, data in content.items():
            _write(home, name, data)
        library_path = f"LD_LIBRARY_PATH={_LIBRARIES}" if Path("/") != ROOT else "LC_ALL=C"
        command: list[str | Path] = ["/usr/bin/env", library_path, SERVER, "-DFOREGROUND", "-f", home / "httpd.conf"]
        process = spawn(command, home, signal.SIGTERM)
        process.wait_until(lambda: _listens(self.gateway.free_port))
        return process

    def _configuration(self, home: Path, client_secret: str, directives: Mapping[str, str]) -> str:
        return _CONFIGURATION.substitute(
            home=home,
            port=self.gateway.free_port,
            origin=self.origin,
            issuer=self.gateway.issuer,
            client_id=self.client_id,
            client_secret=client_secret,
            passphrase=secrets.token_urlsafe(24),
            modules="\n".join(f'LoadModule {name}_module "{MODULES}/mod_{name}.so"' for name in _LOADED),
            extra="\n".join(f"{name} {value}" for name, value in directives.items()).replace("$home", str(home)),
        )


def _write(home: Path, name: str, data: bytes) -> None:
    path, owner = home / name, home.stat()
    for folder in reversed(path.relative_to(home).parents[:-1]):
        (home / folder).mkdir(exist_ok=True)
    path.write_bytes(data)
    os.chown(path, owner.st_uid, owner.st_gid)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
