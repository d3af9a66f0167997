"""Writes the documentation of the native half into its stub, where editors look for it.

    python netpol-py/stub_docs.py

The signatures there are written by hand; the documentation is written once, in src/, and `help()` shows
it. A test fails where the two differ.
"""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import TypeAlias

import netpol._netpol as native

STUB = Path(__file__).parent / "python" / "netpol" / "_netpol.pyi"

Documented: TypeAlias = ast.ClassDef | ast.FunctionDef


def documented(stub: str) -> str:
    """The stub with the documentation that its classes and functions have at run time."""
    lines = stub.splitlines()
    tree = ast.parse(stub)
    # From the end, so that lines keep their numbers.
    for node, text in reversed(list(_texts(tree))):
        first = node.body[0]
        end = first.end_lineno
        assert end is not None
        indent = " " * (node.col_offset + 4)
        if isinstance(node, ast.FunctionDef) or _is_text(first):
            kept = lines[first.lineno - 1][: first.col_offset].rstrip()
            del lines[first.lineno - 1 : end]
            place = first.lineno - 1
            if kept:
                lines.insert(place, kept)
                place += 1
        else:
            place = first.lineno - 1
            while lines[place - 1].lstrip().startswith("@"):
                place -= 1
        lines[place:place] = _literal(text, indent)
    return "\n".join(lines) + "\n"


def _texts(tree: ast.Module) -> list[tuple[Documented, str]]:
    """What has documentation, in the order of the stub."""
    found: list[tuple[Documented, str]] = []
    for node in tree.body:
        if not isinstance(node, Documented):
            continue
        own = getattr(native, node.name)
        found.append((node, inspect.getdoc(own) or ""))
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and not _is_told_elsewhere(member):
                    found.append((member, inspect.getdoc(getattr(own, member.name)) or ""))
    return [(node, text) for node, text in found if text]


def _is_told_elsewhere(member: ast.FunctionDef) -> bool:
    is_setter = any(isinstance(one, ast.Attribute) for one in member.decorator_list)
    return is_setter or (member.name.startswith("__") and not member.name.startswith("__arrow"))


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _literal(text: str, indent: str) -> list[str]:
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = [f'"""{text}'] if "\n" not in text else [f'"""{text}\n']
    first, *others = (lines[0] + '"""').split("\n")
    return [indent + first, *(indent + line if line else "" for line in others)]


if __name__ == "__main__":
    STUB.write_text(documented(STUB.read_text()))
