"""``netpol explain``: a verdict with everything it rests on."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from . import decide
from .asking import add_question_arguments
from .loading import add_loading_arguments
from .parsers import add_command

if TYPE_CHECKING:
    from .parsers import Subparsers

ABOUT = """\
May this connection be opened, and why? For each direction it says who isolates the pod, which rules
allow, and, when none does, which came nearest and what it failed on. Of a Service, for each backend.
"""

MORE = """\
exits with 0 for allow, 1 for deny and mixed, 2 when there is no answer

examples:
  $ netpol explain -f netpol-core/examples/shop --from shop/web --to shop/db -p postgres
  $ netpol explain -f netpol-core/examples/shop --from shop/db --to 10.20.99.7 -p 443 -o json
  $ netpol explain -f netpol-core/examples/shop --from shop/api --to shop/db -p 53 --protocol UDP
  $ netpol explain -f netpol-core/examples/shop --from shop/web --to svc/shop/api -p http
"""


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    parser = add_command(subparsers, "explain", about=ABOUT, more=MORE)
    add_question_arguments(parser)
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="text (the default) or json"
    )
    add_loading_arguments(parser)
    parser.set_defaults(explain=True, queries=None)


def run(arguments: argparse.Namespace) -> int:
    """Explains."""
    return decide.run(arguments)
