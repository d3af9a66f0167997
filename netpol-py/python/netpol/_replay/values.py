"""Columns of a log, whatever they are made of, as the few kinds of Arrow arrays that are judged."""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .needs import pa, pc

Mask = npt.NDArray[np.bool_]

_PROTOCOLS = {"icmp": 1, "icmpv4": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "icmp6": 58, "ipv6-icmp": 58, "sctp": 132}
_PASSED = {"accept", "accepted", "allow", "allowed", "forwarded", "redirected", "pass", "passed", "permit", "permitted"}
_REFUSED = {"reject", "rejected", "deny", "denied", "drop", "dropped", "block", "blocked"}
_TRUE, _FALSE = {"true", "1", "yes", "y", "t"}, {"false", "0", "no", "n", "f"}
_MICROSECONDS = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
# What has a year of four figures: beyond, Python has no name for the time.
_FURTHEST = 250_000_000_000_000_000


def arrow(mask: Mask) -> Any:
    """A mask for Arrow."""
    return pa.array(mask)


def nothing(rows: int) -> Any:
    """A column without values."""
    return pa.nulls(rows, pa.string())


def decoded(column: Any) -> Any:
    """A column with its values instead of their places in a dictionary, and texts as ``string``."""
    if pa.types.is_dictionary(column.type):
        column = _plain_dictionary(column).dictionary_decode()
    kind = column.type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        column = column.cast(pa.string())
    return column


def _plain_dictionary(column: Any) -> Any:
    """A dictionary with its texts as ``string``: Arrow does not look up all kinds of them."""
    if not is_text(column) or pa.types.is_string(column.type.value_type):
        return column
    return pa.DictionaryArray.from_arrays(column.indices, column.dictionary.cast(pa.string()))


