"""Who reaches whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._answers import Network
from .._errors import UnknownEndpointError
from .._netpol import Engine
from .._types import PathLike, PortLike, ProtocolLike
from . import _axes
from ._access import ALLOWED, CODES, DENIED, UNANSWERED, Access, MatrixPort, read_ports
from ._alikes import Alikes
from ._axes import EndsLike, Question
from ._cell import MatrixCell, MatrixCellPort, explain
from ._contents import Contents
from ._groups import MatrixGroup, MatrixMember
from ._judge import Bits, Judge
from ._verdicts import Counted, between
from ._workloads import GroupBy

if TYPE_CHECKING:
    from ._changes import MatrixChanges

_ORDER = (ALLOWED, DENIED, UNANSWERED)
# The access that the bits of a cell mean: those of several kinds are some of each.
_ACCESS_OF_BITS = np.array([3, 1, 0, 2, 3, 2, 2, 2], np.uint8)


@dataclass(frozen=True, eq=False)
class Matrix:
    """Who reaches whom on a port, or on several. Made by `netpol.matrix`; it never changes.

    Rows are sources, columns destinations. `allowed` says ``True`` where every connection of a cell may
    be opened, `access` tells apart what is not so; `cell` explains one of them. It is a table of any
    library (`to_frame`, `to_arrow`, and Arrow's PyCapsule interface: ``polars.DataFrame(matrix)``),
    text for a terminal (`to_text`), a picture (`to_figure`), and a page (`to_html`).
    """

    sources: tuple[MatrixGroup, ...]
    """Who the rows stand for."""
    destinations: tuple[MatrixGroup, ...]
    """Who the columns stand for."""
    ports: tuple[MatrixPort, ...]
    """The ports, in the order given."""
    access_by_port: npt.NDArray[np.uint8] = field(repr=False)
    """For each port, source and destination the place in ``list(Access)`` of what it is."""
    access: npt.NDArray[np.uint8] = field(repr=False)
    """The same of all ports together, for each source and destination."""
    engine: Engine = field(repr=False)
    """Whose verdicts they are."""
    _question: Question = field(repr=False)
    _contents: Contents = field(repr=False)
    _alikes: Alikes = field(repr=False)
    _judges: tuple[Judge, ...] = field(repr=False)

    @property
    def allowed(self) -> npt.NDArray[np.bool_]:
        """Where every connection may be opened: on all ports, between all pairs of endpoints of source
        and destination. What has no answer is not allowed; `access` says that it is something else.

        >>> engine = netpol.load("netpol-core/examples/shop")
        >>> netpol.matrix(engine, port=5432, sources="shop/*", destinations="shop/db").allowed
        array([[ True],
               [False],
               [False]])
        """
        allowed: npt.NDArray[np.bool_] = self.access == 1
        return allowed

    @property
    def outside(self) -> npt.NDArray[np.bool_]:
        """Where neither end is a pod, so that no policy applies. What shows the matrix to people leaves
        these cells empty.
        """
        rows, columns = (
            np.array([group.is_external for group in axis], np.bool_)
            for axis in (self.sources, self.destinations)
        )
        outside: npt.NDArray[np.bool_] = np.logical_and.outer(rows, columns)
        return outside

    @property
    def shape(self) -> tuple[int, int]:
        """How many sources and how many destinations there are."""
        return (len(self.sources), len(self.destinations))

    def count(self, access: Access | str) -> int:
        """How many cells are so, without those in which no policy applies."""
        return int(np.count_nonzero((self.access == CODES.index(Access(access))) & ~self.outside))

    def index(self, source: object, destination: object) -> tuple[int, int]:
        """The row and the column of two ends: groups, or their names; endpoints, ``"namespace/name"``;
        addresses and prefixes. Raises `UnknownEndpointError` when the matrix is not about them.
        """
        return _find(self.sources, source, "source"), _find(
            self.destinations, destination, "destination"
        )

    def __getitem__(self, ends: tuple[object, object]) -> Access:
        """What a cell says, by its ends as `index` takes them, or by the numbers of row and column.

        >>> engine = netpol.load("netpol-core/examples/shop")
        >>> netpol.matrix(engine, port="postgres")["shop/api", "shop/db"]
        <Access.ALL: 'all'>
        """
        return CODES[int(self.access[self._place(*ends)])]

    def cell(self, source: object, destination: object) -> MatrixCell:
        """One cell with the reason, by its ends as `index` takes them, or by the numbers of row and
        column.

        >>> engine = netpol.load("netpol-core/examples/shop")
        >>> print(netpol.matrix(engine, port="postgres").cell("shop/web", "shop/db"))
        shop/web -> shop/db: none
        deny
        TCP shop/web -> shop/db port 5432
        egress from shop/web: allow, not isolated
        ingress to shop/db: deny, isolated by NetworkPolicy shop/db, NetworkPolicy shop/default-deny, and no rule matches
          nearest: NetworkPolicy shop/db spec.ingress[0] (from[0]): the pod's labels do not match `app=api`
        """
        row, column = self._place(source, destination)
        ports = tuple(self._cell_port(number, row, column) for number in range(len(self.ports)))
        access = CODES[self.access[row, column]]
        return MatrixCell(self.sources[row], self.destinations[column], access, ports)

    def _place(self, source: object, destination: object) -> tuple[int, int]:
        if isinstance(source, (int, np.integer)) and isinstance(destination, (int, np.integer)):
            rows, columns = self.shape
            return range(rows)[source], range(columns)[destination]
        return self.index(source, destination)

    def _cell_port(self, port: int, row: int, column: int) -> MatrixCellPort:
        counted = self._counted(port, row, column)
        own = self.ports[port]
        explanations, reason = [], None
        for pair in dict.fromkeys(counted.examples[bit] for bit in _ORDER if bit in counted.examples):
            source, destination = (self._alikes.members[number] for number in pair)
            found = explain(self.engine, source, destination, own)
            if isinstance(found, str):
                reason = found
            else:
                explanations.append(found)
        return MatrixCellPort(
            port=own,
            access=CODES[self.access_by_port[port, row, column]],
            allowed=counted.counts.get(ALLOWED, 0),
            denied=counted.counts.get(DENIED, 0),
            unanswered=counted.counts.get(UNANSWERED, 0),
            explanations=tuple(explanations),
            reason=reason,
        )

    def _counted(self, port: int, row: int, column: int) -> Counted:
        members = self._alikes.numbers(self.sources[row].members)
        others = self._alikes.numbers(self.destinations[column].members)
        return Counted(self._judges[port], self._alikes, members, others)

    def _pairs(
        self, port: int, sources: Sequence[MatrixMember], destinations: Sequence[MatrixMember]
    ) -> Bits:
        """The bits of every pair of members."""
        own, others = (np.array(self._alikes.numbers(axis), np.intp) for axis in (sources, destinations))
        return self._judges[port].outer(own, others)

    def _backends(self, port: int, source: MatrixMember, service: MatrixMember) -> dict[str, int]:
        """The bits of a member with each backend of a Service."""
        own, other = self._alikes.numbers((source, service))
        return self._judges[port].service(other).backends(own)

    def rows(self) -> Iterator[tuple[str, str, str, int | str, str]]:
        """Source, destination, protocol, port and access of every cell and port, source by source."""
        for row, source in enumerate(self.sources):
            for column, destination in enumerate(self.destinations):
                for number, port in enumerate(self.ports):
                    access = CODES[self.access_by_port[number, row, column]]
                    yield source.name, destination.name, port.protocol, port.port, access.value

    def to_dict(self) -> dict[str, Any]:
        """The matrix as plain lists and dictionaries, as ``netpol matrix -o json`` prints it."""
        from . import _frames

        return _frames.to_dict(self)

    def to_arrow(self) -> Any:
        """A ``pyarrow.Table`` with a row for each cell and port: ``source``, ``destination``,
        ``protocol``, ``port``, ``access``, and ``allowed``, which is null where there is no answer.

        Needs ``netpol-py[matrix]``.
        """
        from . import _frames

        return _frames.to_arrow(self)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """What `to_arrow` gives, for Arrow's PyCapsule interface: ``polars.DataFrame(matrix)``."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def to_frame(self) -> Any:
        """A ``pandas.DataFrame`` with a row for each source, a column for each destination, and the
        access of all ports together as text in the cells. Needs ``netpol-py[matrix]``.

        >>> engine = netpol.load("netpol-core/examples/shop")
        >>> frame = netpol.matrix(engine, port=5432, sources="shop/*").to_frame()
        >>> frame["shop/db"].to_dict()
        {'shop/api': 'all', 'shop/db': 'none', 'shop/web': 'none'}
        """
        from . import _frames

        return _frames.to_frame(self)

    def to_text(self, *, color: bool | None = None, width: int | None = None) -> str:
        """The matrix for a terminal: a row for each source, a numbered column for each destination, in
        several parts when they do not fit side by side into `width`, that of the terminal when not given.

        `color` puts ANSI escape codes between; when not given they are there if the standard output is a
        terminal and the environment has no ``NO_COLOR``. Nothing is said by colour alone, and what
        manifests say never becomes an escape code.

        >>> engine = netpol.load("netpol-core/examples/shop")
        >>> print(netpol.matrix(engine, port=5432, sources="shop/*", destinations="shop/*").to_text())
        TCP 5432: 3 sources, 3 destinations
        ● allowed 1   · denied 8
        <BLANKLINE>
                   1 2 3
        shop/api   · ● ·
        shop/db    · · ·
        shop/web   · · ·
        <BLANKLINE>
        1  shop/api
        2  shop/db
        3  shop/web
        """
        from . import _text

        return _text.to_text(self, color=color, width=width)

    def plot(self, ax: Any = None) -> Any:
        """Draws the matrix into axes of matplotlib, new ones when not given, and returns them. Needs
        ``netpol-py[plot]``.
        """
        from . import _picture

        return _picture.plot(self, ax)

    def to_figure(self) -> Any:
        """The matrix as a ``matplotlib.figure.Figure`` that is as large as it needs to be:
        ``figure.savefig("matrix.png")``. Needs ``netpol-py[plot]``.
        """
        return self.plot().figure

    def to_html(self, *, title: str | None = None, explanations: int = 50_000) -> str:
        """The matrix as a page of HTML that needs nothing else: with search, and on a click or Enter the
        explanation of a cell. It loads nothing, and says so to the browser.

        `explanations` is how many pairs of kinds of ends and ports are explained at most, about 20,000 a
        second; those of endpoints that no policy tells apart count once. Where one is left out the page
        says so, and which command gives it.
        """
        from . import _page

        return _page.to_html(self, title=title, budget=explanations)

    def write_html(
        self, path: PathLike, *, title: str | None = None, explanations: int = 50_000
    ) -> None:
        """Writes the page of `to_html` to a file."""
        page = self.to_html(title=title, explanations=explanations)
        Path(path).write_text(page, encoding="utf-8")

    def _repr_html_(self) -> str:
        from . import _notebook

        return _notebook.to_html(self)

    def diff(self, after: Matrix | Engine) -> MatrixChanges:
        """What is opened and what is closed by a change: from this matrix to that of another engine, or
        to another matrix. The other engine is asked what this one was.

        >>> before, after = netpol.Cluster(), netpol.Cluster()
        >>> for cluster in (before, after):
        ...     _ = cluster.apply_files("netpol-core/examples/shop")
        >>> after.delete("NetworkPolicy", "db", namespace="shop")
        True
        >>> changes = netpol.matrix(before.publish(), port=5432, prefixes=False).diff(after.publish())
        >>> [(str(source), str(destination)) for source, destination in changes.closed()]
        [('shop/api', 'shop/db')]
        """
        from ._changes import compare

        return compare(self, after)

    def __str__(self) -> str:
        return self.to_text(color=False, width=_WIDTH)


_WIDTH = 100


def matrix(
    engine: Engine,
    *,
    port: PortLike | Iterable[PortLike],
    protocol: ProtocolLike | None = None,
    sources: EndsLike | None = None,
    destinations: EndsLike | None = None,
    group_by: GroupBy = "workload",
    prefixes: bool = True,
    nodes: bool = False,
    services: bool = False,
) -> Matrix:
    """Who reaches whom on a port: every source with every destination.

    `port` is a number, or a name, which each destination has for a number of its own; ``"53/UDP"`` is
    one of another protocol than `protocol`, which is TCP when not given. Of several ports a cell says
    whether all, some or none are open.

    `sources` and `destinations` name whom the rows and columns are about: patterns of names
    (``"shop/*"``), endpoints, addresses, prefixes; as destinations Services too (``"svc/shop/db"``), of
    which a cell says whether all, some or none of the backends may be reached. When not given that is
    everybody: all endpoints; with `prefixes` the prefixes that policies name and whoever is in none of
    them; with `nodes` the nodes; with `services` the Services, as destinations. A prefix stands there
    for its addresses that are no endpoint's and in no narrower prefix that policies name, so that they
    all have the same verdict; a prefix that the caller names stands for all its addresses that are no
    endpoint's.

    `group_by` makes one row of many endpoints. ``"workload"``: the replicas of a workload, known by
    the workload's selector where it is loaded, otherwise by labels and by the form of the names.
    ``"labels"``: those in a namespace with the same labels, but for those that controllers add to each
    pod. ``"namespace"``, ``"endpoint"``, or a function that gives the name of an endpoint's group. The
    cell of a group says whether all, some or none of the pairs of its endpoints may open the
    connection; no endpoint is paired with itself, but where there is no other.

    Every answer is that of `Engine.decide`. Endpoints that no policy tells apart are asked for once,
    and the others in columns: about ten million pairs a second, and memory for the result and some
    hundred megabytes.

    >>> engine = netpol.load("netpol-core/examples/shop")
    >>> found = netpol.matrix(engine, port="postgres")
    >>> found.shape
    (7, 7)
    >>> found["shop/api", "shop/db"], found["shop/web", "shop/db"], found["shop/web", "shop/api"]
    (<Access.ALL: 'all'>, <Access.NONE: 'none'>, <Access.UNANSWERED: 'unanswered'>)
    >>> found.cell("shop/web", "shop/api").reason
    '`shop/api` declares no TCP port named `postgres`'
    """
    question = Question(
        read_ports(port, protocol), sources, destinations, group_by, prefixes, nodes, services
    )
    return ask(engine, question)


def ask(engine: Engine, question: Question, compared: Iterable[Network] = ()) -> Matrix:
    """The matrix of a question. `compared` are the prefixes that the policies of another engine name."""
    contents = Contents(engine, compared)
    axes = sources, destinations = _axes.axes(engine, contents, question)
    alikes = Alikes(
        engine, contents, (member for axis in axes for group in axis for member in group.members)
    )
    members = [[alikes.numbers(group.members) for group in axis] for axis in axes]
    bits = np.empty((len(question.ports), len(sources), len(destinations)), np.uint8)
    judges = tuple(Judge(engine, alikes, port) for port in question.ports)
    for number, judge in enumerate(judges):
        bits[number] = between(judge, alikes, *members)
    together: Bits = np.bitwise_or.reduce(bits, axis=0)
    access_by_port, access = _ACCESS_OF_BITS[bits], _ACCESS_OF_BITS[together]
    for array in (access_by_port, access):
        array.setflags(write=False)
    return Matrix(
        tuple(sources),
        tuple(destinations),
        question.ports,
        access_by_port,
        access,
        engine,
        question,
        contents,
        alikes,
        judges,
    )


def _find(groups: Sequence[MatrixGroup], end: object, what: str) -> int:
    for number, group in enumerate(groups):
        if group is end or group.name == end:
            return number
    found = [number for number, group in enumerate(groups) if group.has(end)]
    if len(found) == 1:
        return found[0]
    detail = "is in several" if found else "is in none"
    raise UnknownEndpointError(f"`{end}` {detail} of the groups that the matrix has as {what}s")
