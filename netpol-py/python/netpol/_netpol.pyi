from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Self, final

import numpy as np
import numpy.typing as npt

from ._answers import (
    Address,
    Backend,
    Conversion,
    Decision,
    Explanation,
    MemoryUsage,
    Network,
    PolicyFootprint,
    Reach,
    ServiceExplanation,
)
from ._diagnostics import Applied, Diagnostic
from ._names import Endpoint, ObjectName, PolicyName
from ._options import Options, ReadOptions
from ._types import (
    AddressLike,
    AdmissionLike,
    DirectionLike,
    EndpointLike,
    Flows,
    PathLike,
    PortLike,
    ProtocolLike,
    ServiceLike,
    Source,
)
from ._verdicts import ServiceVerdict, Verdict

__all__ = [
    "Changes",
    "Cluster",
    "Engine",
    "FlowTable",
    "IpBlock",
    "LabelSelector",
    "Manifest",
    "check_options",
    "check_read_options",
    "reasons",
    "version",
]

version: str

def check_options(options: dict[str, Any], /) -> None:
    """Raises `ValueError` when a dictionary does not hold the options of a cluster."""
def check_read_options(options: dict[str, Any], /) -> None:
    """Raises `ValueError` when a dictionary does not hold options of reading."""
def reasons() -> list[tuple[str, int]]:
    """Every reason with its number, which is stable and the one of the C library."""

@final
class Manifest:
    """Objects as they were read, and everything that was wrong with the text.

    Reading refuses nothing; `check` says what an admission would refuse. A manifest can be applied to
    any number of clusters: `cluster.apply(manifest)`.

    >>> manifest = netpol.Manifest.read('''
    ... apiVersion: networking.k8s.io/v1
    ... kind: NetworkPolicy
    ... metadata: {name: deny-all}
    ... spec:
    ...   podSelector: {}
    ...   policyType: [Ingress]
    ... ''', name="deny.yaml")
    >>> print(*manifest.check(), sep="\\n")
    deny.yaml:7:3: error: NetworkPolicy default/deny-all: spec.policyType: Unknown field: did you mean `policyTypes`?
    """
    @classmethod
    def read(
        cls, source: Source, /, *, name: str | None = None, reading: ReadOptions | None = None
    ) -> Self:
        """Reads objects: YAML or JSON as text or bytes, one document or many, an open file, a dictionary
        (one object, or a list as `kubectl get -o json` prints it), an object of the `kubernetes`
        client, or an iterable of those. Never a path: that is `read_files`.

        `name` is what diagnostics call a text, usually its path. Raises `TypeError` for anything else.
        """
    @classmethod
    def read_files(cls, *paths: PathLike, reading: ReadOptions | None = None) -> Self:
        """Reads files, and the `.yaml`, `.yml` and `.json` files in directories and below; `-` is the
        standard input. A file that cannot be read is told by `check`, as everything else is.
        """
    def objects(self) -> tuple[ObjectName, ...]:
        """The names of the objects, in the order of the text."""
    def skipped(self) -> dict[str, int]:
        """The kinds that were passed over, as `apiVersion kind`, and how many objects of each: ConfigMaps,
        Secrets, and whatever else no verdict depends on.
        """
    def check(
        self,
        *,
        admission: AdmissionLike | None = None,
        options: Options | None = None,
        together: bool = False,
    ) -> tuple[Diagnostic, ...]:
        """Everything to be said about the objects, in the order of the text: errors where the admission
        would refuse them, and warnings.

        `together=True` says, behind that and where nothing is refused, what is odd about a cluster that
        holds these objects and no others: what `Cluster.publish` refuses, `Engine.warnings` and
        `Engine.lints`, with their places in the text.
        """
    def report(
        self,
        *,
        admission: AdmissionLike | None = None,
        options: Options | None = None,
        together: bool = False,
        coloured: bool = False,
    ) -> str:
        """What `check` finds, as a compiler prints it: each with the lines of the text that it is about.
        `coloured` puts ANSI escape codes between; what manifests say never becomes one.
        """
    def excerpts(
        self, diagnostics: Iterable[Diagnostic], /, *, coloured: bool = False
    ) -> str:
        """Diagnostics about this manifest, such as the notes of `convert`, as `report` prints what `check`
        finds.
        """
    def convert(self) -> Conversion:
        """The NetworkPolicies of `networking.k8s.io/v1` that mean today what these objects meant to
        Kubernetes 1.3 to 1.6, with a note for everything that was left out. Read the manifest with
        `ReadOptions(legacy=True)` to have the form of 2016 in it.

        Nothing is changed where none of the objects is of an older form and no namespace isolates its
        pods by annotation.
        """
    def __len__(self) -> int: ...

