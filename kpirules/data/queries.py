"""What a `query` may do, judged on the statement that DuckDB parses it into, before it runs.

A reader of files that guesses the type of a column drops the zeros of `00017`, the places of a decimal that it meets
late, and reads `05/03/2025` as it likes. So each reader says its types, or the query is refused with the line to write.
A reader of CSV also guesses which sign quotes a cell and which begins a comment: it takes `#17` for a comment, and
`'t Hart` for an open quote. So it is given what it does not say itself: double quotes, and no comments.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpirules.data.arrow import counting
from kpirules.data.delimited import Separator, check_rows_in_cells
from kpirules.data.faults import Place
from kpirules.data.query_functions import DRIFTING, FUNCTIONS, SAMPLE, foreign_calls
from kpirules.source import Diagnostic, Fault, Note, Span
from kpirules.source.duckdb_fence import fence
from kpirules.source.similar import did_you_mean

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_CONFIG: Mapping[str, bool | str] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}
_ZONE = "set TimeZone = 'UTC'"
"""Days of moments must not be those of the computer's place."""
_CSV = {"read_csv", "read_csv_auto"}
_JSON = {"read_json", "read_json_auto", "read_ndjson", "read_ndjson_auto"}
_PLAIN = {"read_parquet", "parquet_scan", "read_json_objects", "read_json_objects_auto", "read_ndjson_objects"}
_MADE = {"range", "generate_series", "unnest", "json_each", "json_tree"}
_ALLOWED = _CSV | _JSON | _PLAIN | _MADE
_TOLD = (
    "read_csv",
    "read_parquet",
    "read_json",
    "read_json_objects",
    "range",
    "generate_series",
    "unnest",
    "json_each",
)
_NODES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
_CSV_FILE = re.compile(r"\.[ct]sv(\.gz|\.zst)?$", re.IGNORECASE)
_JSON_FILE = re.compile(r"\.(json|jsonl|ndjson)(\.gz|\.zst)?$", re.IGNORECASE)
_PARQUET_FILE = re.compile(r"\.parquet$", re.IGNORECASE)
_TYPES = ("columns", "types", "dtypes", "column_types")
_DAY_FORM = "%Y-%m-%d"
_DAYS = {"DATE": ("dateformat", "date_format"), "TIMESTAMP": ("timestampformat", "timestamp_format")}
_DIALECT = (("comment", "''"), ("quote", "'\"'"), ("escape", "'\"'"))
"""What a reader of CSV is given of its signs where it says nothing; an `escape` goes with its `quote`."""
_STRICT = {"ignore_errors": "false", "store_rejects": "false", "null_padding": "false", "strict_mode": "true"}
"""Options that say what becomes of faulty rows, each with the value under which such a row is an error."""
_KEEP_UNIT = {"any_value", "avg", "coalesce", "first", "max", "min", "replace", "round", "sum", "trim"}
"""Functions whose result is in the unit of their first argument."""
_OUTSIDE = re.compile(r'access (?:file|directory) "([^"]*)"')
_SIGNS = re.compile(r"'[^']*'|\"[^\"]*\"|[()]")

_Node = dict[str, Any]


def answer(
    text: str,
    place: Place,
    folders: Iterable[Path],
    keep: Callable[[pa.RecordBatchReader], None],
    limits: Mapping[str, str],
) -> Mapping[str, Sequence[str]]:
    """Give the rows of a query to `keep`; the columns of files that it calls by another name, by that name.

    Its relative paths start at the working directory, and it reads some folders only. `limits` are settings of the
    database. The caller bounds its time, and its memory beside that of the database.

    Raises:
        Fault: it is not one `select`, reads or calls what it may not, leaves a type to be guessed, drops rows that are
            faulty, reads a CSV file with rows in a quoted cell, or fails.
        MemoryError: it goes beyond the limits.
    """
    import duckdb

    with duckdb.connect(config={**_CONFIG, **limits}) as connection:
        try:
            statement, sources = _check(connection, text, place)
            readers = [node for node in sources if _function(node) in _CSV]
            _confine(connection, folders)
            for node in readers:
                _check_cells(connection, _in_dialect(node, text), place)
            keep(connection.sql(_all_in_dialect(readers, text)).to_arrow_reader())
            return _renamed(statement)
        except duckdb.PermissionException as error:
            path = _OUTSIDE.search(str(error))
            if path is None:
                raise place.fault("KPI619", reason=_first_line(error)) from None
            folder = Path(path[1]).parent
            raise place.fault("KPI692", Note("write", {"folder": folder}), path=path[1]) from None
        except duckdb.OutOfMemoryException:
            raise MemoryError from None
        except duckdb.Error as error:
            reason = _first_line(error)
            helps = (Note("cast"),) if "VARCHAR" in reason else ()
            raise place.fault("KPI619", *helps, reason=reason) from None


