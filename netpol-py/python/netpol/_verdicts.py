"""The answers and their parts that are one of a few words, spelt as in JSON and in the API."""

from __future__ import annotations

import enum
from typing import NoReturn


class Verdict(enum.StrEnum):
    """May the packet pass?

    Compares with its text too: ``Verdict.ALLOW == "allow"``. It has no truth value, because a
    denial would be as true as any other object: compare it, or ask for `is_allow`.

    >>> Verdict.ALLOW.is_allow
    True
    >>> bool(Verdict.DENY)
    Traceback (most recent call last):
    ...
    TypeError: a Verdict is neither true nor false: ask for `.is_allow`, or compare it with Verdict.ALLOW
    """

    DENY = "deny"
    """It may not."""
    ALLOW = "allow"
    """It may."""

    @property
    def is_allow(self) -> bool:
        """Whether the packet may pass."""
        return self is Verdict.ALLOW

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a Verdict is neither true nor false: ask for `.is_allow`, "
            "or compare it with Verdict.ALLOW"
        )


class ServiceVerdict(enum.StrEnum):
    """May a connection to a Service be opened? Has no truth value, as a `Verdict` has none."""

    DENY = "deny"
    """No backend may be reached."""
    ALLOW = "allow"
    """Every backend may be reached."""
    MIXED = "mixed"
    """Some may be reached and some not: it depends on which of them a connection is given to."""

    @property
    def is_allow(self) -> bool:
        """Whether every backend may be reached."""
        return self is ServiceVerdict.ALLOW

    def __bool__(self) -> NoReturn:
        raise TypeError(
            "a ServiceVerdict is neither true nor false: ask for `.is_allow`, "
            "or compare it with ServiceVerdict.ALLOW"
        )


class Direction(enum.StrEnum):
    """Which of a pod's two policies is meant."""

    INGRESS = "ingress"
    """Into the destination."""
    EGRESS = "egress"
    """Out of the source."""


class Tier(enum.StrEnum):
    """The place of a policy in the order of evaluation, which is the order of the members."""

    ADMIN = "Admin"
    """AdminNetworkPolicy, and ClusterNetworkPolicy of tier ``Admin``."""
    NETWORK_POLICY = "NetworkPolicy"
    """``networking.k8s.io`` NetworkPolicy: allow rules that add up."""
    BASELINE = "Baseline"
    """BaselineAdminNetworkPolicy, and ClusterNetworkPolicy of tier ``Baseline``."""


class Reason(enum.StrEnum):
    """Why one direction allows or denies."""

    NOT_A_POD = "notAPod"
    """The subject of this direction is no pod: a node, or an address outside the cluster."""
    NOT_ISOLATED = "notIsolated"
    """No policy isolates the pod in this direction, and no rule of an ordered tier decides."""
    RULE_MATCHES = "ruleMatches"
    """A rule allows it."""
    NO_RULE_MATCHES = "noRuleMatches"
    """The pod is isolated and no rule allows it."""
    SELF_TRAFFIC = "selfTraffic"
    """The pod talks to itself."""
    OWN_NODE = "ownNode"
    """The other side is the pod's own node."""
    LINK_SIGNALLING = "linkSignalling"
    """Neighbour or multicast listener discovery, which always passes."""
    UNMATCHED_PROTOCOL = "unmatchedProtocol"
    """The protocol has no ports, and the options let those pass."""
    ESSENTIAL_ICMP = "essentialIcmp"
    """Essential ICMP, which the options let pass."""
    FRAGMENT = "fragment"
    """A fragment without ports, on which the options decide."""
    UNKNOWN_POD_ADDRESS = "unknownPodAddress"
    """An address from a node's pod range that belongs to no pod."""
    NOT_SYNCED = "notSynced"
    """The cluster has not been told completely yet."""
    RULE_DENIES = "ruleDenies"
    """A rule of an ordered tier denies it."""
    RULE_NOT_UNDERSTOOD = "ruleNotUnderstood"
    """A rule of an ordered tier that is not understood denies everything."""


class TierOutcome(enum.StrEnum):
    """What a tier says to a packet."""

    ACCEPT = "accept"
    """A rule accepts."""
    DENY = "deny"
    """A rule denies."""
    NOT_UNDERSTOOD = "notUnderstood"
    """A rule that is not understood denies everything."""
    PASS = "pass"
    """A rule leaves it to the next tier."""
    NO_MATCH = "noMatch"
    """No rule matches: in the tier of NetworkPolicies a denial, in the others none."""
    OPTION = "option"
    """What no NetworkPolicy admits is left to an option."""


class Stage(enum.StrEnum):
    """What a rule that does not match fails on, nearest first."""

    PORT = "port"
    """The peer and the protocol match, the port does not."""
    PROTOCOL = "protocol"
    """The peer matches, the protocol does not."""
    EXCEPT = "except"
    """The address lies in the block, and in one of its excepts."""
    POD_LABELS = "podLabels"
    """The namespace matches, the pod's labels do not."""
    NAMESPACE = "namespace"
    """The peer is a pod of another namespace."""
    ADDRESS = "address"
    """The address is not in the block, or is not a pod's."""


class Severity(enum.StrEnum):
    """Whether a diagnostic refuses the input."""

    ERROR = "error"
    """The call that met it was refused."""
    WARNING = "warning"
    """The call went through."""


class Admission(enum.StrEnum):
    """How strictly an input is taken. Wherever one is expected, its text will do."""

    CREATE = "create"
    """For files and people: what ``kubectl create`` with strict field validation would refuse is
    refused, with all its errors at once."""
    STORED = "stored"
    """For objects that a cluster already holds (watch events, dumps): what parses is never refused,
    and each fault is a warning."""
