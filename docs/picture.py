"""Draw docs/run.svg, the README's picture: python docs/picture.py DIR, with real history in DIR."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from backtest import load_config, run
from reports.run import show_run


def main(folder: str) -> None:
    """Run the shipped run on a folder's history and save what the terminal shows."""
    result = run(load_config("hedge_soxs.yaml", data=folder))
    console = Console(record=True, width=80, file=io.StringIO(), highlight=False)
    console.print("[dim]$[/] backtest run hedge_soxs.yaml --data history\n")
    show_run(console, result, Path("runs") / "hedge_soxs-..." / "report.html")
    drawn = console.export_svg(title="backtest", unique_id="run")
    offline = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # the font would come from the network
    Path(__file__).with_name("run.svg").write_text(offline, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
