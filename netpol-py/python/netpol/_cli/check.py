"""``netpol check``: everything that is wrong or odd about manifests."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .._diagnostics import Diagnostic
from .._netpol import Manifest
from .loading import Loading, add_loading_arguments
from .parsers import add_command
from .terminal import CommandError, paint, tell

if TYPE_CHECKING:
    from .parsers import Subparsers

ABOUT = """\
Says everything that is wrong or odd about manifests: what kube-apiserver would refuse, with line
and column and the error type that it has there, and what is legal and probably not what its author
wants: with an object, or with all of them together, such as a policy that names the port of a Service
in the place of its targetPort.
"""

MORE = """\
The findings go to the standard error, for people. -o json prints them for programs too, and
-o sarif for the code scanning of GitHub, GitLab and editors; both on the standard output. In JSON
`findings` has for each severity, type, code, file, line, column, offset, length, object, path, kind,
value, detail and message, as far as there is one.

exits with 0 when there is nothing to tell, with 1 when something is wrong (with --strict also when
something is odd), with 2 when manifests cannot be read

examples:
  $ netpol check netpol-core/examples/shop
  $ netpol check --strict -o json netpol-core/examples/shop/policies.yaml netpol-core/examples/shop/workloads.yaml
  $ netpol check 'netpol-core/examples/**/*.yaml'
  $ netpol check -o sarif k8s/ > netpol.sarif
  $ helm template . | netpol check -
"""


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    parser = add_command(subparsers, "check", about=ABOUT, more=MORE)
    parser.add_argument(
        "paths",
        metavar="PATH",
        nargs="*",
        help="a file, a directory, a pattern, or -; the same as -f PATH",
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=("text", "json", "sarif"),
        default="text",
        help="text (the default), json or sarif",
    )
    parser.add_argument("--strict", action="store_true", help="warnings count too")
    add_loading_arguments(parser, required=False)


def run(arguments: argparse.Namespace) -> int:
    """Checks, and tells."""
    arguments.filenames = [*arguments.paths, *arguments.filenames]
    loading = Loading.of(arguments)
    if not loading.paths:
        raise CommandError("no manifests: name files, directories, or `-`")
    checked = Checked.of(loading)
    if checked.report:
        tell(checked.report)
    if arguments.output == "json":
        print(json.dumps(checked.to_dict(), indent=2, ensure_ascii=False))
    elif arguments.output == "sarif":
        from .sarif import log

        print(json.dumps(log(checked.found), indent=2, ensure_ascii=False))
    else:
        print(checked.summary())
    if checked.is_unreadable:
        return 2
    return 1 if checked.errors or (arguments.strict and checked.found) else 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found."""

    manifest: Manifest
    """The objects."""
    found: tuple[Diagnostic, ...]
    """Everything, in the order of the input; what concerns several objects at the end."""
    report: str
    """The same for people."""

    @classmethod
    def of(cls, loading: Loading) -> Checked:
        """Checks manifests one by one, and what they are together."""
        manifest = loading.manifest()
        found = manifest.check(
            admission=loading.admission, options=loading.options, together=True
        )
        return cls(manifest, found, loading.report(manifest, together=True) if found else "")

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(one.is_error for one in self.found)

    @property
    def is_unreadable(self) -> bool:
        """Whether there is a file that could not be read, or nothing at all."""
        if any(one.type == "syntax" and one.location is None for one in self.found):
            return True
        return not self.found and not len(self.manifest) and not self.manifest.skipped()

    def summary(self) -> str:
        """One line for people."""
        warnings = len(self.found) - self.errors
        parts = [_count(len(self.manifest), "object")]
        if passed := sum(self.manifest.skipped().values()):
            parts.append(f"{passed} passed over")
        errors = _count(self.errors, "error")
        parts.append(paint(errors, "red", sys.stdout) if self.errors else errors)
        text = _count(warnings, "warning")
        parts.append(paint(text, "yellow", sys.stdout) if warnings else text)
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Everything for programs."""
        return {
            "objects": len(self.manifest),
            "skipped": self.manifest.skipped(),
            "errors": self.errors,
            "warnings": len(self.found) - self.errors,
            "findings": [finding(one) for one in self.found],
        }


def finding(found: Diagnostic) -> dict[str, Any]:
    """A finding for programs; what it does not have is left out."""
    place = found.location
    named = found.object
    fields: dict[str, Any] = {
        "severity": str(found.severity),
        "type": found.type,
        "code": found.code,
        "file": found.file,
        "line": place and place.line,
        "column": place and place.column,
        "offset": place and place.offset,
        "length": place and place.length,
        "object": named
        and {"kind": named.kind, "namespace": named.namespace, "name": named.name},
        "path": found.path,
        "kind": found.kind,
        "value": found.value,
        "detail": found.detail,
        "message": found.message,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
