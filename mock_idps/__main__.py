"""`python -m mock_idps sign FILE` makes signed samples; `python -m mock_idps serve PLACE …` runs one mock."""

import argparse
import sys
from collections.abc import Sequence

from mock_idps import run, sign


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and do what it says."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["serve"]:
        run.main(given[1:])
        return 0
    parser = argparse.ArgumentParser(prog="python -m mock_idps", description="The simulated world on the command line.")
    commands = parser.add_subparsers(dest="command", required=True)
    sign.add_arguments(commands.add_parser("sign", help="sign a file as anybody in the cast, well or badly"))
    commands.add_parser("serve", help="run one mock; takes what mock_idps.run takes")
    return sign.run(parser.parse_args(given))


if __name__ == "__main__":
    sys.exit(main())
