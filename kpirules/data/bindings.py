"""`kpirules.yaml`: which rule file is run, and where the data of each of its tables is."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from enum import Enum, StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpirules.data.encodings import ENCODINGS, encoding_named
from kpirules.records import dataclass
from kpirules.source import Diagnostic, Fault, Label, Note, SourceText, Span
from kpirules.source.similar import did_you_mean, similar
from kpirules.source.system import Reason, near, read_written, real, reason, undecoded

if TYPE_CHECKING:
    import yaml
    from jsonschema import ValidationError

_SCHEMA = Path(__file__).with_name("bindings.schema.json")
_DEPTH = 4
_DEEPEST = 50
"""How deep lists and maps may be nested in each other, where they are no part of the schema."""
OF_SHEETS = ("sheet", "header")
"""Keys of a source that are for workbooks alone."""
OF_CSV = ("encoding",)
"""Keys of a source that are for CSV files alone."""


class Kind(StrEnum):
    """Where the rows of a table come from."""

    FILE = "file"
    QUERY = "query"
    FRAME = "frame"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the rows of one table are.

    `target` is the path as written in the bindings, or the text of the query. `sheet` and `header` say which sheet of
    a workbook is meant, and in which row its columns' names are, counted from 1; `encoding` is that of a CSV file, as
    `ENCODINGS` names it. `of_kind` has the place of each of these three that is written. `columns` maps the table's
    column to the source's where the two names differ; `column_spans` has the place of each of its keys.
    """

    kind: Kind
    target: str
    span: Span
    columns: Mapping[str, str] = field(default_factory=dict)
    column_spans: Mapping[str, Span] = field(default_factory=dict)
    sheet: str | None = None
    header: int | None = None
    encoding: str | None = None
    of_kind: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bindings:
    """What `kpirules.yaml` says. All relative paths start at `folder`; names of tables and columns are in NFC.

    `readable` are the folders whose files queries may read: `folder`, and those that are declared.
    `span` is the place of the key `data`, for faults about a table that is not there.
    """

    path: Path
    folder: Path
    scheme: Path
    scheme_span: Span
    sources: Mapping[str, Source]
    span: Span
    readable: tuple[Path, ...]


def load_bindings(path: Path) -> Bindings:
    """Read and check a `kpirules.yaml`. That the files it names are there is seen when they are read.

    Raises:
        Fault: it cannot be read, or does not keep to its schema; all faults at once, each with its place.
    """
    tree = _read(path)
    tree.check()
    folder = real(path).parent
    data = tree.value["data"]
    return Bindings(
        path=path,
        folder=folder,
        scheme=folder / tree.value["scheme"],
        scheme_span=tree.spans["scheme",],
        sources={name: _source(tree, name, entry) for name, entry in data.items()},
        span=tree.key_spans["data",],
        readable=(folder, *((folder / subfolder).resolve() for subfolder in tree.value.get("folders", ()))),
    )


def scheme_path(path: Path) -> Path:
    """The rule file that a `kpirules.yaml` names; the rest of it is not held to its schema if that is a text.

    Raises:
        Fault: it cannot be read, or names no rule file, or one that is not there.
    """
    tree = _read(path)
    match tree.value:
        case {"scheme": str(scheme)} if scheme:
            file = path.parent / scheme
            if not file.exists():
                args = {"path": scheme, "reason": Reason.NOT_THERE}
                raise Fault([Diagnostic("KPI601", tree.spans["scheme",], args, helps=near(file))])
            return file
        case _:
            tree.check()
            raise AssertionError(path)


def _read(path: Path) -> _Tree:
    try:
        text = read_written(path).decode("utf-8-sig")
    except OSError as error:
        raise Fault([Diagnostic("KPI601", None, {"path": path, "reason": reason(error)})]) from None
    except UnicodeDecodeError as error:
        raise Fault([Diagnostic("KPI602", None, {"path": path, **undecoded(error)}, helps=(Note("save"),))]) from None
    return _Tree(SourceText(str(path), text))


def _source(tree: _Tree, name: str, entry: Mapping[str, Any]) -> Source:
    kind = Kind.FILE if "file" in entry else Kind.QUERY
    columns = entry.get("columns", {})
    return Source(
        kind=kind,
        target=entry[kind.value],
        span=tree.spans["data", name, kind.value],
        columns=columns,
        column_spans={column: tree.key_spans["data", name, "columns", column] for column in columns},
        sheet=entry.get("sheet"),
        header=int(entry["header"]) if "header" in entry else None,
        encoding=encoding_named(entry["encoding"]) if "encoding" in entry else None,
        of_kind={key: tree.key_spans["data", name, key] for key in (*OF_SHEETS, *OF_CSV) if key in entry},
    )


class NotYaml(Enum):
    """What makes a text no YAML, where there are words for it."""

    COLON = "yaml_colon"
    NO_COLON = "yaml_no_colon"
    TAB = "yaml_tab"
    INDENT = "yaml_indent"
    BRACKET = "yaml_bracket"
    QUOTE = "yaml_quote"
    ALIAS = "yaml_alias"
    CONTROL = "yaml_control"
    SIGN = "yaml_sign"
    DEEP = "yaml_deep"


_PROBLEMS = {
    "mapping values are not allowed": NotYaml.COLON,
    "could not find expected ':'": NotYaml.NO_COLON,
    r"found character '\t'": NotYaml.TAB,
    "expected <block end>": NotYaml.INDENT,
    "expected ',' or": NotYaml.BRACKET,
    "found unexpected end of stream": NotYaml.QUOTE,
    "found undefined alias": NotYaml.ALIAS,
    "special characters are not allowed": NotYaml.CONTROL,
    "found character": NotYaml.SIGN,
}


