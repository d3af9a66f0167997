"""What came of expectations as a JUnit report, which CI systems show."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ..expectations import Status
from .results import Results


def write(path: str, results: Results) -> None:
    """Writes the report: a suite for each file, a case for each expectation."""
    root = ElementTree.Element("testsuites", name="netpol")
    for file in results.files:
        own = [timed for timed in results.outcomes if timed.outcome.expectation.file == file]
        statuses = [timed.outcome.status for timed in own]
        broken = results.broken.get(file)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_allowed(file),
            tests=str(len(own) + (broken is not None)),
            failures=str(statuses.count(Status.FAILED)),
            errors=str(statuses.count(Status.ERROR) + (broken is not None)),
            skipped="0",
            time=f"{sum(timed.seconds for timed in own):.6f}",
        )
        if broken is not None:
            case = ElementTree.SubElement(suite, "testcase", classname=_allowed(file), name="file")
            told = ElementTree.SubElement(case, "error", message="the file could not be run")
            told.text = _allowed(broken)
        for timed in own:
            outcome = timed.outcome
            place = outcome.expectation.location
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=_allowed(file),
                name=_allowed(str(outcome.expectation)),
                time=f"{timed.seconds:.6f}",
                file=_allowed(file),
                line=str(place.line if place else 0),
            )
            if outcome.status is not Status.PASSED:
                kind = "failure" if outcome.status is Status.FAILED else "error"
                told = ElementTree.SubElement(case, kind, message=_allowed(outcome.message))
                told.text = _allowed(str(outcome))
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _allowed(text: str) -> str:
    """A text with what XML has no form for written out."""
    return _FORBIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
