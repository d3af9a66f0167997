"""Whether an expectation holds, and what to say when it does not."""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .. import _services
from .._answers import Account, Address, Explanation, Network, Reach
from .._errors import NetpolError
from .._names import Endpoint, PolicyName, is_address
from .._netpol import Engine
from .._types import EndpointLike
from .._verdicts import Direction, ServiceVerdict, TierOutcome, Verdict
from ._fields import is_pattern, range_of
from ._model import Expectation, Outcome, Status

# How many ends of a pattern or a range are named that are not as expected.
NAMED = 5


def judge(expectation: Expectation, engine: Engine) -> Outcome:
    """Asks the engine."""
    try:
        return _judge(expectation, engine)
    except (NetpolError, TypeError, ValueError) as failed:
        return Outcome(expectation, Status.ERROR, f"{expectation} has no answer: {failed}")


def _judge(expectation: Expectation, engine: Engine) -> Outcome:
    if range_of(expectation.source) or range_of(expectation.destination):
        outcome = _judge_ranges(expectation, engine)
    else:
        outcome = _judge_pairs(expectation, engine)
    if outcome.status is Status.PASSED and expectation.only is not None:
        return _judge_only(expectation, engine)
    return outcome


def _judge_pairs(expectation: Expectation, engine: Engine) -> Outcome:
    """An expectation about endpoints and single addresses."""
    otherwise: list[tuple[EndpointLike, EndpointLike]] = []
    asks_why = expectation.reason is not None or expectation.by is not None
    for source, destination, verdict in _verdicts(expectation, engine):
        if verdict != expectation.expect:
            otherwise.append((source, destination))
        elif asks_why:
            explanation = _explain(expectation, engine, source, destination)
            message = _rests_otherwise(expectation, explanation)
            if message:
                return Outcome(expectation, Status.FAILED, message, explanation)
    if otherwise:
        explanation = _explain(expectation, engine, *otherwise[0])
        return failed(expectation, explanation, _pair_names(otherwise))
    return Outcome(expectation, Status.PASSED)


def _judge_ranges(expectation: Expectation, engine: Engine) -> Outcome:
    """An expectation one end of which is a range of addresses, which are not asked one by one. An
    address in it that is an endpoint's is as the endpoint is, and not meant."""
    is_source = range_of(expectation.source) is not None
    network = range_of(expectation.source if is_source else expectation.destination)
    other = expectation.destination if is_source else expectation.source
    assert network is not None
    otherwise: list[tuple[EndpointLike, EndpointLike]] = []
    for end in _ends(other, engine):
        wrong: list[Network] = []
        for _, reach in _reaches(expectation, engine, end, towards=is_source):
            reached = [one for one in reach.networks if _overlap(one, network)]
            if expectation.expect is Verdict.ALLOW:
                wrong += _without([network], reached)
            else:
                wrong += [max(one, network, key=lambda it: it.prefixlen) for one in reached]
        wrong = _collapsed(wrong)
        pairs = [(one.network_address, end) for one in wrong]
        otherwise += [pair if is_source else pair[::-1] for pair in pairs]
        if wrong:
            explanation = _explain(expectation, engine, *otherwise[0])
            return failed(expectation, explanation, [str(one) for one in wrong])
    return Outcome(expectation, Status.PASSED)


def _judge_only(expectation: Expectation, engine: Engine) -> Outcome:
    """Whether nobody else may open the connection."""
    assert expectation.only is not None
    known = {end for own in expectation.only if not range_of(own) for end in _ends(own, engine)}
    networks = [network for own in expectation.only if (network := range_of(own))]
    known_names = {str(end) for end in known}
    networks += [ipaddress.ip_network(one) for one in known_names if is_address(one)]
    others: dict[Endpoint, None] = {}
    rest: list[Network] = []
    for reached, reach in _reaches(expectation, engine, expectation.destination, towards=True):
        # A pod always reaches itself, which nobody has in mind.
        itself = _named(engine, reached)
        others |= {
            end: None
            for end in reach.endpoints
            if end != itself
            and not known_names & {str(end), f"{end.namespace}/{end.name}"}
            and not any(_is_address_of(engine, end, one) for one in known)
        }
        rest += _without(list(reach.networks), networks)
    rest = _collapsed(rest)
    if not others and not rest:
        return Outcome(expectation, Status.PASSED)
    first: EndpointLike = next(iter(others)) if others else rest[0].network_address
    explanation = _explain(expectation, engine, first, expectation.destination)
    names = _listed([str(one) for one in (*others, *rest)])
    message = f"others than expected may open {expectation}: {names}"
    return Outcome(expectation, Status.FAILED, message, explanation)


