"""How safe a book was and what holding less to the same brought, by numpy alone."""

import numpy as np


def shortfall(equity):
    """How far a bad quarter falls short of an average one, as the design writes it."""
    windows = equity[63:] / equity[:-63] - 1.0
    return np.sort(windows)[: int(0.05 * (len(windows) - 1)) + 1].mean() - windows.mean()


def gap_by_hand(equity, grid, years):
    """CAGR less that of the first share from the top that is as safe, straight lines in log growth between shares."""
    own, risks = shortfall(equity), [shortfall(book) for book in grid]
    logs = [np.log(book[-1] / book[0]) for book in grid]
    at = next((k for k in range(len(grid))[::-1] if own <= risks[k]), 0)
    held = logs[at]
    if at + 1 < len(grid) and own <= risks[at]:
        held = np.interp(own, [risks[at + 1], risks[at]], [logs[at + 1], logs[at]])
    return (equity[-1] / equity[0]) ** (1 / years) - np.exp(held / years)
