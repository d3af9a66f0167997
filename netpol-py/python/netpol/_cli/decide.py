"""``netpol decide``: one question, or a file of them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from .asking import Question, add_question_arguments
from .loading import Loading, add_loading_arguments
from .parsers import add_command
from .terminal import CommandError, paint, printable

if TYPE_CHECKING:
    from .parsers import Subparsers

ABOUT = """\
May this connection be opened? Says allow or deny, for manifests on disk or from a cluster.

A name without a namespace is one of namespace `default`, or of the one that -n says. Addresses and
ports are those after DNAT, of pods. A Service, svc/namespace/name, is allowed when each of its
backends is, on the port that it has there; mixed means that some are and some are not.
"""

MORE = """\
--queries reads one question a line, {"from": "shop/web", "to": "shop/db", "port": 5432}, and answers
each with a line as soon as it is read. Further fields are protocol, icmp ([type, code]), fragment,
viaService, direction, and id, which comes back with the answer. A line that is no question is
told with its number, and the rest is answered all the same.

exits with 0 for allow, 1 for deny and mixed, 2 when there is no answer; with --queries, 0 when all
are allowed, 1 when one is not, 2 when one has no answer

examples:
  $ netpol decide -f netpol-core/examples/shop --from shop/api --to shop/db --port postgres
  $ netpol decide -f netpol-core/examples/shop --from shop/web --to shop/db -p 5432 --explain
  $ netpol decide -f netpol-core/examples/shop --from 192.0.2.7 --to shop/web --protocol ICMP
  $ netpol decide -f netpol-core/examples/shop --from shop/web --to svc/shop/api --port 80
  $ echo '{"from": "shop/web", "to": "shop/api", "port": "http"}' | netpol decide -f netpol-core/examples/shop --queries -
  $ kubectl get ns,nodes,pods,svc,endpointslices,netpol -A -o json | netpol decide --stored -f - --from shop/api --to shop/db -p 5432
"""


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    parser = add_command(subparsers, "decide", about=ABOUT, more=MORE)
    add_question_arguments(parser)
    parser.add_argument("--explain", action="store_true", help="say what the verdict rests on")
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (the default) or json"
    )
    parser.add_argument(
        "--queries",
        metavar="FILE",
        help="answer a file of questions, one JSON object a line; - is the standard input",
    )
    add_loading_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Answers."""
    loading = Loading.of(arguments)
    if arguments.queries is not None:
        from .queries import answer_all

        for name in ("source", "destination", "port", "protocol", "icmp", "direction"):
            if getattr(arguments, name) is not None:
                raise CommandError(f"with --queries, the questions say what --{_FLAGS.get(name, name)} does")
        if arguments.queries == "-" and "-" in loading.paths:
            raise CommandError("the standard input, `-`, can be read only once")
        return answer_all(arguments.queries, loading, explain=arguments.explain)
    question = Question.of(arguments, loading)
    answer = question.explain(loading.engine())
    if arguments.output == "json":
        verdict = json.dumps({"verdict": answer.verdict})
        print(answer.explanation.to_json() if arguments.explain else verdict)
        return answer.code
    colour = "green" if answer.code == 0 else "red"
    print(paint(answer.verdict, colour, sys.stdout))
    if arguments.explain:
        for line in answer.text().splitlines()[1:]:
            print(printable(line))
    else:
        for remark in answer.remarks():
            print(printable(remark))
    return answer.code


_FLAGS = {"source": "from", "destination": "to"}
