"""Every knob of a cluster, and how manifests are read."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from ._netpol import check_options, check_read_options
from ._verdicts import Verdict


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _to_dict(record: Any) -> dict[str, Any]:
    """The fields of a record under their names in JSON."""
    return {_camel_case(name): value for name, value in asdict(record).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All knobs of a cluster; fixed when a `Cluster` is created.

    Where Kubernetes leaves something to the implementation, implementations differ; each such point
    is one field. The defaults are what most dataplanes do or what the API comments say. No option is
    needed to be right about what the API does prescribe.

    >>> Options(host_network_pods="treatAsPod").own_node_ingress
    True
    >>> Options(host_network_pods="treat")
    Traceback (most recent call last):
    ...
    ValueError: hostNetworkPods: unknown variant `treat`, expected `ignore` or `treatAsPod`
    """

    own_node_ingress: bool = True
    """Traffic from a pod's own node always enters the pod (kubelet probes), as the comment on
    ``NetworkPolicySpec.ingress`` says."""
    own_node_egress: bool = False
    """Traffic from a pod to its own node always leaves the pod. By default it is judged as any other
    egress, which is what most implementations do."""
    pod_cidr_gateway: bool = False
    """The first address of each of a node's pod ranges (``spec.podCIDRs``) counts as an address of
    the node, as it does where a bridge such as ``cni0`` holds it."""
    self_traffic: bool = True
    """A pod always reaches its own address: "a pod cannot block access to itself"."""
    service_hairpin: bool = False
    """A packet that a Service sent back to the pod it came from counts as self traffic. By default
    it is judged as traffic of the pod to itself, by its policies."""
    host_network_pods: Literal["ignore", "treatAsPod"] = "ignore"
    """What pods in the host network are to NetworkPolicies: part of their node, or pods like others
    when asked for by name. To cluster-wide policies they are always part of their node."""
    ip_block_pods: Literal["match", "never"] = "match"
    """Whether an ipBlock of a NetworkPolicy matches the addresses of pods, as the upstream e2e suite
    requires, or never, as in Cilium. ``networks`` of cluster-wide policies always do."""
    unmatched_protocols: Literal["deny", "allow", "essentialIcmp"] = "deny"
    """What happens to protocols other than TCP, UDP and SCTP that no rule of an isolating policy
    admits. Essential ICMP are, as in kube-router, echo request, destination unreachable and time
    exceeded; for ICMPv6 also packet too big and echo reply."""
    named_port_containers: Literal["containers", "containersAndSidecars", "allContainers"] = (
        "containersAndSidecars"
    )
    """Which containers give port names their numbers: ``spec.containers`` only, those and the init
    containers that keep running, or every init container too, as in Calico."""
    fragments: Literal["unknownPort", "allow", "deny"] = "unknownPort"
    """What happens to fragments that carry no ports: a rule with ports does not match them, they
    always pass before any policy, or they never pass where a NetworkPolicy isolates."""
    missing_namespaces: Literal["metadataNameOnly", "empty", "error"] = "metadataNameOnly"
    """What a namespace looks like that only policies and pods mention: it has the label
    ``kubernetes.io/metadata.name`` only, it has no labels, or `Cluster.publish` refuses."""
    inject_metadata_name: bool = True
    """Every namespace carries the label ``kubernetes.io/metadata.name`` with its own name, whatever
    its manifest says, as the API server's defaulting does (KEP-2161)."""
    completed_pods: Literal["drop", "keep"] = "drop"
    """What pods in phase ``Succeeded`` or ``Failed`` are: nothing, because their address may belong
    to another pod by now, or pods that lose every conflict over an address."""
    unknown_pod_addresses: Literal["external", "deny"] = "external"
    """What an address is that lies in a node's pod range and belongs to no pod: like any outside the
    cluster, or one that nothing may pass from or to."""
    cidrs: Literal["legacy", "strict"] = "legacy"
    """How CIDRs are read in admission ``create``: what kube-apiserver 1.35 accepts, with a warning
    where 1.36 and later refuse, or what 1.36 accepts (KEP-4858)."""
    end_port: bool = True
    """``endPort`` makes a range; ``False`` matches ``port`` alone, as dataplanes did that predate the
    field."""
    unreadable_subjects: Literal["isolateNamespace", "error"] = "isolateNamespace"
    """What admission ``stored`` does with a policy whose subject cannot be read: a NetworkPolicy
    selects every pod of its namespace and none of its rules counts, a cluster-wide policy is kept
    without effect; or the policy is refused."""
    baseline: Literal["perDirection", "literal"] = "perDirection"
    """When the Baseline tier is asked about a pod: in every direction in which no NetworkPolicy
    isolates it, or only when none selects it at all."""
    equal_priorities: Literal["byName", "error"] = "byName"
    """What two policies of one tier with the same priority are: asked in the order of their names,
    with a warning, or refused by `Cluster.publish`."""
    network_policies: Literal["v1", "legacy"] = "v1"
    """What NetworkPolicies mean: what ``networking.k8s.io/v1`` says, or what Kubernetes 1.3 to 1.6
    said, where an annotation of the namespace isolates its pods."""
    until_synced: Verdict | Literal["allow", "deny"] | None = None
    """The answer until `Cluster.synced` is set. By default the cluster counts as complete from the
    start, as a directory of manifests is."""

    def __post_init__(self) -> None:
        if self.until_synced is not None:
            object.__setattr__(self, "until_synced", Verdict(self.until_synced))
        check_options(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The options under their names in JSON, such as ``ownNodeIngress``."""
        return _to_dict(self)

    @classmethod
    def from_dict(cls, options: dict[str, Any]) -> Options:
        """The inverse of `to_dict`; what is missing has its default.

        Raises `ValueError` for a name that no option has.
        """
        names = {_camel_case(entry.name): entry.name for entry in fields(cls)}
        unknown = [name for name in options if name not in names]
        if unknown:
            raise ValueError(f"no option `{unknown[0]}`; there are {', '.join(names)}")
        return cls(**{names[name]: value for name, value in options.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a text is read at most; what goes beyond is an error that names the field here.

    The defaults take a dump of a hundred thousand pods.
    """

    bytes: int = 1 << 30
    """Bytes of one file or stream, at most 4 GiB."""
    documents: int = 1_000_000
    """Documents of one file or stream."""
    nodes: int = 4_000_000
    """Values (mappings, lists, scalars and keys) of one object."""
    depth: int = 64
    """Collections inside one another; values above 512 count as 512."""
    scalar_bytes: int = 8 << 20
    """Bytes of one scalar."""
    alias_bytes: int = 64 << 20
    """Bytes of memory that anchors, aliases and merge keys of one document may add."""
    findings: int = 10_000
    """Findings of one file or stream; the rest is not told."""

    def to_dict(self) -> dict[str, Any]:
        """The limits under their names in JSON."""
        return _to_dict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How manifests are read.

    >>> ReadOptions(default_namespace="shop").legacy
    False
    """

    default_namespace: str = "default"
    """Where a namespaced object is that names no namespace; ``default``, as kubectl has it."""
    unknown_fields: Literal["judge", "ignore"] = "judge"
    """What happens to fields that the API types do not have: an error in admission ``create`` and a
    warning in ``stored``, or dropped silently."""
    legacy: bool = False
    """The NetworkPolicy of 2016 (``net.alpha.kubernetes.io/v1alpha1``) is read too."""
    limits: Limits = field(default_factory=Limits)
    """How much is read at most."""

    def __post_init__(self) -> None:
        check_read_options(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """The options under their names in JSON."""
        return {**_to_dict(self), "limits": self.limits.to_dict()}