def is_text(column: Any) -> bool:
    """Whether a column holds texts, in a dictionary or not."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_missing(column: Any) -> Mask:
    """Where there is no value."""
    return np.asarray(column.is_null(), np.bool_)


def filled(column: Any, value: Any) -> npt.NDArray[Any]:
    """A column as a NumPy array, with a value where there is none."""
    if column.null_count:
        column = column.fill_null(value)
    return np.asarray(column)


def is_one_of(column: Any, words: Sequence[str]) -> Mask:
    """Where a column of texts says one of some words."""
    if not is_text(column):
        return np.zeros(len(column), np.bool_)
    return filled(pc.is_in(column, pa.array(words)), False)


def inside(column: Any, steps: Sequence[str | int]) -> Any:
    """What is inside a structure or a list, or `None` when it has no such thing."""
    for step in steps:
        kind = column.type
        if pa.types.is_null(kind):
            return column
        if isinstance(step, int):
            if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
                return None
            # Lists that are too short have no element there, which Arrow would not have.
            long = pc.fill_null(pc.greater(pc.list_value_length(column), step), False)
            if not pc.any(long, min_count=0).as_py():
                column = pa.nulls(len(column), kind.value_type)
            else:
                column = pc.list_element(pc.if_else(long, column, pa.nulls(len(column), kind)), step)
        else:
            if not pa.types.is_struct(kind):
                return None
            names = [field.name for field in kind]
            same = [name for name in names if name.lower().replace("-", "_") == step.lower().replace("-", "_")]
            if not same:
                return None
            column = pc.struct_field(column, same[0])
    return column


def first(columns: list[Any]) -> Any:
    """Of several columns the first that has a value in the row."""
    present = [column for column in columns if not pa.types.is_null(column.type)]
    if len(present) < 2:
        return decoded((present or columns)[0])
    made = [decoded(column) for column in present]
    if len({column.type for column in made}) > 1:
        made = [column.cast(pa.string()) for column in made]
    return pc.coalesce(*[_without_dashes(column) for column in made])


def joined(texts: Sequence[str], columns: Sequence[Any]) -> Any:
    """Texts and columns by turns, where every one of the columns has a value."""
    made = [_without_dashes(decoded(column).cast(pa.string())) for column in columns]
    words: list[Any] = [texts[0]]
    for column, text in zip(made, texts[1:], strict=True):
        words += [column, text]
    return pc.binary_join_element_wise(*words, "")


def structure_as_text(column: Any, name: str) -> Any:
    """Of a structure, its name wherever it is there; other columns as they are."""
    if not pa.types.is_struct(column.type):
        return column
    return pc.if_else(column.is_valid(), pa.scalar(name), pa.scalar(None, pa.string()))


def end(own: str, columns: list[Any], usable: Callable[[str], bool]) -> Any:
    """One end of each row: a dictionary of texts or bytes, or numbers."""
    rows = len(columns[0])
    columns = [_plain_end(own, column) for column in columns if column.null_count < len(column)]
    if not columns:
        return nothing(rows).dictionary_encode()
    if len(columns) == 1:
        return columns[0]
    # Several: the first that can be used, or the last that is there at all, to be told of.
    chosen: list[Any] = []
    last: list[Any] = []
    for column in columns:
        if not is_text(column):
            column = ends_as_text(column)
        good = pa.array([text is not None and usable(text) for text in column.dictionary.to_pylist()], pa.bool_())
        texts = column.dictionary_decode()
        fits = good.take(column.indices) if len(good) else pa.nulls(len(column), pa.bool_())
        chosen.append(pc.if_else(pc.fill_null(fits, False), texts, pa.scalar(None, pa.string())))
        last.insert(0, texts)
    return pc.coalesce(*chosen, *last).dictionary_encode()


def _plain_end(own: str, column: Any) -> Any:
    kind = column.type
    if is_text(column):
        if pa.types.is_dictionary(kind):
            column = _plain_dictionary(column)
            if not pc.any(_is_dash(column.dictionary), min_count=0).as_py():
                return column
            column = column.dictionary_decode()
        return _without_dashes(column.cast(pa.string())).dictionary_encode()
    column = decoded(column)
    if pa.types.is_integer(column.type):
        return column
    if pa.types.is_floating(column.type):
        # What pandas makes of whole numbers among which one is missing.
        return pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column).cast(pa.int64())
    if pa.types.is_binary(column.type) or pa.types.is_fixed_size_binary(column.type) or pa.types.is_large_binary(column.type):
        return column.dictionary_encode()
    raise TypeError(f"{own} must hold addresses or names of endpoints, not values of type {kind}")


def ends_as_text(column: Any) -> Any:
    """Ends as a dictionary of texts."""
    if is_text(column):
        return column
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = [_address_text(value) for value in encoded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, pa.string()))


def _address_text(value: int | bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return str(ipaddress.IPv4Address(value) if isinstance(value, int) else ipaddress.ip_address(value))
    except ValueError:
        return str(value)


def numbers(_own: str, column: Any) -> tuple[Any, Mask | None, str]:
    """A column of whole numbers; where a value is none; and what it is then."""
    what = "no whole number"
    column = decoded(column)
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        column = column.cast(pa.float64())
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
        bad = filled(pc.or_(pc.not_equal(column, pc.floor(column)), pc.greater(pc.abs(column), 2.0**53)), False)
        return pc.if_else(arrow(bad), None, column).cast(pa.int64()), bad, what
    if is_text(column):
        column = _without_dashes(column)
        try:
            return column.cast(pa.int64()), None, what
        except pa.ArrowInvalid:
            good = pc.match_substring_regex(column, r"^[0-9]{1,18}$")
            bad = ~filled(good, True)
            return pc.if_else(good, column, None).cast(pa.int64()), bad, what
    try:
        return column.cast(pa.int64()), None, what
    except pa.ArrowInvalid:
        bad = filled(pc.greater(column, pa.scalar(2**63 - 1, kind)), False)
        return pc.if_else(arrow(bad), None, column).cast(pa.int64()), bad, what
    except pa.ArrowNotImplementedError:
        raise TypeError(f"{_own} must hold numbers, not values of type {kind}") from None


def protocols(own: str, column: Any) -> tuple[Any, Mask | None, str]:
    """Protocols as their numbers; as `numbers` in everything else. Where there is none it is a fault."""
    if not is_text(column):
        column, bad, _ = numbers(own, column)
        outside = ~((filled(column, -1) >= 0) & (filled(column, -1) <= 255))
        bad = outside if bad is None else outside | bad
    else:
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        known = [_protocol(text) for text in encoded.dictionary.to_pylist()]
        taken = pa.array(known, pa.int64()).take(encoded.indices)
        bad, column = is_missing(taken), taken
    return pc.if_else(arrow(bad), None, column).cast(pa.uint8()), bad, "no protocol"


def _protocol(text: str | None) -> int | None:
    word = (text or "").strip().lower()
    if word.isascii() and word.isdigit() and int(word) <= 255:
        return int(word)
    return _PROTOCOLS.get(word)


def times(own: str, column: Any, unit: str) -> tuple[Any, Mask | None, str]:
    """Times in UTC, to the microsecond; as `numbers` in everything else."""
    what, utc = "no time", pa.timestamp("us", "UTC")
    column = decoded(column)
    kind = column.type
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return _near(column.cast(utc, safe=False), what)
    bad: Mask | None = None
    if is_text(column):
        column = _without_dashes(column)
        for form in (pa.int64(), pa.float64(), utc, pa.timestamp("us")):
            try:
                column = column.cast(form)
                break
            except pa.ArrowInvalid:
                continue
        else:
            read = pa.array([_time(text, unit) for text in column.to_pylist()], utc)
            return read, is_missing(read) & ~is_missing(column), what
        if pa.types.is_timestamp(column.type):
            return _near(column.cast(utc), what)
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        micros = filled(column.cast(pa.float64()), np.nan) * _MICROSECONDS[unit]
        gone = np.isnan(micros)
    else:
        column, bad, _ = numbers(own, column)
        counted, gone = filled(column, 0), is_missing(column)
        micros = counted // 1000 if unit == "ns" else counted * _MICROSECONDS[unit]
    far = np.abs(np.where(gone, 0, micros)) > _FURTHEST
    whole = np.where(gone | far, 0, micros).round().astype(np.int64)
    return pa.array(whole, mask=gone | far).cast(utc), far if bad is None else bad | far, what


def _near(column: Any, what: str) -> tuple[Any, Mask, str]:
    """Times for which Python has a name."""
    far = np.abs(filled(column.cast(pa.int64()), 0)) > _FURTHEST
    return pc.if_else(arrow(far), pa.scalar(None, column.type), column), far, what


def _time(text: str | None, unit: str) -> datetime.datetime | None:
    """A time among others that are not written alike."""
    if text is None:
        return None
    try:
        if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
            return _EPOCH + datetime.timedelta(microseconds=float(text) * _MICROSECONDS[unit])
        found = datetime.datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def actions(own: str, column: Any) -> Any:
    """Whether a flow passed, as far as the words say so."""
    return _by_words(own, column, _PASSED, _REFUSED)


def truths(own: str, column: Any) -> Any:
    """Truth values."""
    return _by_words(own, column, _TRUE, _FALSE)


def _by_words(own: str, column: Any, yes: set[str], no: set[str]) -> Any:
    if pa.types.is_boolean(column.type):
        return column
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.bool_())
    if pa.types.is_integer(column.type) and yes is _TRUE:
        return pc.not_equal(column, 0)
    if not is_text(column):
        raise TypeError(f"{own} must hold truth values or words, not values of type {column.type}")
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    meaning = []
    for text in encoded.dictionary.to_pylist():
        word = (text or "").strip().lower()
        meaning.append(True if word in yes else False if word in no else None)
    return pa.array(meaning, pa.bool_()).take(encoded.indices)


def exchanged(where: Mask, one: Any, other: Any) -> tuple[Any, Any]:
    """Two columns with their values exchanged in some rows."""
    chosen = arrow(where)
    pair = [decoded(column) for column in (one, other)]
    if pair[0].type != pair[1].type:
        pair = [decoded(ends_as_text(column)) for column in (one, other)]
    made = [pc.if_else(chosen, pair[1], pair[0]), pc.if_else(chosen, pair[0], pair[1])]
    if is_text(made[0]) or pa.types.is_binary(made[0].type):
        made = [column.dictionary_encode() for column in made]
    return made[0], made[1]


def _without_dashes(column: Any) -> Any:
    """Texts, and nothing where they are empty or ``-``, as logs write it."""
    if not pa.types.is_string(column.type):
        return column
    empty = _is_dash(column)
    if not pc.any(empty, min_count=0).as_py():
        return column
    return pc.if_else(empty, pa.scalar(None, pa.string()), column)


def _is_dash(texts: Any) -> Any:
    return pc.or_(pc.equal(texts, ""), pc.equal(texts, "-"))
