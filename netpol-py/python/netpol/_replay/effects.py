"""What is to be told of flows."""

from __future__ import annotations

import enum

from .._errors import NetpolError


class Effect(enum.StrEnum):
    """What is to be told of a flow."""

    BLOCKED = "blocked"
    """It might pass before the change, and may not after it."""
    OPENED = "opened"
    """It might not pass before the change, and may after it."""
    PASSED = "passed"
    """The log says that it passed, and the policies before the change deny it: something does not
    enforce them, or they or the addresses were others then."""
    DROPPED = "dropped"
    """The log says that it was refused, and the policies before the change allow it: something else
    refused it, or the policies or the addresses were others then."""


class TooManyGroupsError(NetpolError):
    """A replay has more groups of flows than it may keep in memory."""


class FlowLogError(NetpolError, ValueError):
    """A flow log cannot be read at all: a file is damaged, or of a form that is not known."""
