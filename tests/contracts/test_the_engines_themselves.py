"""The servers that stand behind the storage suites are real, fresh for every test, and loud when missing."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import create_engine, make_url, text

from tests import engine_programs, engines
from tests.engines import PostgresServer, ValkeyServer
from tests.server_process import ServerStartError, new_home, spawn

SEEN: list[str] = []


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_gets_an_empty_database_of_its_own(postgres_url: str, turn: str) -> None:
    SEEN.append(postgres_url)
    engine = create_engine(postgres_url)

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE traces (left_behind integer)"))
    engine.dispose()

    assert len(set(SEEN)) == len(SEEN)


def test_postgresql_is_recent_enough_to_be_the_one_we_support(postgres_url: str) -> None:
    engine = create_engine(postgres_url)

    with engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    engine.dispose()

    assert version >= 150000


def test_a_database_made_from_a_template_holds_what_the_template_holds(postgres: PostgresServer) -> None:
    def prepare(url: str) -> None:
        with psycopg.connect(libpq(url), autocommit=True) as connection:
            connection.execute("CREATE TABLE ready (n integer)")

    template = postgres.create_template(prepare)
    url = postgres.create_database(template)

    with psycopg.connect(libpq(url)) as connection:
        assert connection.execute("SELECT count(*) FROM ready").fetchone() == (0,)
    postgres.drop_database(url)
    postgres.drop_database(postgres.url_for(template))


def test_a_dropped_database_is_gone_even_for_those_still_connected(postgres: PostgresServer) -> None:
    url = postgres.create_database()
    connection = psycopg.connect(libpq(url))

    postgres.drop_database(url)

    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_every_test_gets_an_empty_key_space(valkey_url: str, turn: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        found = client.dbsize()
        client.set("trace", turn)

    assert found == 0


def test_the_servers_do_not_run_as_root(postgres: PostgresServer, valkey: ValkeyServer) -> None:
    ours = [server.process.handle.pid for server in (postgres, valkey) if server.process is not None]

    assert all(Path(f"/proc/{pid}").stat().st_uid != 0 for pid in ours if Path("/proc").exists())


def test_a_server_named_by_the_environment_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_TEST_DATABASE_URL", "postgresql://tester:secret@127.0.0.1:5999/postgres")
    monkeypatch.setenv("GATE_TEST_REDIS_URL", "redis://127.0.0.1:5998/0")

    database, accelerator = engines.start_postgres(), engines.start_valkey()

    assert database.url_for("x") == "postgresql+psycopg://tester:secret@127.0.0.1:5999/x"
    assert database.process is None
    assert accelerator == ValkeyServer("redis://127.0.0.1:5998/0")


def test_without_any_server_the_run_fails_with_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_programs, "_package_folder", lambda _: None)
    monkeypatch.setattr(engine_programs, "DEBIAN_POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))

    for start, variable in (
        (engines.start_postgres, "GATE_TEST_DATABASE_URL"),
        (engines.start_valkey, "GATE_TEST_REDIS_URL"),
    ):
        monkeypatch.delenv(variable, raising=False)
        with pytest.raises(engine_programs.EngineMissingError, match=variable):
            start()


def test_a_server_that_does_not_start_is_reported_with_its_last_words_and_leaves_nothing_behind() -> None:
    home = new_home("silent")
    process = spawn(["/bin/sh", "-c", "echo the disk is full; exit 1"], home, signal.SIGTERM)

    with pytest.raises(ServerStartError, match="the disk is full"):
        process.wait_until(lambda: False)

    assert not home.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell a child that its parent died")
def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import os, signal, time; from tests.server_process import *; home = new_home('orphan');"
        "server = spawn(['/bin/sleep', '600'], home, signal.SIGTERM); print(server.handle.pid, home, flush=True);"
        "os._exit(0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    pid, home = done.stdout.split()
    Path(home, "log").unlink()
    Path(home).rmdir()

    assert is_gone(int(pid))


def libpq(url: str) -> str:
    """Write a URL the way the driver itself reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def is_gone(pid: int) -> bool:
    """Wait for the end of a process, which the system announces on its file descriptor."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([descriptor], [], [], 10)
    os.close(descriptor)
    return bool(ended)