def _confine(connection: duckdb.DuckDBPyConnection, folders: Iterable[Path]) -> None:
    """Let a connection read files of some folders only, and no setting be changed; links are followed before."""
    connection.execute(_ZONE)
    for name, value in fence(folders=folders).items():
        connection.execute(f"SET {name} = ?", [value])


def _check_cells(connection: duckdb.DuckDBPyConnection, reader: str, place: Place) -> None:
    """Check that no quoted cell that a reader of CSV gives looks like rows of its file.

    Raises:
        Fault: some do (KPI681).
    """
    long = "regexp_matches(concat(*columns(*)), '[\\r\\n]')"
    if connection.sql(f"select 1 from {reader} where {long} limit 1").fetchall():  # noqa: S608  # the user's own query
        read = connection.sql(f"select columns(*)::varchar from {reader}").to_arrow_table()  # noqa: S608
        rows, no_rows = counting(1, read.num_rows), ()
        check_rows_in_cells(read.column_names, read, rows, no_rows, place, Separator)


def _check(connection: duckdb.DuckDBPyConnection, text: str, place: Place) -> tuple[object, list[_Node]]:
    """The parsed statement and what it reads from, held to what a query may do.

    Raises `duckdb.Error` where it cannot be parsed.
    """
    import duckdb

    statements = connection.extract_statements(text)
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        raise place.fault("KPI620", Note("write"))
    [(serialized,)] = connection.execute("select json_serialize_sql(?)", [text]).fetchall()
    try:
        tree = json.loads(serialized)
    except RecursionError:
        raise place.fault("KPI620", Note("write")) from None
    if tree["error"]:
        raise place.fault("KPI620", Note("write"))
    sources = _sources(tree["statements"])
    faults = [fault for node in sources for fault in _faults(node, text, place)]
    faults = faults or [_told("KPI763", name, _instead(name), place) for name in foreign_calls(tree["statements"])]
    if faults:
        raise Fault(faults)
    return tree["statements"], sources


def _sources(tree: object) -> list[_Node]:
    """What the statement reads from, anywhere in it: tables that it does not name itself, table functions, commands."""
    nodes: list[_Node] = []
    left: list[tuple[object, frozenset[str]]] = [(tree, frozenset())]
    while left:
        node, known = left.pop()
        if isinstance(node, list):
            left += [(each, known) for each in node]
        elif isinstance(node, dict):
            for table in node.get("cte_map", {}).get("map", ()):
                name, own = table["key"].casefold(), table["value"]["query_node"]["type"] == "RECURSIVE_CTE_NODE"
                left.append((table["value"], known | {name} if own else known))
                known |= {name}
            if _is_source(node, known):
                nodes.append(node)
            left += [(value, known) for key, value in node.items() if key != "cte_map"]
    return sorted(nodes, key=_start)


def _instead(name: str) -> Note:
    if name.casefold() in DRIFTING or name == SAMPLE:
        return Note("drifts")
    return did_you_mean(name, FUNCTIONS, Note("known"))[0]


