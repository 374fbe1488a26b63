"""``python -m gateway.cli``: the ``gate`` command without an installed script."""

from gateway.cli import main

main()
