"""YAML with its places: what a field holds, or a fault that says where it does not."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import yaml

from .._diagnostics import Diagnostic, Location
from .._verdicts import Severity

# How kube-apiserver words the kinds of fault, which `Diagnostic.kind` names.
_WORDS = {
    "Required": "Required value",
    "Invalid": "Invalid value",
    "NotSupported": "Unsupported value",
    "Forbidden": "Forbidden",
    "Duplicate": "Duplicate value",
    "NotFound": "Not found",
    "TooMany": "Too many",
    "TypeInvalid": "Wrong type",
    "UnknownField": "Unknown field",
    "DuplicateField": "Duplicate field",
}


# Files are written by hand. What is larger is no such file, or was made by a program that went wrong.
MOST_BYTES = 1 << 20
# What is written by hand has fewer values, unless aliases stand for many.
MOST_VALUES = 250_000
# The rest is not told.
MOST_FOUND = 1_000


class OvergrownError(Exception):
    """There is more in a text than there is text, or more wrong with it than anybody reads."""


class Source:
    """A text, and everything that is found wrong with it."""

    def __init__(self, text: str | bytes, name: str) -> None:
        self.name = name
        self.found: list[Diagnostic] = []
        self.values = 0
        self.text = self._readable(text)

    def compose(self) -> yaml.Node | None:
        """The one document in it; `None` when there is none, or a fault was found."""
        try:
            loader = _Loader(self.text)
            root: yaml.Node | None = loader.get_single_node()
        except yaml.MarkedYAMLError as failed:
            mark = failed.problem_mark or failed.context_mark
            detail = ", ".join(filter(None, (failed.context, failed.problem)))
            self.syntax(f"invalid YAML: {detail}", mark.index if mark is not None else None)
        except yaml.reader.ReaderError as failed:
            detail = f"the character U+{ord(self.text[failed.position]):04X} may not be in it"
            self.syntax(f"invalid YAML: {detail}", failed.position)
        except RecursionError:
            self.syntax("invalid YAML: too deeply nested")
        else:
            return root
        return None

    def place(self, node: yaml.Node) -> Location:
        """Where a node stands; of one that goes over several lines, its first line."""
        start, end = node.start_mark.index, node.end_mark.index
        line_end = self.text.find("\n", start)
        last = end if line_end < 0 else min(end, line_end)
        return self._location(start, self.text[start:last].rstrip())

    def fault(
        self,
        node: yaml.Node,
        path: str,
        kind: str,
        detail: str,
        *,
        severity: Severity = Severity.ERROR,
    ) -> None:
        """Says what is wrong with a node. `kind` is one of `Diagnostic.kind`."""
        if len(self.found) == MOST_FOUND:
            raise OvergrownError
        value = None
        if kind in {"Invalid", "NotSupported", "Duplicate"} and isinstance(node, yaml.ScalarNode):
            value = node.value if len(node.value) <= 80 else node.value[:80] + "…"
        shown = f": {json.dumps(value, ensure_ascii=False)}" if value is not None else ""
        message = f"{path}: " if path else ""
        message += f"{_WORDS[kind]}{shown}" + (f": {detail}" if detail else "")
        self.found.append(
            Diagnostic(
                severity,
                "field",
                message,
                file=self.name,
                location=self.place(node),
                path=path,
                kind=kind,
                value=value,
                detail=detail,
            )
        )

    def fields(
        self, node: yaml.Node, path: str, known: Collection[str]
    ) -> dict[str, yaml.Node]:
        """The fields of a mapping; those that are not known, or are there twice, are faults."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, path, "TypeInvalid", f"must be a mapping, not {kind_of(node)}")
            return {}
        self._count(node)
        found: dict[str, yaml.Node] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            inner = child(path, name)
            if name in found:
                detail = f"it is also given in line {lines[name]}"
                self.fault(key, inner, "DuplicateField", detail)
            elif known and name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
                if name == "<<":
                    hint = "merge keys are not read: what expectations share goes into `defaults`"
                self.fault(key, inner, "UnknownField", hint)
            else:
                found[name] = value
                lines[name] = key.start_mark.line + 1
        return found

    def text_of(self, node: yaml.Node, path: str) -> str | None:
        """A text that is not empty."""
        if _tag(node) != "str":
            hint = ": put it in quotes" if isinstance(node, yaml.ScalarNode) and node.value else ""
            self.fault(node, path, "TypeInvalid", f"must be a text, not {kind_of(node)}{hint}")
            return None
        text: str = node.value
        if not text.strip():
            self.fault(node, path, "Required", "must not be empty")
            return None
        return text

    def boolean(self, node: yaml.Node, path: str) -> bool | None:
        """True or false."""
        if _tag(node) != "bool":
            self.fault(node, path, "TypeInvalid", f"must be true or false, not {kind_of(node)}")
            return None
        return str(node.value).lower() == "true"

    def integer(self, node: yaml.Node, path: str, most: int) -> int | None:
        """A number from 0 to `most`."""
        if _tag(node) != "int":
            self.fault(node, path, "TypeInvalid", f"must be a number, not {kind_of(node)}")
            return None
        # Longer than any number that is meant, and than those that Python reads.
        base = 0 if node.value[:2].lower() in {"0o", "0x"} else 10
        number = int(node.value, base) if len(node.value) <= 20 else most + 1
        if not 0 <= number <= most:
            self.fault(node, path, "Invalid", f"must be 0 to {most}")
            return None
        return number

    def word(self, node: yaml.Node, path: str, words: Collection[str]) -> str | None:
        """One of a few words."""
        text = self.text_of(node, path)
        if text is not None and text not in words:
            near = difflib.get_close_matches(text, words, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            self.fault(node, path, "NotSupported", f"supported values: {', '.join(words)}{hint}")
            return None
        return text

    def listed(self, node: yaml.Node, path: str) -> Iterator[tuple[yaml.Node, str]]:
        """The items of a list, or a single one that stands for a list of it."""
        if not isinstance(node, yaml.SequenceNode):
            yield node, path
            return
        self._count(node)
        if not node.value:
            self.fault(node, path, "Required", "must have at least one item")
        for number, item in enumerate(node.value):
            yield item, f"{path}[{number}]"

    def each(
        self, node: yaml.Node, path: str, read: Callable[[yaml.Node, str], Any]
    ) -> tuple[Any, ...]:
        """The items of a list, or a single one, as `read` reads them; what is there twice is a fault."""
        found: dict[Any, None] = {}
        for item, own in self.listed(node, path):
            value = read(item, own)
            if value is None:
                continue
            if value in found:
                self.fault(item, own, "Duplicate", "")
            found[value] = None
        return tuple(found)

    def syntax(self, message: str, index: int | None = None) -> None:
        """Says that the text is none that can be read."""
        place = self._location(index, self.text[index : index + 1]) if index is not None else None
        self.found.append(
            Diagnostic(Severity.ERROR, "syntax", message, file=self.name, location=place)
        )

    def _readable(self, text: str | bytes) -> str:
        """The text; empty, with a fault, when it is too large or no text."""
        if len(text) > MOST_BYTES:
            self.syntax(f"the file is larger than {MOST_BYTES} bytes")
        elif isinstance(text, str):
            return text
        else:
            try:
                return text.decode()
            except UnicodeDecodeError as failed:
                self.syntax(f"the file is not UTF-8, at byte {failed.start}")
        return ""

    def _count(self, node: yaml.CollectionNode) -> None:
        self.values += len(node.value)
        if self.values > MOST_VALUES:
            self.found = []
            self.fault(node, "", "TooMany", f"there are more than {MOST_VALUES} values")
            raise OvergrownError

    def _location(self, index: int, meant: str) -> Location:
        before = self.text[:index]
        lines = (before + "|").splitlines()
        return Location(len(lines), len(lines[-1]), len(before.encode()), len(meant.encode()))


    def sorted(self) -> tuple[Diagnostic, ...]:
        """Everything that was found, in the order of the text."""
        return tuple(
            sorted(self.found, key=lambda one: one.location.offset if one.location else 0)
        )


def report(source: Source) -> str:
    """What was found as a compiler prints it, with the line that each is about."""
    lines = source.text.splitlines()
    parts = []
    for found in source.sorted():
        part = f"{found.severity}: {found.message}\n"
        place = found.location
        if place is None:
            part += f" --> {found.file}\n"
        else:
            number = str(place.line)
            gap = " " * len(number)
            line = lines[place.line - 1] if place.line <= len(lines) else ""
            shown = "".join(symbol if symbol.isprintable() else " " for symbol in line)
            marks = "^" * max(1, len(source.text.encode()[place.offset :][: place.length].decode()))
            part += f"{gap}--> {found.file}:{place}\n{gap} |\n{number} | {shown}\n"
            part += f"{gap} | {' ' * (place.column - 1)}{marks}\n"
        parts.append(part)
    return "\n".join(parts)


def child(path: str, name: str) -> str:
    """The path of a field."""
    return f"{path}.{name}" if path else name


def kind_of(node: yaml.Node) -> str:
    """What a node is, in words."""
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    words = {"str": "a text", "bool": "true or false", "int": "a number", "float": "a number"}
    return words.get(_tag(node), "null")


def is_null(node: yaml.Node) -> bool:
    """Whether nothing stands there."""
    return _tag(node) == "null"


def is_text(node: yaml.Node) -> bool:
    """Whether a text stands there."""
    return _tag(node) == "str"


def _tag(node: yaml.Node) -> str:
    return str(node.tag).rpartition(":")[2] if isinstance(node, yaml.ScalarNode) else ""


class _Loader(yaml.SafeLoader):
    """Takes bare words for what YAML 1.2 and so JSON Schema and editors take them for: `on` is a text,
    and so is an address of eight numbers."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def _resolve(tag: str, pattern: str, first: Sequence[str]) -> None:
    resolver: Any = _Loader.add_implicit_resolver
    resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})\\Z"), list(first))


_resolve("bool", "true|True|TRUE|false|False|FALSE", "tTfF")
_resolve("int", "[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789")
_resolve("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789")
_resolve("null", "~|null|Null|NULL|", ("~", "n", "N", ""))