def _explain(
    expectation: Expectation, engine: Engine, source: EndpointLike, destination: EndpointLike
) -> _services.AnyExplanation:
    return _services.explain(engine, source, destination, **_question(expectation))


def _question(expectation: Expectation) -> dict[str, Any]:
    """What is asked about a pair of ends, as `Engine.decide` and `Engine.explain` take it."""
    return {
        "port": expectation.port,
        "protocol": expectation.protocol,
        "icmp": expectation.icmp,
        "fragment": expectation.fragment,
        "via_service": expectation.via_service,
    }


def _reaches(
    expectation: Expectation, engine: Engine, end: EndpointLike, *, towards: bool
) -> Iterator[tuple[EndpointLike, Reach]]:
    """An end with who reaches it, or with whom it reaches; in the place of a Service each of its
    backends."""
    port, protocol = expectation.port, expectation.protocol
    if port is None:
        raise ValueError("a range of addresses goes with a port")
    if _services.is_service(end):
        for backend in _services.backends(engine, str(end), port=port, protocol=protocol):
            own = backend.endpoint or backend.address
            assert own is not None
            yield own, engine.sources_of(own, port=backend.port, protocol=protocol)
    elif towards:
        yield end, engine.sources_of(end, port=port, protocol=protocol)
    elif isinstance(port, int):
        yield end, engine.destinations_of(end, port=port, protocol=protocol)
    else:
        raise ValueError(f"port `{port}` means nothing in a range of addresses: give its number")


def failed(
    expectation: Expectation, explanation: _services.AnyExplanation, names: Sequence[str] = ()
) -> Outcome:
    """The outcome when the verdict is another; `names` are the ends for which it is, where the
    expectation is about several."""
    is_many = is_pattern(expectation.source + expectation.destination) or len(names) > 1
    is_many = is_many or bool(range_of(expectation.source) or range_of(expectation.destination))
    side = expectation.direction
    if side is not None and isinstance(explanation, Explanation):
        found: str = explanation.direction(side).verdict
    else:
        found = explanation.verdict
    message = f"{expectation} is {_past(found)}, and was expected to be {_past(expectation.expect)}"
    if is_many:
        message += f"; so for {_listed(names)}"
    elif found == ServiceVerdict.MIXED:
        backends = _services.per_backend(explanation)
        others = [name for name, own in backends if own.verdict != expectation.expect]
        message += f"; otherwise for {_listed(others)}"
    return Outcome(expectation, Status.FAILED, message, explanation)


def _rests_otherwise(expectation: Expectation, explanation: _services.AnyExplanation) -> str:
    """What to say when a verdict that is as expected does not rest on what was expected: with each
    backend, where it is about a Service."""
    for backend, own in _services.per_backend(explanation):
        accounts = list(_deciding(own, expectation.direction))
        but = f"{expectation} is {_past(expectation.expect)} as expected, but"
        but += f" for {backend}" if backend else ""
        reasons = dict.fromkeys(str(account.reason) for account in accounts)
        if expectation.reason is not None and str(expectation.reason) not in reasons:
            return f"{but} the reason is {' and '.join(reasons)}, not {expectation.reason}"
        policies = [policy for account in accounts for policy in _policies(account)]
        by = expectation.by
        if by is not None and not any(by in _policy_names(policy) for policy in policies):
            found = " and ".join(dict.fromkeys(map(str, policies))) or "no policy"
            return f"{but} by {found}, not by {by}"
    return ""


def _deciding(explanation: Explanation, direction: Direction | None) -> Iterator[Account]:
    """The directions that a verdict rests on: the one that was asked for, those that deny, or both
    when both allow."""
    for account in (explanation.egress, explanation.ingress):
        if direction is not None and account.direction is not direction:
            continue
        if direction is not None or account.verdict == explanation.verdict:
            yield account


def _policies(account: Account) -> Iterator[PolicyName]:
    """The policies that the verdict of a direction rests on."""
    ends = (TierOutcome.ACCEPT, TierOutcome.DENY, TierOutcome.NOT_UNDERSTOOD)
    yield from (step.rule.policy for step in account.tiers if step.rule and step.outcome in ends)
    yield from (rule.policy for rule in account.allowed_by)
    if account.verdict is Verdict.DENY:
        yield from account.isolated_by


