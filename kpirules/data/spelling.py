"""Texts that look alike and are not equal: unseen characters, edge spaces, accents stored apart, case and width.

A key and what refers to it must be spelt in one way, so what cannot be seen is a fault there. What can be seen and is
easily overlooked, as `a1` beside `A1`, is a warning, or the key that is offered where there is no such row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from kpirules.data.arrow import counting, flat, is_among
from kpirules.data.faults import Finding
from kpirules.model.contracts import Column, Table
from kpirules.values.texts import INVISIBLE, ODD_SPACE, UNSEEN, UNSEEN_IN_LINES, UNUSUAL, code_point
from kpirules.values.units import Unit

_TEXT = pa.string()
_LOOKS_LATIN = dict(zip("авекмнорстухіјѕαβεζηικμνορτυχ", "abekmhopctyxijsabezhikmnoptyx", strict=True))
"""Small Cyrillic and Greek letters, and the Latin ones that they or their capitals are taken for."""
_OTHER_SCRIPT = r"[\p{Greek}\p{Cyrillic}]"
_SEPARATORS = r"""[\s\p{Z}\p{Pd}_'"’`#*]"""


def identifies(column: Column) -> bool:
    """Whether the column's texts say which row is meant: a key, or a reference."""
    return column.type.unit is Unit.TEXT and (column.key or column.references is not None)


# ---------------------------------------------------------------- cells


def composed(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts in NFC."""
    return text if _ordinary(text) else pc.utf8_normalize(text, "NFC")


def identifiers(shown: pa.ChunkedArray, column: Column) -> tuple[pa.ChunkedArray, list[Finding]]:
    """The texts of a key or a reference as they are compared, and the cells that cannot be told from others by eye.

    What cannot be seen is left out of the values all the same, so that a fault is told once, at the cell that has it.
    """
    trimmed = pc.utf8_trim_whitespace(shown)
    if _ordinary(shown) and trimmed.equals(shown):
        return shown, []
    hidden = pc.match_substring_regex(trimmed, UNSEEN)
    edges = pc.and_not(pc.not_equal(pc.binary_length(shown), pc.binary_length(trimmed)), hidden)
    findings = []
    if pc.any(hidden).as_py():
        findings.append(_hidden(column.name, pc.indices_nonzero(hidden), trimmed))
        trimmed = pc.if_else(hidden, _without_unseen(trimmed), trimmed)
    if pc.any(edges).as_py():
        findings.append(Finding("KPI662", (column.name,), pc.indices_nonzero(edges)))
    values = composed(trimmed)
    twins = _decomposed_twins(trimmed, values) if column.key else None
    if twins is not None:
        rows, others = twins
        findings.append(Finding("KPI663", (column.name,), rows, others=others))
        apart = pa.chunked_array([is_among(len(values), pa.concat_arrays([rows, others]))])
        values = pc.if_else(apart, trimmed, values)  # else they would be told again, as keys that are there twice
    return values, findings


def _decomposed_twins(text: pa.ChunkedArray, values: pa.ChunkedArray) -> tuple[pa.Array, pa.Array] | None:
    """Rows whose text is not that of an earlier row, and equal to it in NFC; and these earlier rows."""
    loose = pc.not_equal(text, values)
    if not pc.any(loose).as_py():
        return None
    rows = pc.indices_nonzero(pc.is_in(values, value_set=flat(pc.unique(values.filter(loose))), skip_nulls=True))
    spelt = flat(values.take(rows))
    first = rows.take(pc.index_in(spelt, value_set=spelt))
    other = flat(pc.not_equal(text.take(rows), text.take(first)))
    return (rows.filter(other), first.filter(other)) if pc.any(other).as_py() else None


def unseen_first(findings: Sequence[Finding], shown: pa.ChunkedArray, column: Column) -> Iterator[Finding]:
    """Faults of cells; that of a cell with unseen characters is that it has them, whatever else it is taken for."""
    for finding in findings:
        if finding.whole or identifies(column) or not pa.types.is_string(shown.type):
            yield finding
            continue
        hidden = flat(pc.match_substring_regex(shown.take(finding.rows), UNSEEN))
        if not pc.any(hidden).as_py():
            yield finding
            continue
        yield _hidden(column.name, finding.rows.filter(hidden), shown)
        yield replace(finding, rows=finding.rows.filter(pc.invert(hidden)))


def _hidden(column: str, rows: pa.Array, text: pa.ChunkedArray) -> Finding:
    """The finding of cells with unseen characters, which are named for each."""
    hidden = flat(text.take(rows))
    there = sorted(set("".join(hidden.to_pylist())))
    chars = flat(pc.unique(pa.array(there, _TEXT).filter(pc.match_substring_regex(pa.array(there, _TEXT), UNSEEN))))
    named = [
        pc.if_else(pc.match_substring(hidden, char), code_point(char), pa.scalar(None, _TEXT))
        for char in chars.to_pylist()
    ]
    listed = pc.binary_join_element_wise(*named, ", ", null_handling="skip")
    return Finding("KPI661", (column,), rows, each={"characters": listed})


def _without_unseen(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts without unseen characters, their odd spaces plain; null where nothing is left."""
    spaced = pc.replace_substring_regex(pc.replace_substring_regex(text, INVISIBLE, ""), ODD_SPACE, " ")
    plain = pc.utf8_trim_whitespace(spaced)
    return pc.if_else(pc.equal(pc.binary_length(plain), 0), pa.scalar(None, _TEXT), plain)


def _ordinary(text: pa.ChunkedArray) -> bool:
    """Whether all characters are seen, and letters in NFC, as nearly all columns of keys have them."""
    return pc.any(pc.match_substring_regex(text, UNUSUAL)).as_py() is not True


def _ascii(text: pa.ChunkedArray) -> bool:
    return pc.all(pc.string_is_ascii(text)).as_py() is not False


# ---------------------------------------------------------------- references


def decomposed_references(
    contract: Table,
    contracts: Mapping[str, Table],
    tables: Mapping[str, pa.Table],
    shown: Mapping[str, Mapping[str, pa.ChunkedArray]],
    numbers: Mapping[str, pa.Array],
) -> Iterator[Finding]:
    """References that equal a key in NFC only.

    `shown` has what the cells of each table show, by column, `numbers` the numbers of its rows.
    """
    for column, target, key in _references(contract, contracts):
        cells = shown[contract.name][column.name], shown[target.name][key]
        values = tables[contract.name].column(column.name), tables[target.name].column(key)
        if all(map(pa.ChunkedArray.equals, cells, values)):
            continue
        texts, keys = (_without_unseen(pc.cast(column, _TEXT)) for column in cells)
        values, known = composed(texts), flat(composed(keys))
        at = pc.index_in(values, value_set=known, skip_nulls=True)
        apart = pc.and_not(pc.is_valid(at), pc.is_in(texts, value_set=flat(keys), skip_nulls=True))
        if pc.any(apart).as_py():
            other = numbers[target.name].take(flat(at.filter(apart)))
            rows = pc.indices_nonzero(apart)
            yield Finding("KPI664", (column.name,), rows, {"target": target.name}, {"other": other})


def _references(contract: Table, contracts: Mapping[str, Table]) -> Iterator[tuple[Column, Table, str]]:
    """The columns of texts that refer to a table or match one, that table, and its key column of texts."""
    for column in contract.columns:
        target = contracts.get(column.references or "")
        if target is None or len(target.keys) != 1 or column.type.unit is not Unit.TEXT:
            continue
        (key,) = (column for column in target.columns if column.key)
        if key.type.unit is Unit.TEXT:
            yield column, target, key.name


def near_keys(lost: pa.Array, known: pa.ChunkedArray) -> pa.Array:
    """For each of some distinct texts the key that it may be meant for, null where there is none.

    It is the first key that looks the same; else that differs by spaces, hyphens, zeros in front or `.0` at the end;
    else by `0` for `o`, `1` for `i` or `l`.
    """
    keys = flat(pc.unique(known))
    near = pa.nulls(len(lost), _TEXT)
    for form in (_look, _bare, _misread):
        missing = pc.is_null(near)
        if not pc.any(missing).as_py():
            break
        at = pc.index_in(form(lost), value_set=flat(form(keys)), skip_nulls=True)
        near = pc.coalesce(near, keys.take(at))
    return near


def _look(text: pa.Array) -> pa.Array:
    """Texts as a hurried reader takes them: without case or width, other scripts as Latin."""
    if _ascii(text):
        return pc.utf8_lower(text)
    text = pc.utf8_lower(pc.utf8_normalize(text, "NFKC"))
    if pc.any(pc.match_substring_regex(text, _OTHER_SCRIPT)).as_py():
        for letter, latin in _LOOKS_LATIN.items():
            text = pc.replace_substring(text, letter, latin)
    return text


def _bare(text: pa.Array) -> pa.Array:
    """The look of texts without what stands between their letters and digits, and without zeros that say nothing."""
    text = pc.replace_substring_regex(_look(text), r"\.0*$", "")
    text = pc.replace_substring_regex(text, _SEPARATORS, "")
    text = pc.replace_substring_regex(text, "(^|[^0-9])0+([0-9])", r"\1\2")
    return pc.if_else(pc.equal(pc.binary_length(text), 0), pa.scalar(None, _TEXT), text)


def _misread(text: pa.Array) -> pa.Array:
    """The bare look of texts, letters that are taken for digits as these."""
    text = pc.replace_substring(pc.replace_substring_regex(_look(text), "[il]", "1"), "o", "0")
    return _bare(text)


# ---------------------------------------------------------------- warnings


def warnings(contract: Table, tables: Mapping[str, pa.Table], contracts: Mapping[str, Table]) -> Iterator[Finding]:
    """What is no fault and may be a mistake.

    That is keys that look alike, texts that look like a key and match none, and texts with unseen characters where a
    condition may ask for the plain text.
    """
    table = tables[contract.name]
    for column in contract.columns:
        if column.type.unit is not Unit.TEXT or column.type.domain is not None:
            continue
        values = table.column(column.name)
        if column.key and column.references is None:
            yield from _alike(column.name, values)
        else:
            yield from _hidden_texts(column.name, values)
    for column, target, key in _references(contract, contracts):
        if column.matches:
            yield from _near_matches(
                column.name, table.column(column.name), target.name, tables[target.name].column(key)
            )


def _alike(column: str, values: pa.ChunkedArray) -> Iterator[Finding]:
    """Keys of one column that look alike: the first row of each but the first, and that of the one it looks like."""
    looks = _look(values)
    if looks.equals(values) or pc.utf8_upper(looks).equals(values):
        return  # each look is that of one text
    distinct = flat(pc.unique(values.drop_null()))
    looks = flat(_look(distinct))
    first = pc.index_in(looks, value_set=looks)
    twins = pc.not_equal(first, counting(0, len(first)))
    if pc.any(twins).as_py():
        spelt, alike = distinct.filter(twins), distinct.take(first.filter(twins))
        rows, others = (pc.index_in(column, value_set=flat(values)) for column in (spelt, alike))
        yield Finding("KPI665", (column,), rows, each={"near": alike}, others=others)


def _near_matches(column: str, values: pa.ChunkedArray, target: str, keys: pa.ChunkedArray) -> Iterator[Finding]:
    """Texts that match no key of a table, and the key that each may be meant for; the first row of each text."""
    lost = pc.unique(values.filter(pc.and_not(pc.is_valid(values), pc.is_in(values, value_set=flat(keys)))))
    near = near_keys(flat(lost), keys)
    matched = pc.is_valid(near)
    if pc.any(matched).as_py():
        rows = pc.index_in(flat(lost).filter(matched), value_set=flat(values))
        yield Finding("KPI666", (column,), rows, {"target": target}, {"near": near.filter(matched)})


def _hidden_texts(column: str, values: pa.ChunkedArray) -> Iterator[Finding]:
    """Texts with unseen characters other than tabs and line ends, the first row of each."""
    hidden = pc.match_substring_regex(values, UNSEEN_IN_LINES)
    if pc.any(hidden).as_py():
        distinct = flat(pc.unique(values.filter(hidden)))
        rows = pc.index_in(distinct, value_set=flat(values))
        yield replace(_hidden(column, rows, values), code="KPI667")
