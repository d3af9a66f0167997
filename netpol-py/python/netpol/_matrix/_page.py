"""A matrix, or what changed in one, as a page of HTML that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from .._netpol import version
from ._access import Access, MatrixPort
from ._bodies import Bodies, PortBodies
from ._groups import MatrixGroup
from ._judge import Numbers
from ._text import SIGNS, WORDS, printable

if TYPE_CHECKING:
    from ._matrix import Matrix

# Endpoints of a group that can be searched for by their names.
_MOST_NAMES = 200
# What cells may be: by their numbers the members of Access, then those outside.
_STATES = [
    *({"name": WORDS[access], "sign": SIGNS[access], "style": access.value} for access in Access),
    {"name": "no policy applies", "sign": "", "style": "outside"},
]
_OUTSIDE = len(Access)


def to_html(matrix: Matrix, *, title: str | None, budget: int) -> str:
    """The page of a matrix."""
    ports = ", ".join(map(str, matrix.ports))
    told = Bodies(budget)
    sections = [
        section(told.of(matrix, number), port, str(port)) for number, port in enumerate(matrix.ports)
    ]
    layers = [
        layer(str(port), matrix.access_by_port[number], matrix)
        for number, port in enumerate(matrix.ports)
    ]
    if len(layers) > 1:
        layers.insert(0, layer("all ports", matrix.access, matrix))
    data = {
        "rows": ends(matrix.sources),
        "columns": ends(matrix.destinations),
        "states": _STATES,
        "layers": layers,
        "sections": sections,
    }
    return page(title or "Who reaches whom", ports, data, told)


def layer(name: str, codes: Any, matrix: Matrix) -> dict[str, str]:
    """The states of all cells, packed."""
    return {"name": name, "cells": pack(np.where(matrix.outside, _OUTSIDE, codes).astype(np.uint8))}


def section(
    found: PortBodies,
    port: MatrixPort,
    title: str,
    rows: Numbers | None = None,
    columns: Numbers | None = None,
) -> dict[str, Any]:
    """The explanations of one port; of a matrix that has only some of the page's `rows` and `columns`,
    these tell where they are in it, and -1 where they are not."""
    rows = np.arange(len(found.rows)) if rows is None else rows
    columns = np.arange(len(found.columns)) if columns is None else columns
    place_of = ({int(own): place for place, own in enumerate(axis)} for axis in (rows, columns))
    row_of, column_of = place_of
    width = 2 if found.bodies.max(initial=0) < 1 << 15 else 4
    return {
        "title": title,
        "port": str(port.port),
        "protocol": port.protocol,
        "width": width,
        "bodies": pack(found.bodies[rows][:, columns].astype(f"<i{width}")),
        "rows": [found.rows[row] if row >= 0 else -1 for row in rows],
        "columns": [found.columns[column] if column >= 0 else -1 for column in columns],
        "details": {
            f"{row_of[row]},{column_of[column]}": detail
            for (row, column), detail in found.details.items()
        },
    }


def ends(groups: Sequence[MatrixGroup]) -> list[dict[str, Any]]:
    """What a page has to know of rows or columns."""
    found = []
    for group in groups:
        end: dict[str, Any] = {
            "name": printable(group.name),
            "kind": group.kind,
            "namespace": printable(group.namespace),
            "count": len(group) if group.kind == "endpoints" else 1,
        }
        if len(group.endpoints) > 1:
            end["endpoints"] = [printable(str(endpoint)) for endpoint in group.endpoints[:_MOST_NAMES]]
        if group.kind == "prefix":
            address = group.members[0].addresses[0]
            end["note"] = f"{group.name}: addresses that are nobody's in the cluster, such as {address}"
        found.append(end)
    return found


def pack(array: Any) -> str:
    """An array as text: deflated bytes in base64."""
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 6)).decode("ascii")


def page(title: str, about: str, data: dict[str, Any], told: Bodies) -> str:
    """The whole page. Everything that came from outside is escaped, and the browser is told to run
    nothing but what is here, and to load nothing."""
    data = {**data, "lines": told.lines, "bodies": told.bodies, "parties": told.parties}
    folder = resources.files(__package__).joinpath("page")
    style, script, template = (
        folder.joinpath(f"page.{ending}").read_text(encoding="utf-8") for ending in ("css", "js", "html")
    )
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )
    values = {
        "policy": html.escape(policy, quote=False),
        "version": html.escape(version),
        "title": html.escape(printable(title)),
        "tab": html.escape(printable(f"{title}: {about}")),
        "about": html.escape(printable(about)),
        "style": style,
        "script": script,
        "data": _json(data),
    }
    parts = template.split("{{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition("}}")
        filled += [values[name], rest]
    return "".join(filled)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _json(data: Any) -> str:
    """JSON in which nothing ends the element that it is in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
