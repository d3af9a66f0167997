"""A matrix as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._access import CODES, Access
from ._frames import library
from ._groups import MatrixGroup
from ._text import WORDS, label

if TYPE_CHECKING:
    from ._matrix import Matrix

# Told apart by everybody, on paper too: light, dark, and between.
COLORS = {
    Access.NONE: "#eceff3",
    Access.ALL: "#1f6fb2",
    Access.SOME: "#e8a33d",
    Access.UNANSWERED: "#b9a7cf",
}
# More names than this on an axis cannot be read; then its namespaces are named.
_MOST_NAMES = 120
_INCHES = 0.24
_INCHES_OF_MANY = 14.0


def plot(matrix: Matrix, ax: Any) -> Any:
    """Draws a matrix into axes."""
    library("matplotlib", "plot")
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    if ax is None:
        ax = _axes(matrix)
    colors = ListedColormap([COLORS[access] for access in CODES])
    cells = np.ma.masked_array(matrix.access, matrix.outside)
    ax.imshow(cells, cmap=colors, vmin=-0.5, vmax=3.5, aspect="auto", interpolation="nearest")
    rows, columns = matrix.shape
    for axis, groups in ((ax.yaxis, matrix.sources), (ax.xaxis, matrix.destinations)):
        places, names = _ticks(groups)
        axis.set_ticks(places, names, fontsize=8)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    for text in ax.get_xticklabels():
        text.set(rotation=90, ha="center", va="bottom")
    ax.set_xlabel("destination")
    ax.set_ylabel("source")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if max(rows, columns) <= _MOST_NAMES:
        ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
        ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        ax.grid(which="minor", color="white", linewidth=0.8)
        ax.tick_params(which="minor", length=0)
    ax.set_title(", ".join(map(str, matrix.ports)), loc="left", fontsize=10, fontweight="bold")
    shown = [access for access in CODES if matrix.count(access)]
    ax.legend(
        handles=[
            Patch(color=COLORS[access], label=f"{WORDS[access]} ({matrix.count(access)})")
            for access in shown
        ],
        loc="upper left",
        bbox_to_anchor=(0, -0.01),
        ncols=4,
        frameon=False,
        fontsize=8,
    )
    return ax


def _axes(matrix: Matrix) -> Any:
    """Axes of a figure of their own in which every name fits; no state of pyplot is touched."""
    from matplotlib.figure import Figure

    rows, columns = (
        max(count, 4) * _INCHES if count <= _MOST_NAMES else _INCHES_OF_MANY for count in matrix.shape
    )
    figure = Figure(figsize=(columns + 4, rows + 4), layout="constrained")
    return figure.add_subplot()


def _ticks(groups: tuple[MatrixGroup, ...]) -> tuple[list[float], list[str]]:
    # A dollar would begin a formula.
    if len(groups) <= _MOST_NAMES:
        return [float(place) for place in range(len(groups))], [_plain(label(group)) for group in groups]
    places, names = [], []
    start = 0
    for place in range(1, len(groups) + 1):
        if place == len(groups) or groups[place].namespace != groups[start].namespace:
            if place - start > len(groups) / 2 / _MOST_NAMES:
                places.append((start + place - 1) / 2)
                names.append(_plain(groups[start].namespace or "outside"))
            start = place
    return places, names


def _plain(text: str) -> str:
    return text.replace("$", r"\$")
