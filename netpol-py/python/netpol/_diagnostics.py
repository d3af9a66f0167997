"""What is told about an input: errors that refuse it, warnings that do not."""

from __future__ import annotations

from dataclasses import dataclass

from ._names import ObjectName
from ._verdicts import Severity


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a text."""

    line: int
    """Line, counted from 1."""
    column: int
    """Column in characters, counted from 1."""
    offset: int
    """Byte offset from the start of the text, counted from 0."""
    length: int
    """Length in bytes of what is meant; 0 for a point."""

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about an input.

    Printed on one line: ``shop.yaml:7:3: error: NetworkPolicy shop/db: spec.podSelector: …``.
    """

    severity: Severity
    """Whether it refused the input."""
    type: str
    """What was found: ``syntax``, ``limit``, ``unknownKind``, ``duplicateObject``, ``field`` (a field
    is wrong), or ``note`` (the object is legal and probably not what its author wants, or was read
    leniently)."""
    message: str
    """What was found, in words, with the path of the field before it."""
    file: str | None = None
    """The file or stream, as its reader named it."""
    location: Location | None = None
    """The place in the text; none where the input was no text."""
    object: ObjectName | None = None
    """The object that it is about."""
    path: str | None = None
    """The field that it is about, such as ``spec.ingress[0].from[1].ipBlock.cidr``."""
    kind: str | None = None
    """Of a wrong field: the kind of fault, as kube-apiserver has them: ``Required``, ``Invalid``,
    ``NotSupported``, ``Forbidden``, ``Duplicate``, ``TooLong``, ``TooMany``, ``TooFew``, ``NotFound``,
    ``TypeInvalid``, ``UnknownField``, ``DuplicateField``."""
    value: str | None = None
    """Of a wrong field: its value, shortened."""
    detail: str | None = None
    """Of a wrong field: what is wrong with it, without path and value."""
    code: str | None = None
    """Names the check: of a note such as ``cidr-host-bits``, of a wrong field the rule that it
    breaks, such as ``format=dns-label``, of a limit the field of `Limits`."""

    @property
    def line(self) -> int | None:
        """The line in the text, counted from 1."""
        return self.location.line if self.location else None

    @property
    def column(self) -> int | None:
        """The column in the line, in characters, counted from 1."""
        return self.location.column if self.location else None

    @property
    def is_error(self) -> bool:
        """Whether it refused the input."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        places = [self.file] if self.file is not None else []
        places += [str(self.location)] if self.location is not None else []
        place = ":".join(places) + ": " if places else ""
        about = f"{self.object}: " if self.object is not None else ""
        return f"{place}{self.severity}: {about}{self.message}"


@dataclass(frozen=True, slots=True)
class Applied:
    """A call went through."""

    objects: int
    """How many objects were added or replaced."""
    warnings: tuple[Diagnostic, ...] = ()
    """What was odd about them, in the order of the input."""