def _policy_names(policy: PolicyName) -> set[str]:
    """How a policy may be called: with its kind or without."""
    name = f"{policy.namespace}/{policy.name}" if policy.namespace else policy.name
    return {name, f"{policy.kind} {name}", str(policy)}


def _verdicts(
    expectation: Expectation, engine: Engine
) -> Iterator[tuple[EndpointLike, EndpointLike, str]]:
    """The verdict on every pair of ends that an expectation is about."""
    direction = expectation.direction
    if not is_pattern(expectation.source + expectation.destination):
        ends = expectation.source, expectation.destination
        yield *ends, _services.decide(engine, *ends, direction=direction, **_question(expectation))
        return
    sources = list(_ends(expectation.source, engine))
    owners = [_named(engine, source) for source in sources]
    names = [str(source) for source in sources]
    for destination in _ends(expectation.destination, engine):
        # A pod always reaches itself, which nobody has in mind who writes a pattern.
        itself = _named(engine, destination)
        verdicts = _decided(expectation, engine, names, str(destination))
        for source, owner, verdict in zip(sources, owners, verdicts, strict=True):
            if owner is None or owner != itself:
                yield source, destination, verdict


def _decided(
    expectation: Expectation, engine: Engine, sources: list[str], destination: str
) -> Iterable[str]:
    """The verdicts on many sources of a connection to one destination."""
    question = _question(expectation)
    if expectation.port is None or _services.is_service(destination):
        direction = expectation.direction
        for source in sources:
            yield _services.decide(engine, source, destination, direction=direction, **question)
        return
    # A pattern may match ten thousand pods, and another one as many.
    del question["icmp"]
    columns = {"source": sources, "destination": destination} | question
    allowed = engine.decide_batch(columns, direction=expectation.direction)
    yield from ("allow" if one else "deny" for one in allowed.tolist())


def _ends(end: str, engine: Engine) -> Iterator[EndpointLike]:
    """The endpoints or Services that a pattern matches; anything else as it is."""
    if not is_pattern(end):
        yield end
        return
    if _services.is_service(end):
        yield from map(_services.called, _services.matching(engine, end))
        return
    found = [
        endpoint
        for endpoint in engine.endpoints()
        if fnmatch.fnmatchcase(_full_name(endpoint, end), end)
    ]
    if not found:
        raise NetpolError(f"the pattern `{end}` matches no endpoint")
    yield from found


def _full_name(endpoint: Endpoint, pattern: str) -> str:
    name = f"{endpoint.namespace}/{endpoint.name}"
    return f"{endpoint.kind.lower()}/{name}" if pattern.count("/") == 2 else name


def _named(engine: Engine, end: EndpointLike) -> Endpoint | None:
    """The endpoint at an end, if there is one."""
    if isinstance(end, Endpoint):
        return end
    if not isinstance(end, str) or is_address(end):
        return engine.owner(end)
    return engine.endpoint(end) if not _services.is_service(end) else None


def _is_address_of(engine: Engine, endpoint: Endpoint, end: EndpointLike) -> bool:
    return isinstance(end, str) and is_address(end) and engine.owner(end) == endpoint


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _collapsed(networks: Iterable[Network]) -> list[Network]:
    """Networks as few ranges, those of IPv4 first."""
    by_version: dict[int, list[Any]] = {4: [], 6: []}
    for network in networks:
        by_version[network.version].append(network)
    return [one for own in by_version.values() for one in ipaddress.collapse_addresses(own)]


def _without(networks: Iterable[Network], taken: Iterable[Network]) -> list[Network]:
    """What is left of networks when others are taken away."""
    left = list(networks)
    for one in taken:
        rest: list[Network] = []
        for network in left:
            if not _overlap(network, one):
                rest.append(network)
            elif network.prefixlen < one.prefixlen:
                rest += network.address_exclude(one)  # type: ignore[arg-type]
        left = rest
    return left


def _pair_names(pairs: list[tuple[EndpointLike, EndpointLike]]) -> list[str]:
    return [f"{source} -> {destination}" for source, destination in pairs]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _past(verdict: str) -> str:
    words = {
        "allow": "allowed",
        "deny": "denied",
        "mixed": "allowed for some of its backends and denied for others",
    }
    return words[verdict]
