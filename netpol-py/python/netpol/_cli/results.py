"""What came of files of expectations."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

from ..expectations import Outcome, Status
from .terminal import paint


@dataclass(frozen=True, slots=True)
class Timed:
    """An outcome, and how long it took."""

    outcome: Outcome
    """What came of it."""
    seconds: float
    """How long the engine was asked."""


@dataclass(slots=True)
class Results:
    """What came of files, as far as they are run."""

    files: list[str] = field(default_factory=list)
    """The files that were run."""
    outcomes: list[Timed] = field(default_factory=list)
    """What came of their expectations."""
    broken: dict[str, str] = field(default_factory=dict)
    """Why a file could not be run."""

    def count(self, status: Status) -> int:
        """How many expectations there are of which this came."""
        return sum(timed.outcome.status is status for timed in self.outcomes)

    def summary(self) -> str:
        """One line for people."""
        parts = []
        numbers = [
            (self.count(Status.FAILED), "failed", "red"),
            (self.count(Status.ERROR), "without an answer", "red"),
            (len(self.broken), f"file{'s' * (len(self.broken) > 1)} that could not be run", "red"),
            (self.count(Status.PASSED), "passed", "green"),
        ]
        for number, words, colour in numbers:
            if number:
                parts.append(paint(f"{number} {words}", colour, sys.stdout))
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Everything for programs."""
        return {
            "passed": self.count(Status.PASSED),
            "failed": self.count(Status.FAILED),
            "errors": self.count(Status.ERROR),
            "broken": [{"file": file, "message": text} for file, text in self.broken.items()],
            "expectations": [_plain(timed.outcome) for timed in self.outcomes],
        }


def _plain(outcome: Outcome) -> dict[str, Any]:
    """An outcome for programs; what it does not have is left out."""
    expectation = outcome.expectation
    place = expectation.location
    fields: dict[str, Any] = {
        "id": str(expectation),
        "name": expectation.name,
        "description": expectation.description,
        "file": expectation.file,
        "line": place and place.line,
        "column": place and place.column,
        "from": expectation.source,
        "to": expectation.destination,
        "port": expectation.port,
        "protocol": expectation.protocol,
        "expect": str(expectation.expect),
        "status": str(outcome.status),
        "message": outcome.message or None,
        "explanation": outcome.explanation.to_dict() if outcome.explanation else None,
    }
    return {name: value for name, value in fields.items() if value is not None}
