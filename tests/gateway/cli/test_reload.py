"""Changed settings for a gateway that runs: good ones are taken up, bad ones change nothing and are named (F-UPG-04)."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from gateway.audit import AuditAction
from gateway.cli import reload, serving
from gateway.cli.reload import TEXT, Reload, in_force
from gateway.cli.serving import LISTENER, OneWorker, Workers

GOOD = '[lifetimes]\naccess_token = "5m"\n'


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[AuditAction, str]]:
    """What was put on record, without a database."""
    events: list[tuple[AuditAction, str]] = []

    async def append(_: Any, event: Any) -> None:
        events.append((event.action, event.details["about"]))

    monkeypatch.setattr(reload, "_append", append)
    return events


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """Say what the check in a process of its own finds."""

    def finds(problem: str | None) -> None:
        monkeypatch.setattr(reload, "rehearsed", lambda _path, _text: problem)

    finds(None)
    return finds


@pytest.fixture
def running(config: str) -> Reload:
    return Reload.at(Path(config))


def change(running: Reload, text: str) -> None:
    running.path.write_text(running.text + text, encoding="utf-8")


@pytest.mark.usefixtures("recorded", "checked")
def test_good_settings_are_wanted_and_nothing_is_in_force_before_they_are_taken_up(running: Reload) -> None:
    change(running, GOOD)

    after = running.wanted()

    assert after is not None
    assert after.settings.lifetimes.access_token.total_seconds() == 300
    assert running.settings.lifetimes.access_token.total_seconds() == 600


def test_settings_that_were_taken_up_are_in_force_and_on_record(
    running: Reload, recorded: list[tuple[AuditAction, str]], checked: Callable[[str | None], None]
) -> None:
    checked(None)
    change(running, GOOD)
    after = running.wanted()
    assert after is not None

    running.taken_up(after)

    assert running.settings == after.settings
    assert recorded == [(AuditAction.SETTINGS_RELOADED, "all")]


@pytest.mark.attack("F-UPG-04")
@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("[lifetimes\n", "file"),
        ("[lifetimes]\nacess_token = 1\n", "lifetimes.acess_token"),
        ('[lifetimes]\nauthorization_code = "2m"\n', "lifetimes.authorization_code"),
        ("[server]\nport = 8443\n", "server.port"),
        ('[providers.macao]\nclient_secret_file = "gone"\n', "file"),
    ],
)
@pytest.mark.usefixtures("checked")
def test_f_upg_04_bad_settings_change_nothing_and_are_told_by_their_key(
    running: Reload, recorded: list[tuple[AuditAction, str]], text: str, about: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = running.settings
    change(running, text)

    with caplog.at_level(logging.ERROR, logger="gateway.settings"):
        assert running.wanted() is None

    assert running.settings == before
    assert recorded == [(AuditAction.SETTINGS_REFUSED, about)]
    assert "the old ones stay in force" in caplog.text


@pytest.mark.attack("F-UPG-04")
def test_f_upg_04_settings_with_which_a_start_would_fail_are_refused(
    running: Reload, recorded: list[tuple[AuditAction, str]], checked: Callable[[str | None], None]
) -> None:
    checked("providers: setting providers.macao.base_url is missing")
    change(running, GOOD)

    assert running.wanted() is None

    assert recorded == [(AuditAction.SETTINGS_REFUSED, "providers.macao.base_url")]


@pytest.mark.usefixtures("checked")
def test_a_database_that_is_away_keeps_nobody_from_the_right_answer(running: Reload) -> None:
    change(running, "[server]\nport = 8443\n")
    (running.path.parent / "gateway.sqlite3").unlink()

    assert running.wanted() is None


def test_a_worker_uses_the_text_that_was_checked_and_not_the_file(
    running: Reload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TEXT, running.text)
    change(running, "[lifetimes\n")

    assert in_force(running.path) == running.settings


@pytest.mark.parametrize(
    ("told", "complained", "problem"),
    [
        ('{"checks":[{"check":"keys","problem":null},{"check":"rules","problem":"no"}]}', "", "rules: no"),
        ("", "gate: settings file is not TOML", "settings file is not TOML"),
        ("{}", "", "the check ended without a word"),
        ('{"checks":[]}', "Killed", "Killed"),
    ],
)
def test_the_first_thing_that_a_check_finds_is_told(told: str, complained: str, problem: str) -> None:
    assert reload._first_problem(told, complained) == problem


class Process:
    """A worker process that comes up, or does not."""

    def __init__(self, name: str) -> None:
        self.name = name


class Team(Workers):
    """Workers whose replacement is done by the test."""

    comes_up = True

    def __init__(self, running: Reload) -> None:
        super().__init__(Config("x:y", workers=2), [], running, lambda _: Config("x:y", workers=2))
        self.processes = [Process("old 1"), Process("old 2")]  # type: ignore[list-item]  # stand-ins
        self.texts: list[str] = []

    def restart_all(self) -> None:
        self.texts.append(os.environ[TEXT])
        self.processes[0] = Process("new 1")  # type: ignore[call-overload]  # the same
        if self.comes_up:
            self.processes[1] = Process("new 2")  # type: ignore[call-overload]  # the same


@pytest.fixture
def team(running: Reload, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setattr(Multiprocess, "__init__", initialise)
    monkeypatch.setenv(TEXT, running.text)
    return Team(running)


def initialise(workers: Multiprocess, config: Config, sockets: list[socket.socket]) -> None:
    """Without signals, which belong to the test runner."""
    workers.config, workers.sockets = config, sockets


@pytest.mark.usefixtures("checked")
def test_several_workers_are_replaced_when_the_settings_are_good(
    team: Team, running: Reload, recorded: list[tuple[AuditAction, str]]
) -> None:
    change(running, GOOD)

    team.handle_hup()

    assert len(team.texts) == 1
    assert team.texts[0].endswith(GOOD)
    assert running.text.endswith(GOOD)
    assert recorded == [(AuditAction.SETTINGS_RELOADED, "all")]


@pytest.mark.attack("F-UPG-04")
@pytest.mark.usefixtures("checked", "recorded")
def test_f_upg_04_no_worker_is_replaced_when_the_settings_are_bad(team: Team, running: Reload) -> None:
    change(running, "[lifetimes\n")

    team.handle_hup()

    assert team.texts == []
    assert os.environ[TEXT] == running.text


@pytest.mark.usefixtures("checked")
def test_a_worker_that_does_not_come_up_ends_the_round_and_later_ones_get_what_was_in_force(
    team: Team, running: Reload, recorded: list[tuple[AuditAction, str]]
) -> None:
    team.comes_up = False
    before, config = running.text, team.config
    change(running, GOOD)

    team.handle_hup()

    assert (running.text, os.environ[TEXT]) == (before, before)
    assert team.config is config
    assert recorded == [(AuditAction.SETTINGS_REFUSED, "file")]


@pytest.mark.usefixtures("checked", "recorded")
async def test_one_worker_gives_way_when_the_settings_are_good_and_stays_when_they_are_bad(running: Reload) -> None:
    worker = OneWorker(Config("x:y"), running)
    change(running, "[lifetimes\n")
    await asked(worker)
    stayed = not worker.should_exit

    change(running, GOOD)
    await asked(worker)

    assert stayed
    assert worker.gives_way
    assert worker.should_exit


async def asked(worker: OneWorker) -> None:
    """Let the signal come, and wait for what comes of it."""
    worker._ask()
    assert worker._asking is not None
    await worker._asking


@pytest.mark.usefixtures("checked")
async def test_a_signal_that_comes_during_a_look_is_not_lost(
    running: Reload, recorded: list[tuple[AuditAction, str]]
) -> None:
    worker = OneWorker(Config("x:y"), running)
    change(running, "[lifetimes\n")

    worker._ask()
    assert worker._asking is not None
    await asyncio.sleep(0)  # the look has begun
    worker._ask()
    await worker._asking

    assert recorded == [(AuditAction.SETTINGS_REFUSED, "file")] * 2


def test_a_listener_that_was_left_behind_is_taken_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv(LISTENER, str(listener.dup().detach()))

        inherited = serving._inherited()

        assert inherited is not None
        with inherited:
            assert inherited.getsockname() == listener.getsockname()
    assert serving._inherited() is None
    assert signal.SIGHUP.name == "SIGHUP"
