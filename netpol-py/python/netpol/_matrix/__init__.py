"""Who reaches whom, as a table.

```text
engine ─ contents ─ groups ─ members ─ alikes ─┐
   └──────────── columns of pairs ─ judge ─ verdicts ─ matrix ─ text, frames, picture, page, changes
```
"""

from ._access import Access, MatrixPort
from ._axes import EndsLike
from ._cell import MatrixCell, MatrixCellPort
from ._changes import MatrixChange, MatrixChanges
from ._groups import MatrixGroup, MatrixMember
from ._matrix import Matrix, matrix
from ._workloads import GroupBy

__all__ = [
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
]
