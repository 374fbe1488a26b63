"""The server processes: one worker, or several behind one listener, which take up changed settings on SIGHUP.

Several workers are replaced one after another, each by one that serves already. One worker alone ends in order and
becomes the same program anew, with the same process id and the same listener: connections wait for it meanwhile.
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from gateway.cli.reload import TEXT, Reload

LISTENER: Final = "GATE_LISTENER"
"""The environment variable with the number of a listener that a worker has left to itself."""
_READY_SECONDS: Final = 30
"""How long a new worker may take until it serves, and a busy one until it gives a sign of life."""

MakeConfig = Callable[[Reload], Config]


def run(reload: Reload, options: Callable[[Reload], dict[str, Any]]) -> None:
    """Serve until told to stop; ``options`` are those of the server for given settings."""

    def config_of(settings: Reload) -> Config:
        return Config(**options(settings), timeout_worker_healthcheck=_READY_SECONDS)

    config = config_of(reload)
    try:
        if config.workers > 1:
            os.environ[TEXT] = reload.text
            Workers(config, [config.bind_socket()], reload, config_of).run()
        else:
            _run_alone(config, reload)
    except KeyboardInterrupt:
        pass  # the signal that ends it has been handled


class Workers(Multiprocess):
    """Several workers; one that dies is replaced by another with the settings in force."""

    def __init__(self, config: Config, sockets: list[socket.socket], reload: Reload, config_of: MakeConfig) -> None:
        super().__init__(config, sockets)
        self._reload = reload
        self._config_of = config_of

    def handle_hup(self) -> None:
        """Replace the workers one after another, if the changed settings may be taken up."""
        after = self._reload.wanted()
        if after is None:
            return
        old_config, old_processes = self.config, list(self.processes)
        self.config, os.environ[TEXT] = self._config_of(after), after.text
        self.restart_all()
        if any(process in old_processes for process in self.processes):
            # A worker that does not come up ends the round; whoever has to be replaced later gets what was in force.
            self.config, os.environ[TEXT] = old_config, self._reload.text
            self._reload.refused("a worker with them did not come up in time")
        else:
            self._reload.taken_up(after)


class OneWorker(Server):
    """One worker alone, which can give its place to itself."""

    def __init__(self, config: Config, reload: Reload) -> None:
        super().__init__(config)
        self._reload = reload
        self._asking: asyncio.Task[None] | None = None
        self._is_asked = False
        self.gives_way = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, also for the signal."""
        await super().startup(sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._ask)

    def _ask(self) -> None:
        self._is_asked = True
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._answer())

    async def _answer(self) -> None:
        """Look at the settings until nobody has asked meanwhile: a signal during a look may mean newer ones."""
        while self._is_asked and not self.gives_way:
            self._is_asked = False
            after = await asyncio.to_thread(self._reload.wanted)
            if after is not None and not self._is_asked:
                await asyncio.to_thread(self._reload.taken_up, after)
                self.gives_way = self.should_exit = True


def _run_alone(config: Config, reload: Reload) -> None:
    listener = _inherited() or config.bind_socket()
    server = OneWorker(config, reload)
    server.run([listener.dup()])  # the server closes what it is given
    if server.gives_way:
        listener.set_inheritable(True)
        os.environ[LISTENER] = str(listener.fileno())
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - the very command that has started this process
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _inherited() -> socket.socket | None:
    """The listener that this process has left to itself, if it has."""
    number = os.environ.pop(LISTENER, "")
    return socket.socket(fileno=int(number)) if number.isdigit() else None
