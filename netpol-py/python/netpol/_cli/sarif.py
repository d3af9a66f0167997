"""Findings as SARIF 2.1.0, which code scanning services and editors read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._diagnostics import Diagnostic
from .._netpol import version

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def log(found: Iterable[Diagnostic]) -> dict[str, Any]:
    """A log of one run. Paths below the working directory are relative to it."""
    found = list(found)
    rules = list(dict.fromkeys(rule(one) for one in found))
    places: dict[str, bytes | None] = {}
    driver: dict[str, Any] = {
        "name": "netpol",
        "version": version,
        "semanticVersion": version,
        "rules": [_descriptor(name) for name in rules],
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(one, rules, places) for one in found],
            }
        ],
    }


def rule(found: Diagnostic) -> str:
    """What the rule is called that a finding comes under: the code of a note, the kind of fault of a
    field, or the type of anything else."""
    if found.type == "note" and found.code:
        return found.code
    return found.kind or found.type


def _descriptor(name: str) -> dict[str, Any]:
    text = RULES.get(name, f"Something about a manifest is odd: {name}.")
    level = "error" if name in ERRORS else "warning"
    return {
        "id": name,
        "shortDescription": {"text": text},
        "defaultConfiguration": {"level": level},
    }


def _result(
    found: Diagnostic, rules: list[str], texts: dict[str, bytes | None]
) -> dict[str, Any]:
    name = rule(found)
    about = f"{found.object}: " if found.object is not None else ""
    result: dict[str, Any] = {
        "ruleId": name,
        "ruleIndex": rules.index(name),
        "level": str(found.severity),
        "message": {"text": about + found.message},
        "partialFingerprints": {"netpol/v1": _fingerprint(found)},
    }
    location: dict[str, Any] = {}
    if found.file is not None and not found.file.startswith("<"):
        location["physicalLocation"] = _physical(found, texts)
    if found.object is not None:
        full = f"{found.object}" + (f" {found.path}" if found.path else "")
        location["logicalLocations"] = [
            {"name": found.object.name, "fullyQualifiedName": full, "kind": "resource"}
        ]
    if location:
        result["locations"] = [location]
    properties = {"code": found.code, "path": found.path, "value": found.value}
    properties = {key: value for key, value in properties.items() if value}
    if properties:
        result["properties"] = properties
    return result


def _physical(found: Diagnostic, texts: dict[str, bytes | None]) -> dict[str, Any]:
    assert found.file is not None
    physical: dict[str, Any] = {"artifactLocation": _artifact(found.file)}
    place = found.location
    if place is None:
        return physical
    region: dict[str, Any] = {
        "startLine": place.line,
        "startColumn": place.column,
        "byteOffset": place.offset,
        "byteLength": place.length,
    }
    if found.file not in texts:
        try:
            texts[found.file] = Path(found.file).read_bytes()
        except OSError:
            texts[found.file] = None
    text = texts[found.file]
    if text is not None:
        meant = text[place.offset : place.offset + place.length]
        *before, last = meant.decode(errors="replace").split("\n")
        region["endLine"] = place.line + len(before)
        region["endColumn"] = len(last) + (1 if before else place.column)
    physical["region"] = region
    return physical


def _artifact(file: str) -> dict[str, str]:
    path = os.path.relpath(file)
    if path.startswith(".." + os.sep) or path == "..":
        return {"uri": Path(file).resolve().as_uri()}
    return {"uri": quote(Path(path).as_posix()), "uriBaseId": "%SRCROOT%"}


def _fingerprint(found: Diagnostic) -> str:
    """The same for the same finding in a later version of a file, whose lines are others."""
    parts = (rule(found), found.file, str(found.object), found.path, found.value or found.message)
    return hashlib.sha256("\0".join(part or "" for part in parts).encode()).hexdigest()[:32]


ERRORS = {
    "syntax": "The text is no YAML or JSON, or the file cannot be read.",
    "limit": "The text goes beyond a limit of the reader.",
    "unknownKind": "The kind or its apiVersion is not known.",
    "duplicateObject": "An object stands twice in what is loaded.",
    "Required": "A field that must be given is missing.",
    "Invalid": "A value is not what kube-apiserver takes.",
    "NotSupported": "A value is none of those that there are.",
    "Forbidden": "A field may not be given here.",
    "Duplicate": "A value is given twice where each must be unique.",
    "TooLong": "A value is too long.",
    "TooMany": "There are too many of something.",
    "TooFew": "There are too few of something.",
    "NotFound": "Something that is referred to is not there.",
    "TypeInvalid": "A value is of another type than the API has.",
    "UnknownField": "The API has no such field, so it would be dropped without a word.",
    "DuplicateField": "A field is given twice, and only one of the values counts.",
}

RULES = ERRORS | {
    "address-conflict": "Two pods claim one address, and only one of them counts.",
    "cidr-host-bits": "A CIDR has bits behind its prefix, which newer API servers refuse.",
    "cidr-non-standard": "A CIDR is spelt in a way that newer API servers refuse.",
    "cidr-not-canonical": "An IPv6 CIDR is not spelt as RFC 5952 has it.",
    "converted-key": "A key is no string in YAML and becomes one that its author may not expect.",
    "domain-names-not-accepted": "Domain names are not accepted in every rule.",
    "empty-list": "An empty list matches everything.",
    "equal-priority": "Two policies of a tier have the same priority, and their order is open.",
    "missing-namespace": "Objects are in a namespace that was never loaded, so its labels are not known.",
    "no-rules": "A policy has no rules, so it has no effect.",
    "port-unusable": "A port means nothing and matches nothing.",
    "rule-not-understood": "A rule is not understood, so it fails closed.",
    "selector-unusable": "A selector cannot be read and matches nothing.",
    "service-port": "A policy names the port of a Service where the port of its pods counts.",
    "subject-not-understood": "The subject of a policy is not understood.",
    "third-party-form": "The policy is of the third-party form of 2016.",
    "tier-not-understood": "The tier of a policy is not understood.",
    "version-removed": "The apiVersion has left Kubernetes.",
}
"""Every rule with a line about it."""
