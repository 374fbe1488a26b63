"""One mock is started from a settings file."""

import json

import pytest

from mock_idps import run

SETTINGS = {
    "hong_kong": {
        "base_url": "http://127.0.0.1:8001",
        "clients": [
            {
                "client_id": "3f5c0e8b7a0145d0b6c2a19d4e77c001",
                "client_secret": "gba-test-secret-0001",
                "name": "Gateway",
                "redirect_uris": ["http://127.0.0.1:8000/callback/hong-kong"],
            }
        ],
    }
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mocks.json"
    path.write_text(json.dumps(SETTINGS), encoding="utf-8")
    return path


def test_the_place_named_is_served_on_the_port_named(file, monkeypatch):
    served = []
    monkeypatch.setattr(run.uvicorn, "run", lambda app, **options: served.append((app, options)))

    run.main(["hong_kong", "--port", "8001", "--config", str(file)])

    [(app, options)] = served
    assert app.state.simulation.config.base_url == "http://127.0.0.1:8001"
    assert (options["host"], options["port"], options["access_log"]) == ("127.0.0.1", 8001, False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["hong_kong", "--config", "FILE"],
        ["atlantis", "--port", "1", "--config", "FILE"],
        ["macao", "--port", "1", "--config", "FILE"],
        ["hong_kong", "--port", "1", "--config", "nowhere.json"],
    ],
)
def test_a_wrong_command_line_is_refused_without_a_trace(file, arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        run.main([str(file) if word == "FILE" else word for word in arguments])

    assert stopped.value.code == 2
    assert "gba-test-secret" not in capsys.readouterr().err


@pytest.mark.parametrize("content", ["not json", "[]", '{"hong_kong": 5}', '{"hong_kong": {"base_url": 5}}'])
def test_a_wrong_settings_file_is_refused(tmp_path, content):
    path = tmp_path / "mocks.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(SystemExit):
        run.main(["hong_kong", "--port", "1", "--config", str(path)])
