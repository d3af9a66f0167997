"""The exceptions, and the warning."""

from __future__ import annotations

from ._diagnostics import Diagnostic


class NetpolError(Exception):
    """What every exception of this package is."""


class RefusedError(NetpolError, ValueError):
    """A call was refused and changed nothing.

    Its text has a line for each error; `report` shows the lines of the manifest too.
    """

    def __init__(self, diagnostics: tuple[Diagnostic, ...], report: str = "") -> None:
        super().__init__(diagnostics, report)
        self.diagnostics = diagnostics
        """Everything that was found, errors and warnings, in the order of the input."""
        self.report = report
        """The same as a compiler prints it, with the lines of the text that it is about."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The errors alone; at least one."""
        return tuple(found for found in self.diagnostics if found.is_error)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class QuestionError(NetpolError, ValueError):
    """A question has no answer."""


class MalformedNameError(QuestionError):
    """The text names no endpoint: it is neither an address nor ``namespace/name``."""


class UnknownEndpointError(QuestionError, LookupError):
    """There is no such endpoint."""

    def __init__(self, message: str, similar: tuple[str, ...] = ()) -> None:
        super().__init__(message, similar)
        self.similar = similar
        """Endpoints that may have been meant."""

    def __str__(self) -> str:
        return str(self.args[0])


class AmbiguousEndpointError(QuestionError):
    """Endpoints of several kinds share the name."""

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message, candidates)
        self.candidates = candidates
        """What it could be, as ``kind/namespace/name``."""

    def __str__(self) -> str:
        return str(self.args[0])


class NoCommonFamilyError(QuestionError):
    """The two ends have addresses, but none of the same family."""


class PortNameError(QuestionError, LookupError):
    """The destination declares no port of that name, or declares it for several numbers."""

    def __init__(self, message: str, numbers: tuple[int, ...] = ()) -> None:
        super().__init__(message, numbers)
        self.numbers = numbers
        """The numbers that the name has there; none, or several."""

    def __str__(self) -> str:
        return str(self.args[0])


class ServiceNameError(QuestionError):
    """The text names a Service, which is no end of a connection: ask `Engine.decide_service`,
    `Engine.explain_service` or `Engine.backends`."""


class ServiceError(QuestionError, LookupError):
    """A question about a Service has no answer."""

    def __init__(self, message: str, code: str, similar: tuple[str, ...] = ()) -> None:
        super().__init__(message, code, similar)
        self.code = code
        """Why: ``malformed``, ``unknown``, ``noPort``, ``externalName``, ``noBackends``,
        ``notUnderstood``, ``unknownPod``."""
        self.similar = similar
        """Services that may have been meant."""

    def __str__(self) -> str:
        return str(self.args[0])


class RowError(NetpolError, ValueError):
    """A row of a table means no flow."""

    def __init__(self, row: int, column: str, detail: str) -> None:
        super().__init__(row, column, detail)
        self.row = row
        """The number of the row, counted from 0."""
        self.column = column
        """The column, as the question calls it: ``source``, ``destination``, ``port``, …"""
        self.detail = detail
        """What is wrong with its value."""

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.detail}"


class RawPacketError(NetpolError, ValueError):
    """A packet cannot be read, and must not pass."""


class SavedError(NetpolError, ValueError):
    """Bytes are no saved cluster, or one of a version that is not known here."""


class ManifestWarning(UserWarning):
    """Something about a manifest is legal and probably not what its author wants."""
