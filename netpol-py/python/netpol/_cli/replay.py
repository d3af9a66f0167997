"""``netpol replay``: what a change would have done to recorded flows."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .._netpol import Cluster, Engine
from .._replay import Effect, Replay, replay
from .._replay.result import lines
from .loading import Loading, add_loading_arguments, expanded, told
from .parsers import add_command
from .terminal import CommandError, paint, printable, tell, warning

if TYPE_CHECKING:
    from .parsers import Subparsers

ABOUT = """\
What would a policy change have done to recorded flows? Says which it would have blocked or opened,
counted and grouped by ends, port and the policies that decide, and which did not go as the policies
before the change have it.

FLOWS are files, patterns and directories of CSV, JSON lines, Parquet, Arrow, or the text of VPC flow
logs, compressed or not; or -, the standard input. They are read once, batch by batch.
"""

MORE = """\
-f names what both sides have, such as a dump of the cluster; --before and --after are added to it
and replace what has the same name. Without --after, the log is held against the policies alone.

A log of AWS, Google Cloud, Hubble or Calico is known by its columns. Other columns are named by
--columns: source=src_ip,destination=dst_ip,port=dst_port and so on, with the names that
netpol.FlowColumns has. Replies are skipped where the log tells which they are; VPC flow logs need
guessing, which --replies keep turns off.

exits with 0 when no flow is affected, 1 when one is (--fail-on says how), 2 when nothing could be
judged

examples:
  $ cd netpol-py/examples/replay; netpol replay flows.log -f cluster.yaml --before before.yaml --after after.yaml
  $ cd netpol-py/examples/replay; netpol replay - --format vpc -f cluster.yaml -f before.yaml --fail-on passed < flows.log
  $ kubectl get ns,nodes,pods,netpol -A -o json | netpol replay 'netpol-py/examples/**/*.log' -f - --stored --after k8s/policies -o json