def _worded(problem: str) -> NotYaml | str:
    """What the YAML reader says, in words of the catalogue where there are any."""
    return next((word for begins, word in _PROBLEMS.items() if problem.startswith(begins)), problem)


class _Tree:
    """The YAML as plain data, and the place of each value and key by its path.

    Every scalar is the text that was written (so `no: 编号` names a column `no`), but an empty one is None.
    """

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.spans: dict[tuple[str, ...], Span] = {}
        self.key_spans: dict[tuple[str, ...], Span] = {}
        self.faults: list[Diagnostic] = []
        self.value: Any = self._plain(self._compose(), ())

    def check(self) -> None:
        """Hold the data to the schema.

        Raises:
            Fault: it does not keep to it.
        """
        import jsonschema

        schema = json.loads(_SCHEMA.read_text(encoding="utf-8"))
        for error in jsonschema.Draft202012Validator(schema).iter_errors(self.value):
            self.faults += (fault for fault in self._diagnostics(error) if fault not in self.faults)
        if not self.faults:
            self.faults += self._unknown_encodings()
        if self.faults:
            raise Fault(self.faults)

    def _unknown_encodings(self) -> Iterator[Diagnostic]:
        for name, entry in self.value["data"].items():
            written = entry.get("encoding")
            if written is not None and encoding_named(written) is None:
                span, args = self.spans["data", name, "encoding"], {"encoding": written}
                helps = did_you_mean(written, ENCODINGS, Note("known", {"known": ENCODINGS}))
                yield Diagnostic("KPI684", span, args, helps=helps)

    def _compose(self) -> yaml.Node | None:
        import yaml

        text = self.source.text
        try:
            self._bound(yaml.parse(text, Loader=yaml.SafeLoader))
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            start = mark.index if mark else 0
            problem = error.problem or error.context or ""
        except yaml.reader.ReaderError as error:
            start, problem = error.position, error.reason
        raise self._no_yaml(start, _worded(problem))

    def _bound(self, events: Iterable[yaml.Event]) -> None:
        """Refuse a text that is nested deeper than a reader that calls itself can go.

        Raises:
            Fault: it is.
        """
        import yaml

        depth = 0
        for event in events:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise self._no_yaml(event.start_mark.index if event.start_mark else 0, NotYaml.DEEP)

    def _no_yaml(self, start: int, why: NotYaml | str) -> Fault:
        span = Span(self.source, start, min(start + 1, len(self.source.text)))
        return Fault([Diagnostic("KPI603", span, {"reason": why})])

    def _plain(self, node: yaml.Node | None, path: tuple[str, ...]) -> Any:  # noqa: ANN401  # any YAML value
        """The plain data of a node; what lies deeper than the schema goes (an alias to itself, say) is None."""
        import yaml

        if node is None:
            self.spans[path] = Span(self.source, 0, 0)
            return None
        self.spans[path] = self._span(node)
        if len(path) > _DEPTH or node.tag == "tag:yaml.org,2002:null":
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*path, str(index))) for index, item in enumerate(node.value)]
        return node.value

    def _entries(self, node: yaml.MappingNode, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
        for key_node, value_node in node.value:
            span = self._span(key_node)
            key = unicodedata.normalize("NFC", key_node.value if isinstance(key_node.value, str) else span.text)
            if (*path, key) in self.key_spans:
                label = Label(self.key_spans[*path, key], "first")
                self.faults.append(Diagnostic("KPI604", span, {"key": key}, (label,)))
                continue
            self.key_spans[*path, key] = span
            yield key, self._plain(value_node, (*path, key))

    def _span(self, node: yaml.Node) -> Span:
        return Span(self.source, node.start_mark.index, node.end_mark.index)

    def _diagnostics(self, error: ValidationError) -> Iterator[Diagnostic]:
        path = tuple(str(step) for step in error.absolute_path)
        place = self.key_spans.get(path) or Span(self.source, 0, 0)
        schema: Any = error.schema
        instance: Any = error.instance
        match error.validator:
            case "additionalProperties":
                known = tuple(schema["properties"])
                for key in instance:
                    if key not in known:
                        helps = did_you_mean(key, known, Note("known", {"known": known}))
                        yield Diagnostic("KPI605", self.key_spans[*path, key], {"key": key}, helps=helps)
            case "required":
                known = schema["properties"]
                misspelt = {similar(key, known) for key in instance if key not in known}
                for key in schema["required"]:
                    if key not in instance and key not in misspelt:
                        yield Diagnostic("KPI606", place, {"key": key}, helps=(Note(key),))
            case "pattern" if path[-1] == "header":
                yield Diagnostic("KPI655", self.spans[path], {"value": instance}, helps=(Note("write"),))
            case "oneOf" if not isinstance(instance, dict) or not instance.keys() <= schema["properties"].keys():
                pass  # another fault of the same place says more
            case "oneOf":
                both = all(key in instance for key in ("file", "query"))
                yield Diagnostic("KPI607", place, helps=(Note("both" if both else "none"),))
            case "type" if schema["type"] == "array":
                yield Diagnostic("KPI693", place, {"key": path[-1]}, helps=(Note("write"),))
            case _:
                code = "KPI608" if schema["type"] == "object" else "KPI609"
                yield Diagnostic(code, self.spans[path] if self.spans[path].text.strip() else place)