@final
class Cluster:
    """Everything that is known of a cluster: objects go in, snapshots come out.

    Nothing that reads sees a change before `publish` turns everything since the last one into an
    `Engine` at once. A call that is refused raises `RefusedError` with everything that is wrong, and
    changes nothing.

    Any number of threads may use it; their calls come one after the other. A pickle holds what the
    cluster holds and its options, and is compiled again when it is published there.

    >>> cluster = netpol.Cluster(netpol.Options(own_node_egress=True))
    >>> cluster.apply('''
    ... apiVersion: v1
    ... kind: Pod
    ... metadata: {name: db, namespace: shop}
    ... status: {phase: Running, podIP: 10.0.0.1}
    ... ''').objects
    1
    >>> engine = cluster.publish()
    >>> engine.owner("10.0.0.1")
    Endpoint(namespace='shop', name='db', kind='Pod')
    >>> cluster.delete("Pod", "db", namespace="shop")
    True
    >>> cluster.publish().owner("10.0.0.1") is None
    True
    >>> engine.owner("10.0.0.1") is None  # the first engine still answers as it did
    False
    """
    def __new__(cls, options: Options | None = None) -> Self: ...
    @property
    def options(self) -> Options:
        """The options it was created with."""
    @property
    def generation(self) -> int:
        """How many engines were published. `Engine.generation` counts them."""
    @property
    def synced(self) -> bool:
        """Whether the cluster was said to be complete. Matters only with `Options.until_synced`: before
        the first listing is complete an engine answers with that verdict.
        """
    @synced.setter
    def synced(self, synced: bool) -> None: ...
    def apply(
        self,
        source: Source | Manifest,
        /,
        *,
        admission: AdmissionLike | None = None,
        name: str | None = None,
        reading: ReadOptions | None = None,
    ) -> Applied:
        """Adds objects; one that is there already is replaced. All of them, or none.

        `source` is a `Manifest` or whatever `Manifest.read` takes: text, an open file, dictionaries,
        objects of the `kubernetes` client; never a path. `admission` is `create` for files and people:
        whatever kube-apiserver would refuse is refused. It is `stored` for objects that a cluster
        already holds: each fault is a warning, and what means nothing matches nothing.

        Returns how many objects there were, and what was odd about them. Raises `RefusedError`.
        """
    def apply_files(
        self,
        *paths: PathLike,
        admission: AdmissionLike | None = None,
        reading: ReadOptions | None = None,
    ) -> Applied:
        """Adds the objects in files, and in the `.yaml`, `.yml` and `.json` files of directories and
        below; `-` is the standard input. As `apply` in everything else.
        """
    def upsert(
        self,
        object: Source,
        /,
        *,
        admission: AdmissionLike | None = None,
        reading: ReadOptions | None = None,
    ) -> Applied:
        """Adds one object, or replaces the one of its kind, namespace and name, as a watch event has it.
        As `apply`, but more than one object, or none, is a `ValueError`.
        """
    def replace_all(
        self,
        kind: str,
        objects: Source,
        /,
        *,
        admission: AdmissionLike | None = None,
        reading: ReadOptions | None = None,
    ) -> Applied:
        """Makes `objects` all there are of a kind, in one step, as a relisting feeder does. `kind` is
        spelt as in the API; of workloads, only those of that kind are replaced.

        Raises `RefusedError`, also for an object of another kind; then the old ones stay.
        """
    def delete(self, kind: str, name: str, /, *, namespace: str | None = None) -> bool:
        """Removes an object, and says whether it was there. `kind` is spelt as in the API; what lives in
        a namespace needs `namespace`. A namespace goes with everything in it.
        """
    def set_node_addresses(self, node: str, addresses: Iterable[AddressLike], /) -> None:
        """Says which further addresses a node sends from, such as that of its bridge or gateway. Replaces
        what was said of the node before; the node need not be known.
        """
    def resolve_domain(
        self,
        name: str,
        addresses: Iterable[AddressLike],
        /,
        *,
        expires: float | timedelta | None = None,
    ) -> None:
        """Says what a domain name resolves to, for the `domainNames` peers of cluster-wide policies: the
        addresses of one answer, until `expires`, or until they are withdrawn. Adds to earlier answers.

        `expires` is in seconds, or a `timedelta`, on the clock that `advance` is told.
        """
    def withdraw_domain(
        self, name: str, addresses: Iterable[AddressLike] | None = None, /
    ) -> bool:
        """Takes back what a domain name resolves to: some addresses, or everything. Says whether there was
        any of it.
        """
    def advance(self, now: float | timedelta, /) -> None:
        """Says what time it is, in seconds or as a `timedelta` since whatever moment the caller counts
        from: answers that expire then or before are gone from the next `publish` on. Time that goes
        back is ignored.
        """
    def publish(self) -> Engine:
        """Makes everything that happened since the last call visible at once, in a new snapshot that
        shares with the one before what did not change. Only what depends on the changes is compiled.

        An engine that is still held when the cluster changes next makes it copy what it holds, so that
        the engine can be pickled as it is: a third of a millisecond for ten thousand pods.

        Raises `RefusedError` when the cluster does not fit the tables, or the options refuse what is in
        it (missing namespaces, equal priorities). Earlier engines go on.
        """
    def publish_anew(self) -> Engine:
        """As `publish`, but compiles everything, as if nothing had been published before. The answers are
        the same.
        """
    def counts(self) -> dict[str, int]:
        """How many of each thing the compiled form has, such as atoms, classes and rule sets; empty before
        the first publication.
        """
    def memory_usage(self) -> MemoryUsage:
        """How many bytes the newest engine and the cluster itself take. Walks through all of it."""
    def snapshots(self) -> int:
        """How many snapshots are in memory: the newest, and each that somebody still holds."""
    def save(self) -> bytes:
        """What the cluster holds and its options, as bytes that `restore` reads: JSON that carries a
        version, about 300 bytes for each pod. A pickle holds the same.
        """
    @classmethod
    def restore(cls, saved: bytes, /) -> Self:
        """The cluster that `save` wrote. Nothing of it is published yet.

        Raises `SavedError` for other bytes, and for those of a version that is not known here.
        """
    def copy(self) -> Self:
        """A cluster of its own with the same objects, to see what a change would do."""
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[int, Any], /) -> Self: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Engine:
    """A snapshot of the cluster that answers questions.

    Made by `Cluster.publish`, `netpol.load` or `netpol.loads`. It never changes, and any number of
    threads may ask at once. A pickle of it holds what its cluster held, and is compiled again where it
    is read; it gives the same answers there.

    An end of a question is `"namespace/name"`, `"kind/namespace/name"`, an `Endpoint`, or an address
    as text or as an object of `ipaddress`. Addresses and ports are those after DNAT: of pods. What a
    Service makes of them, `decide_service` knows.

    >>> engine = netpol.load("netpol-core/examples/shop")
    >>> engine.decide("shop/web", "shop/api", port="http")
    <Verdict.ALLOW: 'allow'>
    >>> engine.decide("shop/db", "10.20.99.7", port=443)
    <Verdict.DENY: 'deny'>
    """
    @property
    def generation(self) -> int:
        """Counts the publications of the cluster, from 1."""
    @property
    def options(self) -> Options:
        """The options of the cluster it came from."""
    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What was odd about the cluster as a whole, such as two pods on one address, or namespaces that
        were never loaded.
        """
    def decide(
        self,
        source: EndpointLike,
        destination: EndpointLike,
        *,
        port: PortLike | None = None,
        protocol: ProtocolLike | None = None,
        icmp: tuple[int, int] | None = None,
        fragment: bool = False,
        via_service: bool = False,
        direction: DirectionLike | None = None,
    ) -> Verdict:
        """May `source` open this connection to `destination`?

        `port` is a number, or a name that the destination's containers have for it. `protocol` is
        `TCP`, `UDP`, `SCTP`, `ICMP`, `ICMPv6` or a number. `icmp` is type and code; without it a
        question about ICMP by its name is about an echo request, of the family in which the ends meet,
        and one about it by its number is about a message of unknown type.
        `fragment=True` is a packet of the protocol that carries no ports. `via_service=True` says that
        a Service led the packet there. `direction` asks one side alone.

        Raises `QuestionError` when the question has no answer: an end that is not there, two ends
        without an address family in common, a port name that the destination does not have.
        """
    def attribute(
        self,
        source: EndpointLike,
        destination: EndpointLike,
        *,
        port: PortLike | None = None,
        protocol: ProtocolLike | None = None,
        icmp: tuple[int, int] | None = None,
        fragment: bool = False,
        via_service: bool = False,
    ) -> Decision:
        """The same verdict, and for each direction what it rests on: the reason, and the tier, policy,
        rule, peer and port that decided.
        """
    def explain(
        self,
        source: EndpointLike,
        destination: EndpointLike,
        *,
        port: PortLike | None = None,
        protocol: ProtocolLike | None = None,
        icmp: tuple[int, int] | None = None,
        fragment: bool = False,
        via_service: bool = False,
    ) -> Explanation:
        """The same verdict with everything it rests on, for people and programs: every policy that
        isolates, every rule that allows, or the one that came nearest.

        >>> engine = netpol.load("netpol-core/examples/shop")
        >>> print(engine.explain("shop/web", "shop/db", port="postgres"))
        deny
        TCP shop/web -> shop/db port 5432
        egress from shop/web: allow, not isolated
        ingress to shop/db: deny, isolated by NetworkPolicy shop/db, NetworkPolicy shop/default-deny, and no rule matches
          nearest: NetworkPolicy shop/db spec.ingress[0] (from[0]): the pod's labels do not match `app=api`
        """
    def decide_service(
        self,
        source: EndpointLike,
        service: ServiceLike,
        *,
        port: PortLike,
        protocol: ProtocolLike | None = None,
    ) -> ServiceVerdict:
        """May `source` open a connection to that port of a Service? `allow` when each of its backends may be
        reached, `deny` when none may, `mixed` otherwise.

        `service` is `"svc/namespace/name"`, with or without `svc/`, or an `ObjectName`; `port` the number
        or name of a port of the Service. Policies see packets after DNAT, so this asks about each backend
        on its targetPort.

        Raises `ServiceError` when there is no such Service or port, when it has no backends, and when
        it cannot be told who they are.

        >>> engine = netpol.loads('''
        ... {apiVersion: v1, kind: Namespace, metadata: {name: shop}}
        ... ---
        ... {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}}
        ... ---
        ... {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}}
        ... ---
        ... {apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop},
        ...  spec: {selector: {app: db}, ports: [{port: 5432, targetPort: 15432}]}}
        ... ---
        ... apiVersion: networking.k8s.io/v1
        ... kind: NetworkPolicy
        ... metadata: {name: db, namespace: shop}
        ... spec: {podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 15432}]}]}
        ... ''', admission="stored")
        >>> engine.decide_service("shop/web", "svc/shop/db", port=5432)
        <ServiceVerdict.ALLOW: 'allow'>
        >>> engine.backends("shop/web", "svc/shop/db", port=5432)
        (Backend(endpoint=Endpoint(namespace='shop', name='db', kind='Pod'), address=None, port=15432),)
        """
    def explain_service(
        self,
        source: EndpointLike,
        service: ServiceLike,
        *,
        port: PortLike,
        protocol: ProtocolLike | None = None,
    ) -> ServiceExplanation:
        """The answer of `decide_service`, with the explanation of each backend's."""
    def backends(
        self,
        source: EndpointLike,
        service: ServiceLike,
        *,
        port: PortLike,
        protocol: ProtocolLike | None = None,
    ) -> tuple[Backend, ...]:
        """Who gets what `decide_service` asks about, and on which port: in order of namespace, name and
        port, and at the end those that are addresses; never nobody.

        Where the Service has EndpointSlices, their endpoints that are ready; otherwise the pods of its
        namespace that its selector matches and that run, and workloads that stand in for pods.
        """
    def services(self) -> tuple[ObjectName, ...]:
        """Every Service, in order of namespace and name."""
    def lints(self) -> tuple[Diagnostic, ...]:
        """What policies say that they probably do not mean, and that no object gives rise to alone: notes
        with the code `service-port` where a policy names the port of a Service instead of its targetPort.
        Looks at every Service, policy and endpoint.
        """
    def decide_raw(self, packet: bytes, /) -> Verdict:
        """May this packet pass, as it lies in memory, from its IP header on?

        Raises `RawPacketError` when it cannot be read; then it must not pass.
        """
    def decide_batch(
        self,
        flows: Flows,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        direction: DirectionLike | None = None,
        invalid: Literal["raise", "mask"] = "raise",
        threads: int | None = None,
    ) -> npt.NDArray[np.bool_]:
        """The verdict on each flow of a table, `True` where it may pass, in the order of its rows.

        `flows` is an Arrow table of any library (anything with `__arrow_c_stream__` or
        `__arrow_c_array__`: pyarrow, polars, pandas, DuckDB), or a mapping of column names to NumPy
        arrays, Arrow arrays, or single values that all rows have. Its columns:

        ```text
        source, destination    IPv4 addresses as unsigned integers, addresses as 4 or 16 bytes or as text,
                               endpoints as text
        port                   numbers; or text: numbers, and names of ports of the destination
        protocol               numbers, or names; TCP when the column is not there
        icmp_type, icmp_code   numbers; not known when the columns are not there
        fragment, via_service  truth values; false when the columns are not there
        ```

        `columns` says what the table calls them: `{"source": "srcaddr"}`. Protocols without ports need
        no port. `direction` asks one side alone.

        A row that means no flow (no port, an unknown endpoint, addresses of two families) raises
        `RowError` with its number; with `invalid="mask"` it is masked, and the result is a masked array
        whose data say `False` there.

        The interpreter's lock is released meanwhile. Large tables are shared out among `threads`, by
        default one for each processor that the process may use. NumPy arrays are copied first.

        >>> import numpy as np
        >>> engine = netpol.load("netpol-core/examples/shop")
        >>> engine.decide_batch({
        ...     "source": np.array(["shop/api", "shop/web"]),
        ...     "destination": "shop/db",
        ...     "port": 5432,
        ... })
        array([ True, False])
        """
    def attribute_batch(
        self,
        flows: Flows,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        select: Sequence[str] | None = None,
        invalid: Literal["raise", "mask"] = "raise",
        threads: int | None = None,
    ) -> FlowTable:
        """The same verdicts with what they rest on, as a table with a column for each of these, in this
        order; `select` takes some of them.

        ```text
        verdict                 may it pass?
        source, destination     the endpoint at that end, where it is one: `shop/web`
        direction               the direction that decides: the first on the way that denies; when both
                                allow, the last one in which a policy does
        reason, tier, policy, rule, peer, port
                                what the verdict of that direction rests on, as `attribute` tells it
        egress_verdict, egress_reason, egress_tier, egress_policy, egress_rule, egress_peer, egress_port
        ingress_verdict, …      the same of each direction
        ```

        Texts are dictionary-encoded. The table is any library's: `pyarrow.table(table)`,
        `polars.DataFrame(table)`. With `invalid="mask"` the rows that mean no flow have nulls.
        """
    def sources_of(
        self,
        destination: EndpointLike,
        /,
        *,
        port: PortLike,
        protocol: ProtocolLike | None = None,
    ) -> Reach:
        """Who may open a connection to `port` of this destination, an endpoint or an address.

        Asks once for each kind of source, not for each source.
        """
    def destinations_of(
        self, source: EndpointLike, /, *, port: int, protocol: ProtocolLike | None = None
    ) -> Reach:
        """To whom this source, an endpoint or an address, may open a connection to `port`."""
    def changes_since(self, earlier: Engine | int, /) -> Changes:
        """What changed since an earlier engine of the same cluster, or since a generation of it.

        One that is too old (more than four thousand generations back) or later than this one touches
        everything. Raises `ValueError` for an engine of another cluster; a copy and what was read from
        a pickle are other clusters.
        """
    def recheck(
        self,
        changes: Changes,
        flows: Flows,
        before: npt.NDArray[np.bool_],
        /,
        *,
        columns: Mapping[str, str] | None = None,
        threads: int | None = None,
    ) -> npt.NDArray[np.int64]:
        """The rows of a table whose verdict is not what it was, in order. `before` are the verdicts that
        they got in the generation that `changes` start from; only the rows that the changes touch are
        decided again.
        """
    def endpoint(self, name: str | Endpoint, /) -> Endpoint:
        """The endpoint with this name. Raises `UnknownEndpointError` or `AmbiguousEndpointError`."""
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Every endpoint, in order of namespace, name and kind."""
    def addresses(self, endpoint: str | Endpoint, /) -> tuple[Address, ...]:
        """The addresses of an endpoint, in the pod's order; none for a workload."""
    def owner(self, address: AddressLike, /) -> Endpoint | None:
        """Which pod owns an address; `None` for addresses of nodes and of the outside."""
    def port_number(
        self, destination: str | Endpoint, name: str, /, *, protocol: ProtocolLike | None = None
    ) -> int:
        """The number of a named port on an endpoint. Raises `PortNameError` when it does not declare the
        name for the protocol, or declares it for several numbers.
        """
    def policies(self) -> tuple[PolicyName, ...]:
        """Every policy, in order of tier, priority, namespace and name."""
    def memory_usage(self) -> MemoryUsage:
        """How many bytes the engine takes, part by part. Walks through all of it."""
    def policy_footprints(self) -> tuple[PolicyFootprint, ...]:
        """What each policy takes, the largest first. Walks through all policies."""
    def save(self) -> bytes:
        """What the engine was compiled from, as bytes that `restore` reads: JSON that carries a version,
        about 300 bytes for each pod. A pickle holds the same.
        """
    @classmethod
    def restore(cls, saved: bytes, /) -> Self:
        """The engine that `save` wrote, compiled again: with the same options, generation and answers.

        Raises `SavedError` for other bytes, and for those of a version that is not known here.
        """
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[int, Any], /) -> Self: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Changes:
    """What changed from one generation to a later one: whose verdicts may differ. Get it from
    `Engine.changes_since`.

    Sound: a flow that is not touched has the same verdict in both engines, and in each between. Tight:
    endpoints that no changed policy selects and whose own labels, ports and addresses mean the same to
    all policies are not touched.

    >>> cluster = netpol.Cluster()
    >>> _ = cluster.apply_files("netpol-core/examples/shop")
    >>> before = cluster.publish()
    >>> cluster.delete("NetworkPolicy", "db", namespace="shop")
    True
    >>> changes = cluster.publish().changes_since(before)
    >>> [str(endpoint) for endpoint in changes.endpoints()]
    ['statefulset/shop/db']
    """
    @property
    def from_generation(self) -> int:
        """The generation they start from."""
    @property
    def to_generation(self) -> int:
        """The generation they lead to, that of the engine that told them."""
    @property
    def is_everything(self) -> bool:
        """Whether nothing is known about what is as it was, so that everything is touched."""
    @property
    def is_empty(self) -> bool:
        """Whether nothing is touched."""
    def touches(self, *parties: EndpointLike) -> bool:
        """Whether verdicts about any of these ends may differ: endpoints and addresses, as questions take
        them. So it is for an endpoint that is not there any more, and for a name that never was.
        """
    def touches_batch(
        self,
        flows: Flows,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        threads: int | None = None,
    ) -> npt.NDArray[np.bool_]:
        """Which flows of a table the changes touch. `flows`, `columns` and `threads` are as in
        `Engine.decide_batch`; an endpoint that is not there raises `RowError`.
        """
    def endpoints(self) -> tuple[Endpoint, ...]:
        """The endpoints of the later engine that are touched. Looks at every endpoint."""
    def addresses(self) -> tuple[Address, ...]:
        """The single addresses that came to an owner, lost one or got another, sorted; without those of
        endpoints that are touched for another reason.
        """
    def prefixes(self) -> tuple[Network, ...]:
        """The prefixes whose addresses that are nobody's are touched, sorted. A prefix stands for its
        addresses that lie in no narrower prefix that some policy names.
        """