"""

_EFFECTS = tuple(str(effect) for effect in Effect)


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    parser = add_command(subparsers, "replay", about=ABOUT, more=MORE)
    parser.add_argument("flows", metavar="FLOWS", nargs="+", help="recorded flows")
    parser.add_argument(
        "--before", metavar="PATH", action="append", default=[], help="manifests before the change; may be repeated"
    )
    parser.add_argument(
        "--after", metavar="PATH", action="append", default=[], help="manifests after it; may be repeated"
    )
    parser.add_argument(
        "--format",
        choices=("csv", "json", "parquet", "arrow", "vpc", "gcp", "hubble", "calico"),
        help="what the files hold, where their names do not tell",
    )
    parser.add_argument(
        "--columns",
        metavar="NAME=COLUMN[,...]",
        action="append",
        default=[],
        help="what the log calls its columns; or one of vpc, gcp, hubble and calico",
    )
    parser.add_argument(
        "--replies",
        choices=("skip", "turn", "keep"),
        default="skip",
        help="what becomes of replies: skip them (the default), turn them round, or keep them as they are",
    )
    parser.add_argument(
        "--ends",
        choices=("endpoint", "workload", "namespace"),
        default="workload",
        help="which endpoints are counted together (default: those of a workload)",
    )
    parser.add_argument(
        "--outside",
        metavar="IPV4,IPV6",
        type=_lengths,
        default=(24, 64),
        help="the lengths of the prefixes in which other addresses are counted (default: 24,64)",
    )
    parser.add_argument(
        "--max-groups", metavar="N", type=int, default=100_000, help="how many groups may be kept in memory"
    )
    parser.add_argument(
        "--top", metavar="N", type=int, default=20, help="how many groups of each kind text shows (default: 20; 0: all)"
    )
    parser.add_argument(
        "--fail-on",
        metavar="EFFECT[,EFFECT...]",
        type=_effects,
        default=(Effect.BLOCKED, Effect.OPENED),
        help=f"what makes the exit code 1: {', '.join(_EFFECTS)}, or none (default: blocked,opened)",
    )
    parser.add_argument(
        "-o", "--output", choices=("text", "json", "csv"), default="text", help="text (the default), json or csv"
    )
    add_loading_arguments(parser, required=False)


def run(arguments: argparse.Namespace) -> int:
    """Replays, and tells."""
    before, after = _engines(arguments)
    try:
        found = replay(
            arguments.flows,
            before,
            after,
            columns=_columns(arguments.columns),
            format=arguments.format,
            replies=arguments.replies,
            ends=arguments.ends,
            outside=arguments.outside,
            max_groups=arguments.max_groups,
            progress=True,
        )
    except (ImportError, TypeError, ValueError) as refused:
        raise CommandError(str(refused)) from refused
    _print(found, arguments)
    totals = found.totals
    if totals.gaps:
        warning(f"the log is not complete: {totals.gaps:,} rows say that flows are missing")
    if totals.unread:
        warning(f"{totals.unread:,} of {totals.rows:,} rows could not be read")
        if arguments.output == "csv":
            for reason in found.unread:
                tell(printable(f"  {reason.count:,}  {reason.column}: {reason.detail}"))
    if totals.rows and not totals.judged and totals.unread:
        raise CommandError("no flow could be judged")
    return 1 if any(found.flows(effect) for effect in arguments.fail_on) else 0


def _engines(arguments: argparse.Namespace) -> tuple[Engine, Engine]:
    """The cluster before the change, and after it."""
    loading = Loading.of(arguments)
    sides = [expanded(side) for side in (arguments.before, arguments.after)]
    if [*loading.paths, *sides[0], *sides[1], *arguments.flows].count("-") > 1:
        raise CommandError("the standard input, `-`, can be read only once")
    if not loading.paths and not sides[0]:
        raise CommandError("no manifests: name what the cluster holds with -f, or with --before and --after")
    base = loading.cluster() if loading.paths else Cluster(loading.options)
    before, after = (_side(base, loading, paths) for paths in sides)
    return (before, after) if sides[1] else (before, before)


def _side(base: Cluster, loading: Loading, paths: tuple[str, ...]) -> Engine:
    cluster = base.copy()
    if paths:
        loading.cluster(*paths, onto=cluster)
    return told(cluster.publish())


def _columns(texts: list[str]) -> dict[str, str] | str | None:
    """What the log calls its columns."""
    if not texts:
        return None
    if len(texts) == 1 and "=" not in texts[0]:
        return texts[0]
    named = {}
    for text in texts:
        for pair in text.split(","):
            own, equals, theirs = pair.partition("=")
            if not equals:
                raise CommandError(f"`{pair}` is not NAME=COLUMN")
            named[own] = theirs
    return named


def _lengths(text: str) -> tuple[int, int]:
    try:
        ipv4, ipv6 = text.split(",")
        return int(ipv4), int(ipv6)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not two numbers, such as 24,64") from None


def _effects(text: str) -> tuple[Effect, ...]:
    if text == "none":
        return ()
    try:
        return tuple(Effect(word) for word in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not of {', '.join(_EFFECTS)} or none") from None


def _print(found: Replay, arguments: argparse.Namespace) -> None:
    if arguments.output == "json":
        print(found.to_json())
    elif arguments.output == "csv":
        print(_csv(found.to_arrow()), end="")
    else:
        for line in _painted(lines(found, arguments.top or None)):
            print(line)


def _csv(table: Any) -> str:
    from pyarrow import csv

    into = io.BytesIO()
    csv.write_csv(table, into)
    return into.getvalue().decode()


def _painted(told: Iterator[str]) -> Iterator[str]:
    """Headings in the colour of what they say."""
    for line in told:
        text = printable(line)
        heading = text.split(":")[0]
        if text.startswith(("blocked: ", "opened: ")) and not text.endswith(": none"):
            text = text.replace(heading, paint(heading, "red" if heading == "blocked" else "yellow", sys.stdout), 1)
        yield text
