"""The pictures of tear-sheets, of several runs by the same axes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reports.tearsheet import Charts, draw, drawing, undated

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh
    from matplotlib.figure import Figure

PICTURES = (
    "Cumulative returns",
    "Cumulative returns, logarithmic",
    "Cumulative returns at the benchmark's volatility",
    "Yearly returns",
    "Distribution of monthly returns",
    "Daily returns, summed",
    "Rolling beta",
    "Rolling volatility",
    "Rolling Sharpe ratio",
    "Rolling Sortino ratio",
    "Worst drawdowns",
    "Underwater",
    "Monthly returns",
    "Quantiles of returns",
)
"""What a tear-sheet shows, in its order."""
MAP = "RdYlGn"
"""The colours of quantstats' monthly returns."""
PLACES = re.compile(r"(?<=[ML\d] )(-?\d+\.\d\d)\d+(?=[ \n])")
"""A coordinate with more places than can be seen: without them a page is a quarter smaller."""
LIGHT = 0.408
"""The luminance of a ground above which seaborn writes dark letters on it."""


def draw_pictures(books: Sequence[Charts]) -> list[list[str]]:
    """Return `PICTURES`, each as SVG a run: those of one picture reach over the same values, and have the same colours.

    Parameters
    ----------
    books
        What quantstats draws of each run, all of the same sessions.

    Raises
    ------
    UserError
        There is no session with a return.
    """
    with drawing():
        figures = [_figures_of(charts) for charts in books]
        rows = [list(row) for row in zip(*figures, strict=True)]
        for row in rows:
            share_axes(row)
        return [[_as_svg(figure) for figure in row] for row in rows]


def _figures_of(charts: Charts) -> list[Figure]:
    """Have quantstats draw a page, and return its figures."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, _kept_back() as figures:
        draw(Path(folder, "page.html"), charts)
    return figures


@contextmanager
def _kept_back() -> Iterator[list[Figure]]:
    """Collect figures in place of saving them."""
    from matplotlib.figure import Figure

    savefig, figures = Figure.savefig, list[Figure]()

    def keep(figure: Figure, *_args: Any, **_options: Any) -> None:
        figures.append(figure)

    Figure.savefig = keep  # type: ignore[assignment, method-assign]
    try:
        yield figures
    finally:
        Figure.savefig = savefig  # type: ignore[method-assign]


def share_axes(figures: Sequence[Figure]) -> None:
    """Give figures that show the same of several runs the same limits, room and colours."""
    from matplotlib.transforms import Bbox

    for same in zip(*(figure.axes for figure in figures), strict=True):
        for limits, put in (("get_xlim", "set_xlim"), ("get_ylim", "set_ylim")):
            ends = [getattr(axes, limits)() for axes in same]
            upward = ends[0][0] < ends[0][1]
            least, most = min(map(min, ends)), max(map(max, ends))
            for axes in same:
                getattr(axes, put)(*((least, most) if upward else (most, least)))
        rooms = np.array([axes.get_position().extents for axes in same])
        for axes in same:
            axes.set_position(Bbox.from_extents(*rooms[:, :2].max(axis=0), *rooms[:, 2:].min(axis=0)))
        _share_colours(same)


def _share_colours(same: Sequence[Axes]) -> None:
    """Give maps the same colours, with yellow at 0, and letters that can be read on them."""
    from matplotlib.collections import QuadMesh

    meshes = [mesh for axes in same for mesh in axes.collections if isinstance(mesh, QuadMesh)]
    reach = max((abs(end) for mesh in meshes for end in mesh.get_clim()), default=0.0)
    for axes, mesh in zip(same, meshes, strict=False):
        mesh.set_cmap(MAP)
        mesh.set_clim(-reach, reach)
        _recolour(axes, mesh)


def _recolour(axes: Axes, mesh: QuadMesh) -> None:
    grounds = mesh.to_rgba(np.ravel(np.asarray(mesh.get_array())))[:, :3]
    linear = np.where(grounds <= 0.03928, grounds / 12.92, ((grounds + 0.055) / 1.055) ** 2.4)
    for text, light in zip(axes.texts, linear @ (0.2126, 0.7152, 0.0722), strict=True):
        text.set_color(".15" if light > LIGHT else "w")


def _as_svg(figure: Figure) -> str:
    """Return a figure as a part of a page."""
    made = io.StringIO()
    figure.savefig(made, format="svg")
    text = undated(made.getvalue())
    return PLACES.sub(r"\1", text[text.index("<svg") :])
