"""One direction of an explanation, as text."""

from __future__ import annotations

from ._answers import Explanation, ServiceExplanation
from ._verdicts import Direction


def explained(explanation: Explanation | ServiceExplanation, direction: Direction | None) -> str:
    """An explanation for people; with a direction, only what it says of that one. Those about Services
    are always about both.

    >>> from netpol._one_side import explained
    >>> engine = netpol.load("netpol-core/examples/shop")
    >>> whole = engine.explain("shop/web", "shop/db", port=5432)
    >>> print(explained(whole, netpol.Direction.EGRESS))
    allow
    TCP shop/web -> shop/db port 5432
    egress from shop/web: allow, not isolated
    """
    text = str(explanation)
    if direction is None or isinstance(explanation, ServiceExplanation):
        return text
    kept = [str(explanation.direction(direction).verdict)]
    is_meant = True
    for line in text.splitlines()[1:]:
        # What a direction rests on stands below it, indented.
        if not line.startswith(" "):
            other = Direction.EGRESS if direction is Direction.INGRESS else Direction.INGRESS
            is_meant = not line.startswith(f"{other} ")
        if is_meant:
            kept.append(line)
    return "\n".join(kept)
