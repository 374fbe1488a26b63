"""``gate completion``: the script that lets a shell complete verbs and options."""

import os
from enum import StrEnum
from typing import Annotated

import typer


class Shell(StrEnum):
    """Shells that can."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


ShellName = Annotated[Shell, typer.Argument(help="The shell that it is for.")]


def completion(shell: ShellName) -> None:
    """Print the script: `source <(gate completion bash)`, or put it where the shell looks for such scripts."""
    from gateway.cli import app  # noqa: PLC0415 - the whole command line, of which this is one verb

    os.environ["_GATE_COMPLETE"] = f"source_{shell.value}"
    app(prog_name="gate", args=[])
