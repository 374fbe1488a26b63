"""Changed settings for a gateway that runs: taken up only if a start with them would succeed (F-UPG-04).

Workers read the text that was checked, and not the file: a file that somebody is still editing reaches nobody.
"""

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.admin import keyring
from gateway.admin.acts import Act
from gateway.audit import AuditAction, AuditEvent
from gateway.config import ConfigurationError, Settings, parse, read_text
from gateway.oidc.ports import StoreUnavailableError
from gateway.product import utc_now
from gateway.settings_changes import refusal
from gateway.store.open import SchemaError, open_stores
from gateway.store.vault import KeyNotHeldError

TEXT: Final = "GATE_SETTINGS"
"""The environment variable with the settings in force, from a running gateway to its own workers."""

_LOG: Final = logging.getLogger("gateway.settings")
_SECONDS: Final = 60.0
_KEY: Final = re.compile(r"\bsettings? ([a-z0-9_]+(?:\.[a-z0-9_]+)*)")


def in_force(path: Path) -> Settings:
    """The settings that a worker is to use: those that its gateway has checked, else those of the file."""
    text = os.environ.get(TEXT)
    return parse(read_text(path) if text is None else text, path)


@dataclass(slots=True)
class Reload:
    """The settings in force of one running gateway, and where changed ones come from."""

    path: Path
    text: str = field(repr=False)
    settings: Settings

    @classmethod
    def at(cls, path: Path) -> "Reload":
        """Begin with what the file holds now."""
        text = read_text(path)
        return cls(path, text, parse(text, path))

    def wanted(self) -> "Reload | None":
        """The settings of the file, if they may be taken up; else none, the old ones stay, and it is told why."""
        try:
            text = read_text(self.path)
            after = Reload(self.path, text, parse(text, self.path))
            problem = refusal(self.settings, after.settings) or rehearsed(self.path, text)
        except ConfigurationError as error:
            problem = str(error)
        if problem is None:
            return after
        self.refused(problem)
        return None

    def refused(self, problem: str) -> None:
        """Tell why the old settings stay in force."""
        _LOG.error("the settings are not taken up, the old ones stay in force: %s", problem)
        key = _KEY.search(problem)
        self._put_on_record(AuditAction.SETTINGS_REFUSED, "file" if key is None else key[1])

    def taken_up(self, after: "Reload") -> None:
        """Tell that every worker has the new settings, or is about to."""
        self.text, self.settings = after.text, after.settings
        _LOG.info("the settings of %s are in force", self.path.name)
        self._put_on_record(AuditAction.SETTINGS_RELOADED, "all")

    def _put_on_record(self, action: AuditAction, about: str) -> None:
        event = Act("gateway", utc_now()).event(action, about=about)
        try:
            asyncio.run(_append(self.settings, event))
        except (StoreUnavailableError, SchemaError, KeyNotHeldError, ConfigurationError) as error:
            _LOG.warning("%s could not be put on record: %s", action.value, error)


def rehearsed(path: Path, text: str) -> str | None:
    """What a start with the settings would fail at, tried in a process of its own; none if at nothing."""
    command = [sys.executable, "-m", "gateway.cli", "config", "check", "--json", "--config", str(path)]
    try:
        ended = subprocess.run(  # noqa: S603 - our own program, no words from outside
            command, env={**os.environ, TEXT: text}, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "the check took too long"
    return None if ended.returncode == 0 else _first_problem(ended.stdout, ended.stderr)


def _first_problem(told: str, complained: str) -> str:
    try:
        checks = json.loads(told)["checks"]
        return next(f"{check['check']}: {check['problem']}" for check in checks if check["problem"])
    except (ValueError, LookupError, StopIteration, TypeError):
        lines = complained.strip().splitlines() or ["the check ended without a word"]
        return lines[-1].removeprefix("gate: ")


async def _append(settings: Settings, event: AuditEvent) -> None:
    keys = keyring.load(settings.keys_dir)
    stores = await open_stores(
        settings.storage.database_url, pool_size=1, sealing_keys=keys.sealing_keys, index_keys=keys.index_keys
    )
    try:
        await stores.audit.append(event)
    finally:
        await stores.aclose()
