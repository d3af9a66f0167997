"""A matrix in a notebook."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from ._access import CODES, Access
from ._picture import COLORS
from ._text import SIGNS, WORDS, label

if TYPE_CHECKING:
    from ._matrix import Matrix

# A table of more cells than this is nothing to look at.
_MOST_CELLS = 10_000


def to_html(matrix: Matrix) -> str:
    """A table without scripts, or a line about a matrix that is too large for one."""
    ports = html.escape(", ".join(map(str, matrix.ports)))
    rows, columns = matrix.shape
    counts = ", ".join(f"{matrix.count(one):,} {WORDS[one]}" for one in Access if matrix.count(one))
    head = f"<p><b>{ports}</b>: {rows} sources, {columns} destinations; {counts}</p>"
    if rows * columns > _MOST_CELLS:
        return f"<div>{head}<p>Too large for a notebook: <code>matrix.write_html(path)</code> shows it.</p></div>"
    names = [html.escape(label(group)) for group in matrix.destinations]
    across = "".join(
        f'<th scope="col" style="writing-mode:vertical-rl;transform:rotate(180deg);text-align:left">{name}</th>'
        for name in names
    )
    outside = matrix.outside
    lines = []
    for row, source in enumerate(matrix.sources):
        name = html.escape(label(source))
        cells = "".join(
            "<td></td>" if outside[row, column] else _cell(CODES[code], f"{name} to {names[column]}")
            for column, code in enumerate(matrix.access[row].tolist())
        )
        lines.append(f'<tr><th scope="row" style="text-align:right">{name}</th>{cells}</tr>')
    return f"<div>{head}<table><thead><tr><td></td>{across}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"


def _cell(access: Access, ends: str) -> str:
    ink = "#ffffff" if access is Access.ALL else "#333333"
    style = f"background:{COLORS[access]};color:{ink};text-align:center"
    return f'<td style="{style}" title="{ends}: {WORDS[access]}">{SIGNS[access]}</td>'
