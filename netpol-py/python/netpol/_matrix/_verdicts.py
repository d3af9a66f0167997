"""What each row and column of a matrix has between them, from verdicts on one of each kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from ._access import UNANSWERED
from ._alikes import Alikes
from ._judge import Bits, Judge, Numbers
from ._service_column import Sources, by_kind

Group: TypeAlias = Sequence[int]
"""The numbers of the members that a row or a column stands for."""

# Pairs of kinds that are held at once.
_HELD = 1 << 24


def between(
    judge: Judge, alikes: Alikes, sources: Sequence[Group], destinations: Sequence[Group]
) -> Bits:
    """For each pair of groups the bits that the pairs of their members have, put together. Nobody is
    paired with itself, but where there is no other pair.

    Members that are alike are asked once. Takes memory for the result and `_HELD` pairs.
    """
    found = np.zeros((len(sources), len(destinations)), np.uint8)
    services = {
        column: group[0] for column, group in enumerate(destinations) if _is_service(alikes, group)
    }
    if services:
        every = [Sources.of(alikes, group) for group in sources]
        for column, service in services.items():
            own = judge.service(service)
            found[:, column] = [own.bits(some) for some in every]
    destinations = [() if column in services else group for column, group in enumerate(destinations)]
    kinds_of_columns = _Kinds(alikes, destinations)
    width = max(1, kinds_of_columns.count)
    for start, end in _parts([len(set(group)) for group in sources], _HELD // width):
        kinds = _Kinds(alikes, sources[start:end])
        part = found[start:end]
        for rows, columns in (
            (kinds.common, kinds_of_columns.common),
            (kinds.special, kinds_of_columns.all),
            (kinds.common_by_node, kinds_of_columns.special),
        ):
            part |= _reduced(judge, rows, columns)
    _mend(found, judge, alikes, sources, destinations)
    return found


def _is_service(alikes: Alikes, group: Group) -> bool:
    return alikes.members[group[0]].service is not None


class _Side:
    """Kinds of members, and which of them each group has."""

    def __init__(self, groups: Sequence[Group], kind: Sequence[int], taken: Sequence[bool]) -> None:
        members: dict[int, list[int]] = defaultdict(list)
        lists: list[list[int]] = []
        numbers: dict[int, int] = {}
        for group in groups:
            own = dict.fromkeys(kind[member] for member in group if taken[member])
            lists.append([numbers.setdefault(one, len(numbers)) for one in own])
            for member in group:
                if taken[member] and len(members[kind[member]]) < 2:
                    if member not in members[kind[member]]:
                        members[kind[member]].append(member)
        self.kinds = list(numbers)
        self.members = [members[one] for one in self.kinds]
        """Of each kind one member, and another one where there is one."""
        self.lists = lists
        self.firsts: Numbers = np.array([own[0] for own in self.members], np.intp)


class _Kinds:
    """Members of groups in the kinds that the engine has to be asked about."""

    def __init__(self, alikes: Alikes, groups: Sequence[Group]) -> None:
        special = alikes.is_special
        usual = [not one for one in special]
        every = [True] * len(special)
        self.common = _Side(groups, alikes.by_policies, usual)
        """Those to whom the node of the other end means nothing."""
        self.special = _Side(groups, alikes.by_everything, special)
        self.common_by_node = _Side(groups, alikes.by_everything, usual)
        self.all = _Side(groups, alikes.by_everything, every)
        self.count = max(len(self.common.kinds), len(self.all.kinds) if any(special) else 0)


def _reduced(judge: Judge, rows: _Side, columns: _Side) -> Bits:
    """The bits of kinds with kinds, put together for the groups."""
    if not rows.kinds or not columns.kinds:
        return np.zeros((len(rows.lists), len(columns.lists)), np.uint8)
    bits = judge.outer(rows.firsts, columns.firsts)
    _set_own(bits, judge, rows, columns)
    by_row = _gather(bits, rows.lists)
    return _gather(by_row.T, columns.lists).T


def _set_own(bits: Bits, judge: Judge, rows: _Side, columns: _Side) -> None:
    """What a kind is to itself is what two of it are to one another; nothing where there is one."""
    places = {kind: number for number, kind in enumerate(columns.kinds)}
    own = []
    for row, kind in enumerate(rows.kinds):
        column = places.get(kind)
        if column is None or rows.members[row][0] != columns.members[column][0]:
            continue
        bits[row, column] = 0
        pair = _two(rows.members[row], columns.members[column])
        if pair is not None:
            own.append((row, column, *pair))
    if own:
        at_rows, at_columns, sources, destinations = np.array(own, np.intp).T
        bits[at_rows, at_columns] = judge.pairs(sources, destinations)


def _two(some: Sequence[int], others: Sequence[int]) -> tuple[int, int] | None:
    """One of each that are not the same."""
    different = ((one, other) for one in some for other in others if one != other)
    return next(different, None)


def _gather(bits: Bits, lists: Sequence[Sequence[int]]) -> Bits:
    """For each list the rows that it names, put together."""
    found = np.zeros((len(lists), bits.shape[1]), np.uint8)
    if all(len(own) == 1 for own in lists):
        found[:] = bits[[own[0] for own in lists]]
        return found
    for start, end in _parts([len(own) for own in lists], _HELD // max(1, bits.shape[1])):
        filled = [number for number in range(start, end) if lists[number]]
        if filled:
            named = np.concatenate([np.array(lists[number], np.intp) for number in filled])
            starts = np.cumsum([0, *(len(lists[number]) for number in filled[:-1])])
            found[filled] = np.bitwise_or.reduceat(bits[named], starts, axis=0)
    return found


def _parts(sizes: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Runs of things that are together no larger than they may be, if one alone is not."""
    parts, start, held = [], 0, 0
    for number, size in enumerate(sizes):
        if number > start and held + size > most:
            parts.append((start, number))
            start, held = number, 0
        held += size
    if start < len(sizes):
        parts.append((start, len(sizes)))
    return parts


