"""How a spreadsheet shows a code by its number format: 17 as `00017`, `E017` or `000-017`.

Only what every program shows alike is rendered. Where the look depends on the computer (a thousands separator), on the
width of the column (a filler), or on rules that programs read differently, nothing is, and the cell becomes a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from operator import eq, ge, gt, le, lt, ne

from kpirules.records import dataclass

GENERAL = "General"

_PARTS = re.compile(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]|.', re.DOTALL)
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<filler>.)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<general>General|G/通用格式)|(?P<digit>[0#?])|(?P<text>@)|(?P<comma>,)|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_COLOUR = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color *[0-9]+", re.IGNORECASE)
_LOCALE = re.compile(r"\$(?P<sign>[^-]*)(?:-[0-9A-F]{1,4})?", re.IGNORECASE)
_CONDITION = re.compile(r"(?P<test><>|[<>]=?|=)(?P<bound>-?[0-9]+)")
_BARE = frozenset("$-+():^&'~{}<>= ")
"""Signs of ASCII that stand for themselves without quotes."""
_TESTS: dict[str, Callable[[int, int], bool]] = {"<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge, "=": eq}
_MOST_SECTIONS = 4
_GROUP = 3
_PROBES = (0, 7, -7, 10, 1_234_567, -1_234_567)

_BUILT_IN = {
    **dict.fromkeys((0, 23, 24, 25, 26), GENERAL),
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    **dict.fromkeys((5, 6, 7, 8), "$#,##0"),
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    **dict.fromkeys(range(14, 23), "yyyy/m/d"),
    **dict.fromkeys(range(27, 37), "yyyy/m/d"),
    **dict.fromkeys((37, 38, 39, 40), "#,##0"),
    **dict.fromkeys((41, 42, 43, 44), "_ * #,##0_ "),
    **dict.fromkeys((45, 46, 47), "mm:ss"),
    48: "##0.0E+0",
    49: "@",
    **dict.fromkeys(range(50, 59), "yyyy/m/d"),
    **dict.fromkeys(range(59, 71), "t0"),
    **dict.fromkeys(range(71, 82), "d/m/yyyy"),
}
"""Formats that a workbook names by number alone, as far as they matter here."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a section: a literal text, or what a value fills (`general`, `digit`, `text`, `comma`)."""

    kind: str
    text: str


@dataclass(frozen=True)
class _Section:
    """One of the sections of a format; `pieces` is None where it cannot be rendered. `of_text` says that it has `@`."""

    pieces: tuple[_Piece, ...] | None
    of_text: bool
    condition: tuple[str, int] | None = None

    @cached_property
    def kinds(self) -> list[str]:
        return [piece.kind for piece in self.pieces or ()]

    @cached_property
    def digits(self) -> list[str]:
        """The digits of the format, `0`, `#` or `?`."""
        return [piece.text for piece in self.pieces or () if piece.kind == "digit"]

    @cached_property
    def hidden(self) -> bool:
        """Whether it does not show a number with certainty."""
        shows = self.kinds.count("general") if not self.digits else "general" not in self.kinds
        return self.pieces is None or self.of_text or shows != 1 or ("comma" in self.kinds and not self._groups)

    @property
    def _groups(self) -> bool:
        """Whether each comma stands between digits; behind the last one it would divide by 1,000."""
        kinds = [kind for kind in self.kinds if kind in {"comma", "digit"}]
        return kinds[0] == "digit" == kinds[-1]


@dataclass(frozen=True)
class NumberFormat:
    """A number format, by its code."""

    code: str

    @cached_property
    def percent(self) -> bool:
        """Whether it shows a number as a percent."""
        return any(token["other"] == "%" for token in _TOKEN.finditer(self.code))

    @cached_property
    def plain(self) -> bool:
        """Whether every whole number shows its digits alone, and every text itself."""
        return self.plain_text and all(self.number(value) == str(value) for value in _PROBES)

    @cached_property
    def plain_text(self) -> bool:
        """Whether every text shows itself."""
        return self.text("x") == "x"

    @cached_property
    def literal(self) -> str:
        """What it puts beside a number that it does not divide: `万元` of `0.00"万元"`."""
        tokens = [*_TOKEN.finditer(self.code.split(";", 1)[0])]
        last = max((at for at, token in enumerate(tokens) if token["digit"]), default=0)
        if any(token["comma"] for token in tokens[last:]):
            return ""
        return "".join(token["quoted"] or token["escaped"] or _beside(token["other"]) for token in tokens).strip()

    def number(self, value: int) -> str | None:
        """A whole number as it is shown, without spaces at its ends; None where that is not certain."""
        section, signed = self._section(value)
        shown = None if section is None else _number(section, abs(value))
        return f"-{shown}" if shown and signed else shown

    def text(self, value: str) -> str | None:
        """A text as it is shown, without spaces at its ends; None where that is not certain."""
        section = self._text_section
        if section is None:
            return value.strip()
        if section.pieces is None or not section.of_text:
            return None
        return _joined(value if piece.kind == "text" else piece.text for piece in section.pieces)

    @cached_property
    def _sections(self) -> tuple[_Section, ...]:
        codes = [""]
        for part in _PARTS.findall(self.code or GENERAL):
            if part == ";":
                codes.append("")
            else:
                codes[-1] += part
        return tuple(map(_section, codes))

    @cached_property
    def _text_section(self) -> _Section | None:
        """The section for texts: the fourth, or a last one with `@`."""
        last = self._sections[-1]
        return last if len(self._sections) >= _MOST_SECTIONS or last.of_text else None

    def _section(self, value: int) -> tuple[_Section | None, bool]:
        """The section that shows a number, and whether a minus sign is put before it."""
        text = self._text_section
        if len(self._sections) > _MOST_SECTIONS or (text is not None and text.pieces is None):
            return None, False
        sections = self._sections if text is None else self._sections[:-1]
        if not sections:
            return _section(GENERAL), value < 0
        if any(section.condition for section in sections):
            return _meeting(sections, value), False
        if len(sections) == 1:
            return sections[0], value < 0
        if value < 0:
            return sections[1], False
        return sections[0 if value or len(sections) == 2 else 2], False  # noqa: PLR2004  # the third is for 0


