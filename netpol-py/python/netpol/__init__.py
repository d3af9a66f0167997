"""May this packet pass? The engine for Kubernetes NetworkPolicies.

>>> import netpol
>>> engine = netpol.load("netpol-core/examples/shop")
>>> engine.decide("shop/api", "shop/db", port="postgres")
<Verdict.ALLOW: 'allow'>
>>> engine.decide("shop/web", "shop/db", port="postgres").is_allow
False
>>> print(engine.explain("shop/web", "shop/db", port="postgres").ingress.nearest_miss.detail)
the pod's labels do not match `app=api`

A `Cluster` is what writers see: objects go in, whole manifests or one by one. An `Engine` is what
readers see: an immutable snapshot that `Cluster.publish` makes, for any number of threads, and for
other processes by pickle. `load` and `loads` go from manifests to an engine in one call.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ._answers import (
    Account,
    Address,
    Attribution,
    Backend,
    Conversion,
    Decision,
    Explanation,
    MemoryUsage,
    NearMiss,
    Network,
    Party,
    PolicyFootprint,
    Reach,
    ServiceExplanation,
    TierStep,
)
from ._diagnostics import Applied, Diagnostic, Location
from ._errors import (
    AmbiguousEndpointError,
    MalformedNameError,
    ManifestWarning,
    NetpolError,
    NoCommonFamilyError,
    PortNameError,
    QuestionError,
    RawPacketError,
    RefusedError,
    RowError,
    SavedError,
    ServiceError,
    ServiceNameError,
    UnknownEndpointError,
)
from ._loading import load, loads
from ._names import Endpoint, ObjectName, PolicyName, RuleName
from ._netpol import (
    Changes,
    Cluster,
    Engine,
    FlowTable,
    IpBlock,
    LabelSelector,
    Manifest,
)
from ._netpol import version as __version__
from ._options import Limits, Options, ReadOptions
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
from ._verdicts import (
    Admission,
    Direction,
    Reason,
    ServiceVerdict,
    Severity,
    Stage,
    Tier,
    TierOutcome,
    Verdict,
)

if _TYPE_CHECKING:
    from ._matrix import (
        Access,
        EndsLike,
        GroupBy,
        Matrix,
        MatrixCell,
        MatrixCellPort,
        MatrixChange,
        MatrixChanges,
        MatrixGroup,
        MatrixMember,
        MatrixPort,
        matrix,
    )
    from ._replay import (
        Basis,
        Effect,
        FlowColumns,
        FlowExample,
        FlowGroup,
        FlowLog,
        FlowLogError,
        FlowPlace,
        Replay,
        ReplayProgress,
        ReplayTotals,
        TooManyGroupsError,
        UnreadRows,
        replay,
    )

__all__ = [
    "Access",
    "Account",
    "Address",
    "AddressLike",
    "Admission",
    "AdmissionLike",
    "AmbiguousEndpointError",
    "Applied",
    "Attribution",
    "Backend",
    "Basis",
    "Changes",
    "Cluster",
    "Conversion",
    "Decision",
    "Diagnostic",
    "Direction",
    "DirectionLike",
    "Effect",
    "Endpoint",
    "EndpointLike",
    "EndsLike",
    "Engine",
    "Explanation",
    "FlowColumns",
    "FlowExample",
    "FlowGroup",
    "FlowLog",
    "FlowLogError",
    "FlowPlace",
    "FlowTable",
    "Flows",
    "GroupBy",
    "IpBlock",
    "LabelSelector",
    "Limits",
    "Location",
    "MalformedNameError",
    "Manifest",
    "ManifestWarning",
    "Matrix",
    "MatrixCell",
    "MatrixCellPort",
    "MatrixChange",
    "MatrixChanges",
    "MatrixGroup",
    "MatrixMember",
    "MatrixPort",
    "MemoryUsage",
    "NearMiss",
    "NetpolError",
    "Network",
    "NoCommonFamilyError",
    "ObjectName",
    "Options",
    "Party",
    "PathLike",
    "PolicyFootprint",
    "PolicyName",
    "PortLike",
    "PortNameError",
    "ProtocolLike",
    "QuestionError",
    "RawPacketError",
    "Reach",
    "ReadOptions",
    "Reason",
    "RefusedError",
    "Replay",
    "ReplayProgress",
    "ReplayTotals",
    "RowError",
    "RuleName",
    "SavedError",
    "ServiceError",
    "ServiceExplanation",
    "ServiceLike",
    "ServiceNameError",
    "ServiceVerdict",
    "Severity",
    "Source",
    "Stage",
    "Tier",
    "TierOutcome",
    "TierStep",
    "TooManyGroupsError",
    "UnknownEndpointError",
    "UnreadRows",
    "Verdict",
    "__version__",
    "load",
    "loads",
    "matrix",
    "replay",
]


# The matrix and replays need NumPy, which takes its time to start, and most who ask one question do
# without. They are imported when somebody names something of theirs.
_LATER = {
    "_matrix": (
        "Access",
        "EndsLike",
        "GroupBy",
        "Matrix",
        "MatrixCell",
        "MatrixCellPort",
        "MatrixChange",
        "MatrixChanges",
        "MatrixGroup",
        "MatrixMember",
        "MatrixPort",
        "matrix",
    ),
    "_replay": (
        "Basis",
        "Effect",
        "FlowColumns",
        "FlowExample",
        "FlowGroup",
        "FlowLog",
        "FlowLogError",
        "FlowPlace",
        "Replay",
        "ReplayProgress",
        "ReplayTotals",
        "TooManyGroupsError",
        "UnreadRows",
        "replay",
    ),
}


def __getattr__(name: str) -> _Any:
    for part, names in _LATER.items():
        if name in names:
            from importlib import import_module

            module = import_module(f".{part}", __name__)
            globals().update({own: getattr(module, own) for own in names})
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