def _mend(
    found: Bits, judge: Judge, alikes: Alikes, sources: Sequence[Group], destinations: Sequence[Group]
) -> None:
    """Sets right the cells in which somebody would be paired with itself."""
    columns: dict[int, list[int]] = defaultdict(list)
    for column, group in enumerate(destinations):
        for member in group:
            columns[member].append(column)
    cells = {
        (row, column)
        for row, group in enumerate(sources)
        for member in group
        for column in columns.get(member, ())
    }
    alone = [
        (row, column)
        for row, column in cells
        if len(sources[row]) == 1 and len(destinations[column]) == 1
    ]
    if alone:
        rows, own = np.array(alone, np.intp).T
        members = np.array([sources[row][0] for row in rows], np.intp)
        found[rows, own] = judge.pairs(members, members)
    for row, column in cells.difference(alone):
        found[row, column] = Counted(judge, alikes, sources[row], destinations[column]).bits


class Counted:
    """How many pairs of two groups have each of the bits, and who the first of them are."""

    def __init__(self, judge: Judge, alikes: Alikes, sources: Group, destinations: Group) -> None:
        self.counts: dict[int, int] = {}
        """By their bits."""
        self.examples: dict[int, tuple[int, int]] = {}
        if _is_service(alikes, destinations):
            self._count_backends(judge, alikes, sources, destinations[0])
            return
        if len(sources) == len(destinations) == 1 and sources[0] == destinations[0]:
            members = np.array(sources, np.intp)
            self.bits = int(judge.pairs(members, members)[0])
            self.counts[self.bits] = 1
            self.examples[self.bits] = (sources[0], destinations[0])
            return
        by_node = any(alikes.is_special[member] for group in (sources, destinations) for member in group)
        kinds = alikes.by_everything if by_node else alikes.by_policies
        rows, columns = by_kind(kinds, sources), by_kind(kinds, destinations)
        first_rows = np.array([own[0] for own in rows.values()], np.intp)
        first_columns = np.array([own[0] for own in columns.values()], np.intp)
        bits = judge.outer(first_rows, first_columns)
        self.bits = 0
        sizes = np.outer([len(own) for own in rows.values()], [len(own) for own in columns.values()])
        # A kind with itself: without whoever is in both.
        places = {kind: number for number, kind in enumerate(columns)}
        pairs: dict[tuple[int, int], tuple[int, int]] = {}
        for row, (kind, own) in enumerate(rows.items()):
            place = places.get(kind)
            if place is None:
                continue
            sizes[row, place] -= len(set(own).intersection(columns[kind]))
            pair = _two(own[:2], columns[kind][:2])
            if pair is not None:
                pairs[row, place] = pair
        if pairs:
            at = tuple(np.array(list(pairs), np.intp).T)
            sources_of_pairs, destinations_of_pairs = np.array(list(pairs.values()), np.intp).T
            bits[at] = judge.pairs(sources_of_pairs, destinations_of_pairs)
        for value in (1, 2, UNANSWERED):
            chosen = (bits == value) & (sizes > 0)
            if chosen.any():
                row, column = np.argwhere(chosen)[0].tolist()
                self.bits |= value
                self.counts[value] = int(sizes[chosen].sum())
                example = int(first_rows[row]), int(first_columns[column])
                self.examples[value] = pairs.get((row, column), example)

    def _count_backends(self, judge: Judge, alikes: Alikes, sources: Group, service: int) -> None:
        """Who sends to a Service is a pair with each of its backends."""
        self.bits = 0
        column = judge.service(service)
        for source, count in column.alike(Sources.of(alikes, sources)):
            for bits in column.backends(source).values():
                self.bits |= bits
                self.counts[bits] = self.counts.get(bits, 0) + count
                self.examples.setdefault(bits, (source, service))
