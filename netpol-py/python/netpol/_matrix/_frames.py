"""A matrix as tables of other libraries, and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._access import CODES
from ._groups import MatrixGroup

if TYPE_CHECKING:
    from ._matrix import Matrix


def to_arrow(matrix: Matrix) -> Any:
    """A row for each cell and port; texts are dictionary-encoded."""
    pa = library("pyarrow", "matrix")
    rows, columns = matrix.shape
    ports = len(matrix.ports)
    count = rows * columns * ports

    def texts(indices: Any, names: list[str]) -> Any:
        known = {name: number for number, name in enumerate(dict.fromkeys(names))}
        places = np.array([known[name] for name in names], np.int32)
        return pa.DictionaryArray.from_arrays(
            pa.array(places[indices]), pa.array(list(known), pa.string())
        )

    # Port by port within cell by cell.
    codes = np.ascontiguousarray(matrix.access_by_port.transpose(1, 2, 0)).reshape(count)
    by_port = np.tile(np.arange(ports), rows * columns)
    allowed = pa.array(codes == 1, mask=codes == 3)
    return pa.table(
        {
            "source": texts(
                np.repeat(np.arange(rows), columns * ports), [group.name for group in matrix.sources]
            ),
            "destination": texts(
                np.tile(np.repeat(np.arange(columns), ports), rows),
                [group.name for group in matrix.destinations],
            ),
            "protocol": texts(by_port, [port.protocol for port in matrix.ports]),
            "port": texts(by_port, [str(port.port) for port in matrix.ports]),
            "access": texts(codes, [access.value for access in CODES]),
            "allowed": allowed,
        }
    )


def to_frame(matrix: Matrix) -> Any:
    """A row for each source, a column for each destination."""
    pd = library("pandas", "matrix")
    names = np.array([access.value for access in CODES], object)
    return pd.DataFrame(
        names[matrix.access],
        index=pd.Index([group.name for group in matrix.sources], name="source"),
        columns=pd.Index([group.name for group in matrix.destinations], name="destination"),
        dtype=object,
    )


def to_dict(matrix: Matrix) -> dict[str, Any]:
    """Plain lists and dictionaries."""
    names = [access.value for access in CODES]
    return {
        "ports": [{"port": port.port, "protocol": port.protocol} for port in matrix.ports],
        "sources": [_group(group) for group in matrix.sources],
        "destinations": [_group(group) for group in matrix.destinations],
        "access": [[names[code] for code in row] for row in matrix.access.tolist()],
        "accessByPort": [
            [[names[code] for code in row] for row in port] for port in matrix.access_by_port.tolist()
        ],
    }


def _group(group: MatrixGroup) -> dict[str, Any]:
    found: dict[str, Any] = {"name": group.name, "kind": group.kind}
    if group.endpoints:
        found["endpoints"] = [
            {"kind": one.kind, "namespace": one.namespace, "name": one.name} for one in group.endpoints
        ]
    if group.network is not None:
        found["network"] = str(group.network)
    return found


def library(name: str, extra: str) -> Any:
    """An optional library, or an error that says how it is installed."""
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"{name} is not installed: pip install 'netpol-py[{extra}]'") from error
