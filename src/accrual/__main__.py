"""Runs the command line: `python -m accrual`."""

from accrual.cli import main

main()