@final
class FlowTable:
    """A table with a row for each flow, as `Engine.attribute_batch` makes it.

    It speaks Arrow's PyCapsule interface, so it is any library's table without a copy:
    `pyarrow.table(table)`, `polars.DataFrame(table)`. `table["policy"]` is one column as a NumPy array.
    """
    @property
    def column_names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
    @property
    def num_rows(self) -> int:
        """How many rows there are."""
    def column(self, name: str, /) -> npt.NDArray[Any]:
        """A column as a NumPy array: truth values and numbers masked where there is none, texts as an
        array of objects with `None` there, in which equal texts are one object.

        Raises `KeyError` for a name that no column has.
        """
    def __len__(self) -> int: ...
    def __getitem__(self, name: str, /) -> npt.NDArray[Any]: ...
    def __arrow_c_schema__(self) -> object:
        """The schema, for Arrow's PyCapsule interface."""
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table, for Arrow's PyCapsule interface. `requested_schema` is not looked at, as the interface
        allows.
        """

@final
class LabelSelector:
    """A set of requirements on labels that must all hold; the empty one matches everything.

    Made from the form of manifests, or parsed from the string of `kubectl get -l`.

    >>> selector = netpol.LabelSelector({"matchExpressions": [
    ...     {"key": "app", "operator": "In", "values": ["web", "api"]}]})
    >>> selector.matches({"app": "api"})
    True
    >>> str(selector)
    'app in (api,web)'
    >>> selector == netpol.LabelSelector.parse("app in (web, api)")
    True
    """
    def __new__(cls, selector: Mapping[str, Any] | None = None, /) -> Self: ...
    @classmethod
    def parse(cls, text: str, /) -> Self:
        """Reads the string form, as `kubectl get -l` takes it. Raises `ValueError` with the place in the
        text.
        """
    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether an object with these labels satisfies every requirement."""
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class IpBlock:
    """A range of addresses without some smaller ranges, as the `ipBlock` of a NetworkPolicy has it.

    An except must be a strict subset of the block. Families are kept apart: `0.0.0.0/0` holds no IPv6
    address, and an IPv4 address in IPv6 form is the IPv4 address.

    >>> block = netpol.IpBlock("10.0.0.0/8", ["10.1.0.0/16"])
    >>> "10.2.0.1" in block, "10.1.0.1" in block
    (True, False)
    >>> print(block)
    10.0.0.0/8 except 10.1.0.0/16
    """
    def __new__(cls, cidr: str | Network, excepts: Iterable[str | Network] | None = None) -> Self: ...
    @property
    def cidr(self) -> Network:
        """The whole range."""
    @property
    def excepts(self) -> tuple[Network, ...]:
        """The ranges cut out of it, in the order given."""
    def __contains__(self, address: AddressLike, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
