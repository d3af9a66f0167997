"""From manifests to an engine in one call."""

from __future__ import annotations

import warnings

from ._diagnostics import Applied
from ._errors import ManifestWarning
from ._netpol import Cluster, Engine
from ._options import Options, ReadOptions
from ._types import AdmissionLike, PathLike, Source


def load(
    *paths: PathLike,
    options: Options | None = None,
    admission: AdmissionLike = "create",
    reading: ReadOptions | None = None,
) -> Engine:
    """The engine of the manifests in files and directories.

    A directory stands for every ``.yaml``, ``.yml`` and ``.json`` file in it and below. What
    ``kubectl get ns,nodes,pods,svc,endpointslices,netpol -A -o yaml`` prints is a manifest too; give it with
    ``admission="stored"``, since a cluster took what is in it.

    What is legal and probably not what its author wants becomes a `ManifestWarning`.

    Raises `RefusedError` with everything that is wrong, each with its line and column.

    >>> engine = load("netpol-core/examples/shop")
    >>> engine.decide("shop/web", "shop/db", port="postgres")
    <Verdict.DENY: 'deny'>
    """
    cluster = Cluster(options)
    _warn(cluster.apply_files(*paths, admission=admission, reading=reading))
    return _publish(cluster)


def loads(
    *sources: Source,
    options: Options | None = None,
    admission: AdmissionLike = "create",
    reading: ReadOptions | None = None,
) -> Engine:
    """The engine of manifests that are at hand: texts, open files, dictionaries, objects of the
    ``kubernetes`` client.

    As `load` in everything else.
    """
    cluster = Cluster(options)
    for source in sources:
        _warn(cluster.apply(source, admission=admission, reading=reading))
    return _publish(cluster)


def _publish(cluster: Cluster) -> Engine:
    engine = cluster.publish()
    for warning in (*engine.warnings, *engine.lints()):
        warnings.warn(str(warning), ManifestWarning, stacklevel=3)
    return engine


def _warn(applied: Applied) -> None:
    for warning in applied.warnings:
        warnings.warn(str(warning), ManifestWarning, stacklevel=3)
