"""A file of questions, each a line of JSON, answered line by line."""

from __future__ import annotations

import contextlib
import difflib
import json
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from .._verdicts import Direction
from .asking import Answer, Question, exit_code
from .loading import Loading
from .terminal import CommandError, error

# A question is a hundred bytes; what is longer is none, and need not be held in memory.
LONGEST_LINE = 1 << 20

FIELDS = {
    "id": "",
    "from": "source",
    "to": "destination",
    "port": "port",
    "protocol": "protocol",
    "icmp": "icmp",
    "fragment": "fragment",
    "viaService": "via_service",
    "direction": "direction",
}


def answer_all(path: str, loading: Loading, *, explain: bool) -> int:
    """Answers every line of a file, and returns what to exit with: 0 when all are allowed, 1 when one is
    not, 2 when one has no answer.

    Each answer is written as soon as there is one when the questions come from the standard input.
    """
    engine = loading.engine()
    worst = 0
    name = "<stdin>" if path == "-" else path
    opened = contextlib.nullcontext(sys.stdin.buffer) if path == "-" else open(path, "rb")
    with opened as stream:
        for number, line in _lines(stream):
            answer: dict[str, Any] = {"line": number}
            try:
                plain = _parse(line)
                if "id" in plain:
                    answer["id"] = plain["id"]
                question = _question(plain, loading)
                if explain:
                    found: Answer = question.explain(engine)
                    answer["verdict"] = found.verdict
                    answer["explanation"] = found.explanation.to_dict()
                else:
                    answer["verdict"] = question.decide(engine)
                worst = max(worst, exit_code(answer["verdict"]))
            except CommandError as failed:
                error(f"{name}:{number}: {failed}")
                answer["error"] = str(failed)
                worst = 2
            sys.stdout.write(json.dumps(answer) + "\n")
            if path == "-":
                sys.stdout.flush()
    return worst


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Each line that is not blank, with its number; `None` for one that is too long."""
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) <= LONGEST_LINE:
            if line.strip():
                yield number, line
            continue
        while not line.endswith(b"\n") and (line := stream.readline(LONGEST_LINE)):
            pass
        yield number, None


def _parse(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise CommandError(f"the line is longer than {LONGEST_LINE} bytes")
    try:
        plain = json.loads(line, object_pairs_hook=_object)
    except RecursionError:
        raise CommandError("invalid JSON: too deeply nested") from None
    except UnicodeDecodeError:
        raise CommandError("invalid JSON: not UTF-8") from None
    except json.JSONDecodeError as failed:
        raise CommandError(f"invalid JSON: {failed.msg} at column {failed.colno}") from None
    except ValueError as failed:
        # A number of more digits than Python reads.
        raise CommandError(f"invalid JSON: {failed}") from None
    if not isinstance(plain, dict):
        raise CommandError("a question is an object: {\"from\": …, \"to\": …, \"port\": …}")
    return plain


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CommandError(f"field `{twice}` is there twice")
    return made


def _question(plain: dict[str, Any], loading: Loading) -> Question:
    for name in plain:
        if name not in FIELDS:
            near = difflib.get_close_matches(name, FIELDS, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(FIELDS)}"
            raise CommandError(f"unknown field `{name}`: {hint}")
    for name in ("from", "to"):
        if not isinstance(plain.get(name), str):
            missing = "is missing" if plain.get(name) is None else "must be a text"
            raise CommandError(f"field `{name}` {missing}")
    for name in ("fragment", "viaService"):
        if not isinstance(plain.get(name, False), bool):
            raise CommandError(f"field `{name}` must be true or false")
    port = plain.get("port")
    if type(port) is int and not 0 <= port <= 65535:
        raise CommandError(f"{port} is no port: 0 to 65535")
    given = {FIELDS[name]: value for name, value in plain.items() if value is not None}
    given.pop("", None)
    direction = given.pop("direction", None)
    if direction is not None and direction not in list(Direction):
        raise CommandError(f"direction must be `ingress` or `egress`, not {json.dumps(direction)}")
    if "icmp" in given:
        given["icmp"] = _icmp(given["icmp"])
        given.setdefault("protocol", "ICMP")
    source, destination = given.pop("source"), given.pop("destination")
    return Question(
        loading.full_name(source),
        loading.full_name(destination),
        given,
        Direction(direction) if direction else None,
    )


def _icmp(value: object) -> tuple[int, int]:
    if isinstance(value, list) and len(value) == 2:
        kind, code = value
        if type(kind) is int and type(code) is int and 0 <= kind <= 255 and 0 <= code <= 255:
            return kind, code
    raise CommandError("field `icmp` must be [type, code], each 0 to 255")
