"""Which paths are those of manifests."""

from __future__ import annotations

import glob

EXPECTATIONS = (".netpol.yaml", ".netpol.yml")
"""How the names of files of expectations end, which may stand beside the manifests."""


def manifests_matching(pattern: str) -> list[str]:
    """The paths that a pattern such as ``k8s/**/*.yaml`` matches, in order, without files of
    expectations, which are no manifests."""
    found = glob.glob(pattern, recursive=True)
    return sorted(path for path in found if not path.endswith(EXPECTATIONS))
