from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Literal, Self, final

import numpy as np
import numpy.typing as npt

from ._answers import (
    Address,
    Conversion,
    Decision,
    Explanation,
    MemoryUsage,
    Network,
    PolicyFootprint,
    Reach,
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
    Source,
)
from ._verdicts import Verdict

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

def check_options(options: dict[str, Any], /) -> None: ...
def check_read_options(options: dict[str, Any], /) -> None: ...
def reasons() -> list[tuple[str, int]]: ...

@final
class Manifest:
    @classmethod
    def read(
        cls, source: Source, /, *, name: str | None = None, reading: ReadOptions | None = None
    ) -> Self: ...
    @classmethod
    def read_files(cls, *paths: PathLike, reading: ReadOptions | None = None) -> Self: ...
    def objects(self) -> tuple[ObjectName, ...]: ...
    def skipped(self) -> dict[str, int]: ...
    def check(
        self, *, admission: AdmissionLike | None = None, options: Options | None = None
    ) -> tuple[Diagnostic, ...]: ...
    def report(
        self,
        *,
        admission: AdmissionLike | None = None,
        options: Options | None = None,
        coloured: bool = False,
    ) -> str: ...
    def convert(self) -> Conversion: ...
    def __len__(self) -> int: ...

@final
class Cluster:
    def __new__(cls, options: Options | None = None) -> Self: ...
    @property
    def options(self) -> Options: ...
    @property
    def generation(self) -> int: ...
    @property
    def synced(self) -> bool: ...
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
    ) -> Applied: ...
    def apply_files(
        self,
        *paths: PathLike,
        admission: AdmissionLike | None = None,
        reading: ReadOptions | None = None,
    ) -> Applied: ...
    def upsert(
        self,
        object: Source,
        /,
        *,
        admission: AdmissionLike | None = None,
        reading: ReadOptions | None = None,
    ) -> Applied: ...
    def replace_all(
        self,
        kind: str,
        objects: Source,
        /,
        *,
        admission: AdmissionLike | None = None,
        reading: ReadOptions | None = None,
    ) -> Applied: ...
    def delete(self, kind: str, name: str, /, *, namespace: str | None = None) -> bool: ...
    def set_node_addresses(self, node: str, addresses: Iterable[AddressLike], /) -> None: ...
    def resolve_domain(
        self,
        name: str,
        addresses: Iterable[AddressLike],
        /,
        *,
        expires: float | timedelta | None = None,
    ) -> None: ...
    def withdraw_domain(
        self, name: str, addresses: Iterable[AddressLike] | None = None, /
    ) -> bool: ...
    def advance(self, now: float | timedelta, /) -> None: ...
    def publish(self) -> Engine: ...
    def publish_anew(self) -> Engine: ...
    def counts(self) -> dict[str, int]: ...
    def memory_usage(self) -> MemoryUsage: ...
    def snapshots(self) -> int: ...
    def save(self) -> bytes: ...
    @classmethod
    def restore(cls, saved: bytes, /) -> Self: ...
    def copy(self) -> Self: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[int, Any], /) -> Self: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Engine:
    @property
    def generation(self) -> int: ...
    @property
    def options(self) -> Options: ...
    @property
    def warnings(self) -> tuple[Diagnostic, ...]: ...
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
    ) -> Verdict: ...
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
    ) -> Decision: ...
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
    ) -> Explanation: ...
    def decide_raw(self, packet: bytes, /) -> Verdict: ...
    def decide_batch(
        self,
        flows: Flows,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        direction: DirectionLike | None = None,
        invalid: Literal["raise", "mask"] = "raise",
        threads: int | None = None,
    ) -> npt.NDArray[np.bool_]: ...
    def attribute_batch(
        self,
        flows: Flows,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        select: Sequence[str] | None = None,
        invalid: Literal["raise", "mask"] = "raise",
        threads: int | None = None,
    ) -> FlowTable: ...
    def sources_of(
        self,
        destination: EndpointLike,
        /,
        *,
        port: PortLike,
        protocol: ProtocolLike | None = None,
    ) -> Reach: ...
    def destinations_of(
        self, source: EndpointLike, /, *, port: int, protocol: ProtocolLike | None = None
    ) -> Reach: ...
    def changes_since(self, earlier: Engine | int, /) -> Changes: ...
    def recheck(
        self,
        changes: Changes,
        flows: Flows,
        before: npt.NDArray[np.bool_],
        /,
        *,
        columns: Mapping[str, str] | None = None,
        threads: int | None = None,
    ) -> npt.NDArray[np.int64]: ...
    def endpoint(self, name: str | Endpoint, /) -> Endpoint: ...
    def endpoints(self) -> tuple[Endpoint, ...]: ...
    def addresses(self, endpoint: str | Endpoint, /) -> tuple[Address, ...]: ...
    def owner(self, address: AddressLike, /) -> Endpoint | None: ...
    def port_number(
        self, destination: str | Endpoint, name: str, /, *, protocol: ProtocolLike | None = None
    ) -> int: ...
    def policies(self) -> tuple[PolicyName, ...]: ...
    def memory_usage(self) -> MemoryUsage: ...
    def policy_footprints(self) -> tuple[PolicyFootprint, ...]: ...
    def save(self) -> bytes: ...
    @classmethod
    def restore(cls, saved: bytes, /) -> Self: ...
    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[int, Any], /) -> Self: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Changes:
    @property
    def from_generation(self) -> int: ...
    @property
    def to_generation(self) -> int: ...
    @property
    def is_everything(self) -> bool: ...
    @property
    def is_empty(self) -> bool: ...
    def touches(self, *parties: EndpointLike) -> bool: ...
    def touches_batch(
        self,
        flows: Flows,
        /,
        *,
        columns: Mapping[str, str] | None = None,
        threads: int | None = None,
    ) -> npt.NDArray[np.bool_]: ...
    def endpoints(self) -> tuple[Endpoint, ...]: ...
    def addresses(self) -> tuple[Address, ...]: ...
    def prefixes(self) -> tuple[Network, ...]: ...

@final
class FlowTable:
    @property
    def column_names(self) -> tuple[str, ...]: ...
    @property
    def num_rows(self) -> int: ...
    def column(self, name: str, /) -> npt.NDArray[Any]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, name: str, /) -> npt.NDArray[Any]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

@final
class LabelSelector:
    def __new__(cls, selector: Mapping[str, Any] | None = None, /) -> Self: ...
    @classmethod
    def parse(cls, text: str, /) -> Self: ...
    def matches(self, labels: Mapping[str, str], /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class IpBlock:
    def __new__(cls, cidr: str | Network, excepts: Iterable[str | Network] | None = None) -> Self: ...
    @property
    def cidr(self) -> Network: ...
    @property
    def excepts(self) -> tuple[Network, ...]: ...
    def __contains__(self, address: AddressLike, /) -> bool: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __reduce__(self) -> tuple[Any, ...]: ...
