"""The demo as a process tree, and the scripted sign-in against it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from mock_idps.personas import PERSONAS
from tests.demo_process import ROOT, Demo, free_block, running_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def login(*arguments: str, port: int) -> Result:
    """``gate login try`` in this process; that its exit code is a process's own is shown where nobody answers."""
    return CliRunner().invoke(app, ["login", "try", *arguments], env={"GATE_PORT": str(port)})


@pytest.mark.parametrize(
    ("provider", "person", "kind"),
    [
        ("hong-kong", "chan-siu-ming", "surrogate"),
        ("macao", next(p.id for p in PERSONAS if p.home == "macao" and p.residence_permit), "residence_permit"),
        ("guangdong", next(p.id for p in PERSONAS if p.home == "guangdong" and p.gd_level == "L3"), "resident_id"),
    ],
)
def test_a_scripted_sign_in_prints_verified_claims(demo: Demo, provider: str, person: str, kind: str) -> None:
    done = login("--provider", provider, "--person", person, "--json", port=demo.first)

    assert done.exit_code == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["userinfo"]["gba_cn_id"]["kind"] == kind
    assert result["userinfo"]["sub"] == result["claims"]["sub"]
    assert {"sign_in_ms", "token_ms", "userinfo_ms", "total_ms"} <= result["timings"].keys()


def test_a_person_whom_the_provider_does_not_know_is_exit_code_4(demo: Demo) -> None:
    done = login("--provider", "macao", "--person", "nobody", port=demo.first)

    assert done.exit_code == 4
    assert "persona" in done.stderr


def test_a_gateway_that_does_not_answer_is_exit_code_4() -> None:
    command = [sys.executable, "-m", "gateway.cli", "login", "try", "--provider", "macao"]
    environment = os.environ | {"GATE_PORT": str(free_block())}

    done = subprocess.run(command, env=environment, capture_output=True, cwd=ROOT, check=False, timeout=60)

    assert done.returncode == 4


def test_a_taken_port_is_named_with_what_to_do(demo: Demo) -> None:
    environment = os.environ | {"GATE_PORT": str(demo.first)}
    done = subprocess.run(
        [sys.executable, "scripts/demo.py"],
        env=environment,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=60,
    )

    assert done.returncode == 3
    assert str(demo.first) in done.stdout
    assert "GATE_PORT=" in done.stdout


def test_ctrl_c_stops_everything_cleanly(demo: Demo) -> None:
    """The last test of this file: nobody needs the demo any more."""
    demo.process.send_signal(signal.SIGINT)
    output, _ = demo.process.communicate(timeout=20)

    assert demo.process.returncode == 0
    assert "stopping" in output
    for offset in range(8):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", demo.first + offset)) != 0
