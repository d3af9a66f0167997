"""Which endpoints are replicas of one another, and what to call them together."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .._names import Endpoint
from .._netpol import LabelSelector
from ._contents import Contents

GroupBy: TypeAlias = Literal["workload", "labels", "namespace", "endpoint"] | Callable[[Endpoint], str]
GROUPINGS = ("workload", "labels", "namespace", "endpoint")

# Labels that controllers give to each pod, or to each generation of pods.
_OF_ONE_REPLICA = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "batch.kubernetes.io/job-name",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
# The order in which workloads own each other: what comes first is what people call the pods.
_KINDS = (
    "CronJob",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "ReplicaSet",
    "ReplicationController",
)
# What controllers put behind the name: numbers, and letters and digits that make no words.
_SUFFIX = re.compile(r"-(?:\d+|[bcdfghjklmnpqrstvwxz2456789]{5})\Z")


Labels: TypeAlias = tuple[tuple[str, str], ...]


def group(
    contents: Contents, endpoints: Iterable[Endpoint], by: GroupBy
) -> dict[str, tuple[Endpoint, ...]]:
    """Endpoints by the name of the group that they are in, each in the order given."""
    if callable(by) or by == "namespace":
        name = by if callable(by) else lambda endpoint: endpoint.namespace
        named: dict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in endpoints:
            named[str(name(endpoint))].append(endpoint)
        return {name: tuple(members) for name, members in named.items()}
    if by not in GROUPINGS:
        raise ValueError(f"group_by must be {', '.join(GROUPINGS)}, or callable, not {by!r}")
    workloads = _Workloads(contents)
    found: dict[object, _Replicas] = {}
    for endpoint in endpoints:
        labels = _shared_labels(contents, endpoint)
        owner = workloads.owner(endpoint)
        stem = owner.name if owner is not None else _stem(contents, endpoint)
        key: object = endpoint
        if by == "labels" and labels:
            key = (endpoint.namespace, labels)
        elif by == "workload":
            key = owner or (endpoint.namespace, stem, labels)
        is_controlled = owner is not None or labels != _labels(contents, endpoint)
        replicas = found.setdefault(key, _Replicas(stem, is_controlled, labels, []))
        replicas.members.append(endpoint)
    return _named(list(found.values()))


@dataclass(frozen=True, slots=True)
class _Replicas:
    """Endpoints that are replicas of one another."""

    stem: str
    """What the first is called without what makes it one of many."""
    is_controlled: bool
    """Whether something makes them, however many there are at the moment."""
    labels: Labels
    members: list[Endpoint]

    @property
    def name(self) -> str:
        first = self.members[0]
        is_many = self.is_controlled or len(self.members) > 1
        return f"{first.namespace}/{self.stem if is_many else first.name}"


def _named(groups: list[_Replicas]) -> dict[str, tuple[Endpoint, ...]]:
    """Gives each group a name of its own: namespace and name; where that is not enough the kind, the
    labels that differ, or a number."""
    names = [replicas.name for replicas in groups]
    for same in _alike(names):
        kinds = [groups[number].members[0].kind for number in same]
        if len(set(kinds)) > 1:
            for number, kind in zip(same, kinds, strict=True):
                names[number] = f"{kind.lower()}/{names[number]}"
    for same in _alike(names):
        common = set(groups[same[0]].labels).intersection(*(groups[number].labels for number in same))
        for number in same:
            own = ", ".join(
                f"{key}={value}" for key, value in groups[number].labels if (key, value) not in common
            )
            names[number] += f" ({own})" if own else ""
    while repeated := _alike(names):
        for same in repeated:
            for place, number in enumerate(same[1:], 2):
                names[number] += f" ({place})"
    return {name: tuple(group.members) for name, group in zip(names, groups, strict=True)}


def _alike(names: list[str]) -> list[list[int]]:
    """The places of names that are there more than once."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        places[name].append(number)
    return [numbers for numbers in places.values() if len(numbers) > 1]


class _Workloads:
    """The workloads of each namespace that say which pods are theirs."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._of: dict[str, list[tuple[LabelSelector, Endpoint]]] = defaultdict(list)
        self._known: dict[tuple[str, Labels], Endpoint | None] = {}
        for endpoint, record in contents.records.items():
            if endpoint.kind in _KINDS and record.get("ownPods"):
                selector = LabelSelector.parse(record["ownPods"])
                self._of[endpoint.namespace].append((selector, endpoint))
        for found in self._of.values():
            found.sort(key=lambda item: (_KINDS.index(item[1].kind), item[1].name))

    def owner(self, endpoint: Endpoint) -> Endpoint | None:
        """The workload that a pod is a replica of; a workload is its own."""
        if endpoint.kind != "Pod":
            return endpoint
        labels = self._contents.records[endpoint]["labels"]
        key = (endpoint.namespace, tuple(sorted(labels.items())))
        if key not in self._known:
            matching = (
                workload
                for selector, workload in self._of[endpoint.namespace]
                if selector.matches(labels)
            )
            self._known[key] = next(matching, None)
        return self._known[key]


def _shared_labels(contents: Contents, endpoint: Endpoint) -> Labels:
    """The labels of a pod that its other replicas have too."""
    return tuple(item for item in _labels(contents, endpoint) if item[0] not in _OF_ONE_REPLICA)


def _labels(contents: Contents, endpoint: Endpoint) -> Labels:
    return tuple(sorted(contents.records[endpoint]["labels"].items()))


def _stem(contents: Contents, endpoint: Endpoint) -> str:
    """The name of a pod without what its controller put behind the controller's own."""
    if endpoint.kind != "Pod":
        return endpoint.name
    template = contents.records[endpoint]["labels"].get("pod-template-hash")
    name = _SUFFIX.sub("", endpoint.name)
    return name.removesuffix(f"-{template}") if template else name