def _renamed(tree: object) -> dict[str, list[str]]:
    """The columns that a statement gives another name (`"金额（万元）" as amount`), anywhere in it, by that name."""
    direct: dict[str, list[str]] = {}
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            column = _column_kept(node) if node.get("alias") else None
            if column is not None:
                direct.setdefault(node["alias"], []).append(column)
        if isinstance(node, (dict, list)):
            left += node.values() if isinstance(node, dict) else node
    sources: dict[str, list[str]] = {}
    for alias, columns in direct.items():
        sources[alias] = [*columns]
        for column in sources[alias]:  # grows as it goes: a name may be given to a column that was renamed itself
            sources[alias] += (source for source in direct.get(column, ()) if source not in sources[alias])
    return sources


def _column_kept(node: _Node) -> str | None:
    """The column whose figures an expression gives in their own unit, None where it is anything else."""
    while True:
        if node.get("column_names"):
            return str(node["column_names"][-1])
        if node.get("child"):
            node = node["child"]
        elif node.get("function_name") in _KEEP_UNIT and node.get("arguments"):
            node = node["arguments"][0]["expression"]
        else:
            return None


def _is_source(node: _Node, known: frozenset[str]) -> bool:
    kind = str(node.get("type"))  # of a value it is a node
    if kind == "BASE_TABLE":
        return len(_path(node)) > 1 or _path(node)[-1].casefold() not in known
    return kind in {"TABLE_FUNCTION", "SHOW_REF"} or (kind.endswith("_NODE") and kind not in _NODES)


def _faults(node: _Node, text: str, place: Place) -> Iterator[Diagnostic]:
    """What is wrong with one thing that the query reads from."""
    kind = node["type"]
    if kind == "BASE_TABLE":
        yield from _of_table(node, place)
    elif kind == "TABLE_FUNCTION":
        yield from _of_function(node, text, place)
    else:
        yield from place.fault("KPI620", Note("write")).diagnostics


def _of_table(node: _Node, place: Place) -> Iterator[Diagnostic]:
    """A table that the query does not name itself is a file; one of Parquet has types."""
    path = _path(node)
    name = path[-1]
    if len(path) == 1 and _PARQUET_FILE.search(name):
        return
    written = "'" + name.replace("'", "''") + "'"
    if len(path) == 1 and _CSV_FILE.search(name):
        help_ = Note("write", {"write": f"read_csv({written}, all_varchar = true)"})
    elif len(path) == 1 and _JSON_FILE.search(name):
        help_ = Note("columns", {"write": f"read_json({written}, columns = {{id: 'VARCHAR'}})"})
    else:
        yield _told("KPI687", ".".join(path), Note("known", {"known": _TOLD}), place)
        return
    yield _told("KPI686", written, help_, place)


def _of_function(node: _Node, text: str, place: Place) -> Iterator[Diagnostic]:
    """A table function is one that is known; a reader says its types."""
    name, arguments = _function(node), _arguments(node["function"])
    if name not in _ALLOWED:
        yield _told("KPI687", name, Note("known", {"known": _TOLD}), place)
        return
    if missing := _unsaid(name, arguments):
        key, option, value = missing
        help_ = Note(key, {"write": _with(node, text, option, value)})
        yield _told("KPI686", _written(node, text), help_, place)
    for option, value in _STRICT.items():
        if option in arguments and not _is_bool(arguments[option], value):
            help_ = Note("write", {"write": _with(node, text, option, value)})
            yield _told("KPI697", _written(node, text), help_, place)


def _unsaid(name: str, arguments: Mapping[str, _Node]) -> tuple[str, str, str] | None:
    """What a reader has to say for no type to be guessed: the key of the help, the option and its value."""
    if name in _JSON:
        return None if _listed(arguments.get("columns")) else ("columns", "columns", "{id: 'VARCHAR'}")
    if name not in _CSV:
        return None
    if not _is_bool(arguments.get("all_varchar"), "true") and not _listed(arguments.get("columns")):
        return "write", "all_varchar", "true"
    given = [arguments[key] for key in _TYPES if key in arguments]
    if not all(map(_listed, given)):
        return "write", "all_varchar", "true"
    types = [str(value.get("text")).upper() for arg in given for value in _listed(arg)]
    for type_, (option, other) in _DAYS.items():
        formats = [_literal(arguments[key]).get("text") for key in (option, other) if key in arguments]
        if any(type_ in type_name for type_name in types) and not any("%" in str(format_) for format_ in formats):
            return "day", option, f"'{_DAY_FORM}'"
    return None


