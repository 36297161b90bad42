"""The front door of the command: ``backtest`` and ``python -m backtest``."""

import gc
import os

from backtest.interrupts import interruptible


def main() -> None:
    """Run the command, which a signal ends with status 130 while it is still being imported, too."""
    # Our own threads share the cores: those of BLAS beside them would wait for each other, busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # its own pools keep tens of megabytes
    gc.set_threshold(20_000)  # what is imported stays: to look through it for cycles took a tenth of a short command
    with interruptible():
        from backtest.cli import main as run_command

        run_command()


if __name__ == "__main__":
    main()
