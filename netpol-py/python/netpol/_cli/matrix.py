"""``netpol matrix``: who reaches whom, and what a change opens and closes."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .loading import Loading, add_end_argument, add_loading_arguments, expanded
from .parsers import add_command
from .terminal import CommandError, is_coloured, tell, warning

if TYPE_CHECKING:
    from .._matrix import Matrix, MatrixChanges
    from .parsers import Subparsers

ABOUT = """\
Who reaches whom on a port? A row for each source, a column for each destination: the endpoints of the
manifests, replicas of a workload as one; the prefixes that policies name; and everybody else.

The page that -o html writes is one file that loads nothing: search it, and click a cell to see what
its verdict rests on.
"""

MORE = """\
--diff says what a change opens and what it closes: the manifests of -f are before, those of --diff
after. Both are read in the same way.

exits with 0; with --diff, 0 when nothing is opened or closed, 1 when something is; 2 when it cannot
be told

examples:
  $ netpol matrix -f netpol-core/examples/shop -p 5432
  $ netpol matrix -f netpol-core/examples/shop -p http -p postgres --to 'shop/*' -o csv
  $ netpol matrix -f netpol-core/examples/shop -p http --to 'svc/shop/*' --no-prefixes
  $ netpol matrix -f netpol-core/examples/shop -p 5432 -o html > shop.html
  $ netpol matrix -f netpol-core/examples/shop -p 5432 --diff netpol-core/examples/shop/workloads.yaml
  $ kubectl get ns,nodes,pods,netpol -A -o json | netpol matrix --stored -f - -p 5432 --group-by namespace
"""

FORMS = ("text", "csv", "json", "html", "png")


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    parser = add_command(subparsers, "matrix", about=ABOUT, more=MORE)
    parser.add_argument(
        "-p",
        "--port",
        dest="ports",
        metavar="PORT",
        action="append",
        required=True,
        help="a number, or the name that destinations have for it; 53/UDP is one of another protocol; "
        "may be repeated",
    )
    parser.add_argument(
        "--protocol", metavar="NAME", default="TCP", help="TCP (the default), UDP or SCTP"
    )
    for flag, name, what in (("--from", "sources", "rows"), ("--to", "destinations", "columns")):
        add_end_argument(
            parser,
            flag,
            dest=name,
            services=name == "destinations",
            metavar="END",
            action="append",
            help=f"whom the {what} are about, instead of everybody: an endpoint, a pattern of names such as "
            "'shop/*', an address, a prefix" + (", a Service" * (name == "destinations")) + "; may be repeated",
        )
    parser.add_argument(
        "--group-by",
        choices=("workload", "labels", "namespace", "endpoint"),
        default="workload",
        help="which endpoints are one row: replicas of a workload (the default), those of a namespace "
        "with the same labels, those of a namespace, or none",
    )
    parser.add_argument(
        "--no-prefixes",
        dest="prefixes",
        action="store_false",
        help="leave out whoever is not in the cluster",
    )
    parser.add_argument("--nodes", action="store_true", help="have rows and columns for nodes too")
    parser.add_argument("--services", action="store_true", help="have columns for Services too")
    parser.add_argument(
        "--diff",
        metavar="PATH",
        nargs="+",
        action="extend",
        help="manifests after a change: say what it opens and closes",
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=FORMS,
        default=None,
        help="text (the default), csv, json, html or png; or as the name of the file says",
    )
    parser.add_argument(
        "-O",
        "--output-file",
        metavar="FILE",
        default=None,
        help="write a file instead of the standard output",
    )
    parser.add_argument(
        "--explanations",
        metavar="COUNT",
        type=int,
        default=50_000,
        help="how many explanations a page has at most (default: 50000)",
    )
    add_loading_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Shows the matrix, or the changes."""
    form, path = _form(arguments)
    loading = Loading.of(arguments)
    found = _matrix(arguments, loading)
    _warn(found)
    if arguments.diff is None:
        _write(_shown(found, form, arguments, path), path)
        return 0
    after = loading.engine(*expanded(arguments.diff))
    changes = found.diff(after)
    _write(_shown(changes, form, arguments, path), path)
    return 1 if changes else 0


def _form(arguments: argparse.Namespace) -> tuple[str, str | None]:
    """How it is shown, and the file that it goes to."""
    path = arguments.output_file
    ending = Path(path).suffix.removeprefix(".").lower() if path else ""
    form = arguments.output or (ending if ending in FORMS else "text")
    if form == "png" and arguments.diff is not None:
        raise CommandError("changes are shown as text, csv, json or html, not as png")
    if form == "png" and path is None and sys.stdout.isatty():
        raise CommandError("a picture is nothing for a terminal: say which file with --output-file")
    return form, path


def _matrix(arguments: argparse.Namespace, loading: Loading) -> Matrix:
    from .._matrix import matrix

    engine = loading.engine()
    ends = (
        None if given is None else [_end(loading, text) for text in given]
        for given in (arguments.sources, arguments.destinations)
    )
    sources, destinations = ends
    try:
        return matrix(
            engine,
            port=arguments.ports,
            protocol=arguments.protocol,
            sources=sources,
            destinations=destinations,
            group_by=arguments.group_by,
            prefixes=arguments.prefixes,
            nodes=arguments.nodes,
            services=arguments.services,
        )
    except ValueError as refused:
        raise CommandError(str(refused)) from None


def _warn(found: Matrix) -> None:
    """Tells of ports about which nothing can be said, such as a misspelt name."""
    from .._matrix import Access

    answered = found.access_by_port != list(Access).index(Access.UNANSWERED)
    for number, port in enumerate(found.ports):
        if answered[number].any() or not found.sources or not found.destinations:
            continue
        reason = found.cell(0, 0).ports[number].reason
        warning(f"no question about {port} has an answer; the first: {reason}")


def _end(loading: Loading, text: str) -> str:
    return loading.full_name(text)


def _shown(
    found: Matrix | MatrixChanges, form: str, arguments: argparse.Namespace, path: str | None
) -> str | bytes:
    from .._matrix import Matrix

    if form == "json":
        return json.dumps(found.to_dict(), indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        if isinstance(found, Matrix):
            return _csv(("source", "destination", "protocol", "port", "access"), found)
        return _csv(("source", "destination", "change", "before", "after"), found)
    if form == "html":
        return found.to_html(explanations=arguments.explanations)
    if form == "png" and isinstance(found, Matrix):
        return _picture(found)
    coloured = path is None and is_coloured(sys.stdout)
    return found.to_text(color=coloured) + "\n"


def _csv(names: tuple[str, ...], found: Matrix | MatrixChanges) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(found.rows())
    return text.getvalue()


def _picture(found: Matrix) -> bytes:
    try:
        figure = found.to_figure()
    except ImportError as missing:
        raise CommandError(str(missing)) from None
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=150)
    return picture.getvalue()


def _write(shown: str | bytes, path: str | None) -> None:
    if path is None or path == "-":
        if isinstance(shown, bytes):
            sys.stdout.buffer.write(shown)
        else:
            sys.stdout.write(shown)
        return
    content = shown if isinstance(shown, bytes) else shown.encode()
    Path(path).write_bytes(content)
    tell(f"wrote {os.path.relpath(path) if len(path) > 100 else path}")
