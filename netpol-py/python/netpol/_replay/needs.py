"""pyarrow, which `replay` reads logs with and counts in."""

from __future__ import annotations

try:
    import pyarrow as pa
    import pyarrow.compute as pc
except ImportError as missing:
    raise ImportError("replay needs pyarrow: pip install 'netpol-py[replay]'") from missing

__all__ = ["pa", "pc"]
