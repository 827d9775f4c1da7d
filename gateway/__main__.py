"""`python -m gateway`: the command, wherever its script is."""

from gateway.cli import main

main()
