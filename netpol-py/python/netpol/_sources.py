"""Objects of a cluster in the forms that Python has them in, as text."""

from __future__ import annotations

import datetime
import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

# The classes of the `kubernetes` client are named for version and kind, and what a list returns names
# neither. Which group a kind is of is not in its name.
_GROUPS = {
    "NetworkPolicy": "networking.k8s.io",
    "Deployment": "apps",
    "ReplicaSet": "apps",
    "StatefulSet": "apps",
    "DaemonSet": "apps",
    "Job": "batch",
    "CronJob": "batch",
    "EndpointSlice": "discovery.k8s.io",
}
_CLIENT_CLASS = re.compile(r"(V\d+(?:(?:alpha|beta)\d+)?)([A-Z][A-Za-z]*)\Z")


def read(source: object) -> tuple[bytes, str | None, bool]:
    """The text of a source that is neither text nor bytes, what it is called, and whether places in
    it mean something to whoever gave it."""
    if isinstance(source, os.PathLike):
        raise TypeError(
            f"{source!r} is a path, and objects are expected here: "
            "netpol.load, Cluster.apply_files and Manifest.read_files take paths"
        )
    if isinstance(source, (bytearray, memoryview)):
        return bytes(source), None, True
    reader = getattr(source, "read", None)
    if callable(reader):
        text = reader()
        name = getattr(source, "name", None)
        text = text.encode() if isinstance(text, str) else bytes(text)
        return text, name if isinstance(name, str) else None, True
    return _dump(_plain(source)).encode(), None, False


def selector(source: object) -> str:
    """A label selector as JSON."""
    plain = _plain_object(source)
    if plain is None:
        raise TypeError(f"selector must be a mapping with matchLabels and matchExpressions, not {_kind(source)}")
    return _dump(plain)


def _plain(source: object) -> Mapping[str, Any]:
    """One object, or a list of objects."""
    plain = _plain_object(source)
    if plain is not None:
        return plain
    if not isinstance(source, Iterable):
        raise TypeError(
            "objects must be text, an open file, a dictionary, an object of the kubernetes client, "
            f"or an iterable of those, not {_kind(source)}"
        )
    items = []
    for number, item in enumerate(source):
        plain = _plain_object(item)
        if plain is None:
            raise TypeError(
                f"object {number} must be a dictionary or an object of the kubernetes client, "
                f"not {_kind(item)}"
            )
        items.append(plain)
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _plain_object(source: object) -> Mapping[str, Any] | None:
    """A dictionary as it is, an object of a client as one; ``None`` for anything else."""
    if isinstance(source, Mapping):
        return source
    if isinstance(getattr(source, "attribute_map", None), dict):
        plain: dict[str, Any] = _attributes(source)
        _name_kind(source, plain)
        return plain
    raw = getattr(source, "raw", None)
    if isinstance(raw, Mapping):
        return raw
    to_dict = getattr(source, "to_dict", None)
    if callable(to_dict):
        plain = to_dict()
        if isinstance(plain, Mapping):
            return plain
    return None


def _attributes(source: Any) -> Any:
    """An object of the ``kubernetes`` client under the names of the API, as its ``ApiClient`` sends
    it."""
    names = getattr(source, "attribute_map", None)
    if isinstance(names, dict):
        values = ((name, getattr(source, attribute)) for attribute, name in names.items())
        return {name: _attributes(value) for name, value in values if value is not None}
    if isinstance(source, Mapping):
        return {key: _attributes(value) for key, value in source.items()}
    if isinstance(source, (list, tuple)):
        return [_attributes(item) for item in source]
    return source


def _name_kind(source: object, plain: dict[str, Any]) -> None:
    """Says of which kind an object is, where the API server left that to the list that it came in."""
    found = _CLIENT_CLASS.match(type(source).__name__)
    if found is None:
        return
    version, kind = found[1].lower(), found[2]
    if kind.endswith("List") and isinstance(plain.get("items"), list):
        for own, item in zip(source.items, plain["items"], strict=True):  # type: ignore[attr-defined]
            _name_kind(own, item)
        plain["apiVersion"], plain["kind"] = "v1", "List"
        return
    group = _GROUPS.get(kind)
    plain.setdefault("apiVersion", f"{group}/{version}" if group else version)
    plain.setdefault("kind", kind)


def _dump(plain: Mapping[str, Any]) -> str:
    return json.dumps(plain, default=_scalar, allow_nan=False)


def _scalar(value: object) -> object:
    """What JSON has no form for: times, which YAML readers make of what looks like one, and objects of
    clients inside dictionaries."""
    if isinstance(value, datetime.datetime):
        utc = value if value.tzinfo is None else value.astimezone(datetime.UTC)
        return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    plain = _plain_object(value)
    if plain is not None:
        return plain
    raise TypeError(f"{_kind(value)} is nothing that a manifest can hold")


def _kind(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