def _is_bool(value: _Node | None, text: str) -> bool:
    """Whether a value is the literal `true` or `false` of that text."""
    return value is not None and (_literal(value).get("kind"), _literal(value).get("text")) == ("BOOLEAN", text)


def _listed(value: _Node | None) -> list[_Node]:
    """The literals of `{a: 'VARCHAR', …}` or `['VARCHAR', …]`; none where it is anything else, or worked out."""
    if value is None or value.get("function_name") not in {"struct_pack", "list_value"}:
        return []
    literals = [_literal(argument["expression"]) for argument in value["arguments"]]
    return literals if all(literals) else []


def _literal(value: _Node) -> _Node:
    literal: _Node = value.get("literal") or {}
    return literal


def _arguments(function: _Node) -> dict[str, _Node]:
    """The named arguments of a table function, `name = value` or `name := value`, by name in lower case."""
    named: dict[str, _Node] = {}
    for argument in function.get("arguments", ()):
        value = argument["expression"]
        if argument.get("name"):
            named[argument["name"].casefold()] = value
        elif value["type"] == "COMPARE_EQUAL" and value["left"]["type"] == "COLUMN_REF":
            named[value["left"]["column_names"][-1].casefold()] = value["right"]
    return named


def _function(node: _Node) -> str:
    """The name of a table function in lower case; empty for anything else."""
    return _path(node["function"])[-1].casefold() if node["type"] == "TABLE_FUNCTION" else ""


def _path(node: _Node) -> list[str]:
    """The name of a table or a function, with those of what it is in before it."""
    path: list[str] = node["qualified_name"]["path"]
    return path


def _start(node: _Node) -> int:
    """Where something stands in the text, in bytes; at its end where DuckDB does not say."""
    return min(int(node.get("query_location", sys.maxsize)), sys.maxsize)


def _written(node: _Node, text: str) -> str:
    """The call of a table function as it is written, without a name given to it."""
    call = text.encode()[_start(node) :].decode()
    depth = 0
    for sign in _SIGNS.finditer(call):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if sign[0] == ")" and depth == 0:
            return call[: sign.end()]
    return call


def _with(node: _Node, text: str, option: str, value: str) -> str:
    """The call of a table function with an option set."""
    call = _written(node, text)
    old = _arguments(node["function"]).get(option)
    if old is None:
        return f"{call[:-1].rstrip()}, {option} = {value})"
    start = _start(old) - _start(node)
    held = call.encode()
    return (held[:start] + value.encode() + held[start + int(old["query_location_length"]) :]).decode()


def _in_dialect(node: _Node, text: str) -> str:
    """The call of a reader of CSV with the signs that it does not say itself."""
    said = _arguments(node["function"])
    given = [(option, value) for option, value in _DIALECT if option not in said]
    options = ", ".join(f"{option} = {value}" for option, value in given if option != "escape" or "quote" not in said)
    call = _written(node, text)
    return f"{call[:-1].rstrip()}, {options})" if options else call


def _all_in_dialect(readers: Iterable[_Node], text: str) -> str:
    """The query with each of its readers of CSV as `_in_dialect` gives it."""
    query = text.encode()
    for node in sorted(readers, key=_start, reverse=True):
        start, call = _start(node), _written(node, text).encode()
        query = query[:start] + _in_dialect(node, text).encode() + query[start + len(call) :]
    return query.decode()


def _told(code: str, what: str, help_: Note, place: Place) -> Diagnostic:
    """A fault of a part of the query, at that part where the bindings have it once."""
    span = place.span
    if span is not None and span.text.count(what) == 1:
        start = span.start + span.text.index(what)
        span = Span(span.source, start, start + len(what))
    return Diagnostic(code, span, {"table": place.table, "reader": what}, helps=(help_,))


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
