"""``python -m backtest``: the command."""

from backtest.cli import main

main()
