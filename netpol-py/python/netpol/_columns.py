"""Columns of a table of flows in the few forms that the native half reads."""

from __future__ import annotations

import ipaddress
import math
from typing import Any

import numpy as np

from ._names import Endpoint

_SCALARS = (str, int, bool, Endpoint, ipaddress.IPv4Address, ipaddress.IPv6Address)


def plain(name: str, column: Any) -> tuple[str, Any]:
    """The form of a column, and its values in it:

    ``value``: one that all rows have; ``arrow``: an array with ``__arrow_c_array__``; ``numbers`` and
    ``flags``: a NumPy array of native numbers or truth values; ``bytes``: one row of bytes for each
    value; ``text``: one row of code points for each value; ``objects``: a list, with ``None`` where
    there is no value.
    """
    if isinstance(column, _SCALARS):
        return "value", column
    if hasattr(column, "__arrow_c_array__"):
        return "arrow", column
    if isinstance(column, (list, tuple)):
        return "objects", [None if _is_missing(value) else value for value in column]
    if isinstance(column, np.ma.MaskedArray) and np.ma.is_masked(column):
        return "objects", column.tolist()
    array = np.asarray(column)
    if array.ndim == 0:
        return "value", array.item()
    if array.dtype.kind == "u" and array.itemsize == 1 and array.ndim == 2:
        return "bytes", np.ascontiguousarray(array)
    if array.ndim != 1:
        raise TypeError(f"{name} must have one dimension, not {array.ndim}")
    if array.dtype.kind == "V" and array.dtype.names is None and array.itemsize in (4, 16):
        rows = np.ascontiguousarray(array).view(np.uint8)
        return "bytes", rows.reshape(len(array), array.itemsize)
    if array.dtype.kind in "ui" or array.dtype == np.float64:
        return "numbers", array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "b":
        return "flags", array
    if array.dtype.kind in "ST":
        array = array.astype(np.str_)
    if array.dtype.kind == "U":
        points = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False))
        width = array.itemsize // 4
        return "text", points.view(np.uint32).reshape(len(array), width)
    if array.dtype.kind == "O":
        return "objects", [None if _is_missing(value) else value for value in array.tolist()]
    raise TypeError(
        f"{name} must hold numbers, text, truth values or bytes, not values of type {array.dtype}"
    )


def _is_missing(value: object) -> bool:
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)