def built_in(number: int) -> NumberFormat:
    """The format that a workbook names by its number alone; one that it does not declare shows as General does."""
    return NumberFormat(_BUILT_IN.get(number, GENERAL))


def _beside(sign: str | None) -> str:
    return sign if sign and not sign.isascii() else ""


def _section(code: str) -> _Section:
    pieces: list[_Piece] = []
    condition: tuple[str, int] | None = None
    certain = True
    for token in _TOKEN.finditer(code):
        kind = str(token.lastgroup)
        if kind != "bracket":
            piece = _piece(kind, token[kind])
        elif test := _CONDITION.fullmatch(token["bracket"]):
            condition, piece = (test["test"], int(test["bound"])), _Piece("literal", "")
        else:
            piece = _bracket(token["bracket"])
        certain = certain and piece is not None
        pieces += [piece] if piece else []
    kinds = {piece.kind for piece in pieces}
    certain = certain and _blank_at_ends(pieces) and not ("text" in kinds and kinds & {"digit", "general", "comma"})
    return _Section(tuple(pieces) if certain else None, "text" in kinds, condition)


def _piece(kind: str, text: str) -> _Piece | None:
    match kind:
        case "quoted" | "escaped":
            return _Piece("literal", text)
        case "space":
            return _Piece("blank", "")
        case "filler":
            return _Piece("blank", "") if text == " " else None
        case "other":
            return _Piece("literal", text) if text in _BARE or not text.isascii() else None
        case _:
            return _Piece(kind, "" if kind == "comma" else text)


def _bracket(text: str) -> _Piece | None:
    """What a bracket shows: a colour nothing, a locale the sign of its currency; None for a bracket of another kind."""
    if _COLOUR.fullmatch(text):
        return _Piece("literal", "")
    locale = _LOCALE.fullmatch(text)
    return _Piece("literal", locale["sign"]) if locale else None


def _blank_at_ends(pieces: Sequence[_Piece]) -> bool:
    """Whether blanks of the width of a character or of the column stand at the ends only."""
    blanks = [piece.kind == "blank" for piece in pieces if piece.kind == "blank" or piece.text.strip()]
    return sum(1 for blank, following in pairwise(blanks) if blank != following) <= 2 - (blanks[:1] == [False])


def _meeting(sections: Sequence[_Section], value: int) -> _Section | None:
    """The section whose condition a number meets, else the one without; None where programs differ."""
    if value < 0 or any(section.condition is None for section in sections[:-1]):
        return None
    for section in sections:
        if section.condition is None or _TESTS[section.condition[0]](value, section.condition[1]):
            return section
    return None


def _number(section: _Section, value: int) -> str | None:
    """A number that is not negative, in a section; None where the section hides it, or where that is not certain."""
    if section.hidden:
        return None
    shown = _digits(section.digits, value) if section.digits else [str(value)]
    if shown is None or ("comma" in section.kinds and len("".join(shown).strip()) > _GROUP):
        return None
    filled = iter(shown)
    pieces = section.pieces or ()
    return _joined(next(filled) if piece.kind in {"digit", "general"} else piece.text for piece in pieces)


def _digits(places: Sequence[str], value: int) -> list[str] | None:
    """What each digit of a format (`0`, `#`, `?`) shows of a number; the first takes all that are left.

    None where an optional digit behind a `0` has nothing to show: programs differ there.
    """
    left = str(value) if value else ""
    shown: list[str] = []
    for at in range(len(places) - 1, -1, -1):
        digit = left if at == 0 else left[-1:]
        left = left[: len(left) - len(digit)]
        if not digit and places[at] != "0" and "0" in places[:at]:
            return None
        shown.append(digit or {"0": "0", "#": "", "?": " "}[places[at]])
    return shown[::-1]


def _joined(texts: Iterable[str]) -> str | None:
    """Texts as one, without spaces at its ends; None where nothing is left to be seen."""
    return "".join(texts).strip() or None
