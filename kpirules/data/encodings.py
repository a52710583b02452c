"""Encodings of CSV files: the one that the bindings state, else the one in which the bytes read as text.

Almost any bytes decode as GB18030, so decoding alone proves nothing. A Chinese reading must consist mostly of common
ideographs, a Western one of accented letters inside words. `common_ideographs.txt` has, in two parts, the 500
most frequent ideographs of simplified Chinese (by the word counts of jieba) with those of words of sales and pay, and
the next 1,000 with frequent surnames; each with its traditional form.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kpirules.data.quotes import place_of
from kpirules.records import dataclass
from kpirules.source import Note

if TYPE_CHECKING:
    from kpirules.data.faults import Place

ENCODINGS = ("utf-8", "gb18030", "big5", "cp1252", "utf-16", "big5-hkscs")
"""The encodings that bindings may state, by the names that manifests use."""

_CODECS = {"big5": "cp950", "big5-hkscs": "big5hkscs"}
_ALIASES = {
    **dict.fromkeys(("utf8", "utf-8-sig", "ascii"), "utf-8"),
    **dict.fromkeys(("gbk", "gb2312", "cp936"), "gb18030"),
    **dict.fromkeys(("cp950", "big-5"), "big5"),
    **dict.fromkeys(("windows-1252", "latin-1", "latin1", "iso-8859-1"), "cp1252"),
    **dict.fromkeys(("utf16", "unicode"), "utf-16"),
}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_IDEOGRAPHS = Path(__file__).with_name("common_ideographs.txt")
_SAMPLE = 1 << 17
"""How many bytes of the lines beyond ASCII are looked at to choose an encoding."""
_LINE_BEYOND = re.compile(rb"[^\r\n\x80-\xff]*+[\x80-\xff][^\r\n]*+")
_UTF_8_LINE = re.compile(
    rb"^(?=[\x20-\x7f\t]*+[\x80-\xff])"
    rb"(?:[\x20-\x7f\t]++|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})++(?=[\r\n]|\Z)",
    re.MULTILINE,
)
_MOSTLY, _ALMOST_ALL = 0.5, 0.9
_FEW = 4
"""A broken file has at least this many good characters beyond ASCII for each broken place."""
_LOST = "\udcff"
"""Replaces bytes that do not decode; no decoded text contains it."""
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_DETACHED = re.compile(r"(?<![A-Za-z])[^\x00-\x7f]+(?![A-Za-z])")
_AFTER_SMALL = re.compile(r"(?<=[a-z])[^\x00-\x7f](?![^\x00-\x7f])")
_RARE = frozenset("¤¦¨¬¯´¶¸¹\xad")
"""Characters of cp1252 that tables of sales do not have; where they occur, they are parts of Chinese characters."""
_SHOWN = 12
_THREE_BYTES = "\u0800"
"""The first character that takes more than two bytes in UTF-8."""
_NOT_TEXT = {"Cc", "Cn", "Co", "Cs"}
"""The Unicode categories of control, unassigned and private-use characters."""
_TEXT_CONTROLS = frozenset("\t\r\n" + _LOST)

codecs.register_error("kpirules.lost", lambda error: (_LOST, getattr(error, "end", 0)))


def encoding_named(name: str) -> str | None:
    """The encoding of that name or alias as `ENCODINGS` has it, None where it has none."""
    plain = re.sub(r"[\s_]+", "-", name.strip().lower())
    plain = _ALIASES.get(plain, plain)
    return plain if plain in ENCODINGS else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sample of a file read in one encoding; `broken` counts the places that do not decode, `_LOST` in the text."""

    encoding: str
    text: str
    broken: int

    @property
    def beyond(self) -> int:
        """The number of decoded characters beyond ASCII."""
        return sum(map(len, _BEYOND.findall(self.text))) - self.text.count(_LOST)


def decode(data: bytes, place: Place, stated: str | None = None) -> tuple[bytes, str]:
    """The text of a CSV file in UTF-8 without a byte order mark, and its encoding.

    `stated` is the encoding that the bindings state.

    Raises:
        Fault: some bytes do not decode (KPI682), no reading makes sense (KPI615), or two do (KPI683).
    """
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    known = stated or marked or ("utf-8" if data.isascii() else None)
    encoding = known or _chosen(_sample(data), place)
    try:
        text = data.decode(_codec(encoding))
    except UnicodeDecodeError as error:
        raise _broken(error, encoding, place, stated=stated is not None) from None
    if known is None and encoding != "utf-8":
        if not _is_text(text):
            raise _unknown(place)
        if (other := _line_in_utf_8(data, encoding)) is not None:
            raise _broken(other, encoding, place, stated=False)
    return data.removeprefix(codecs.BOM_UTF8) if encoding == "utf-8" else text.removeprefix("\ufeff").encode(), encoding


def _codec(encoding: str) -> str:
    return _CODECS.get(encoding, encoding)


def _sample(data: bytes) -> bytes:
    """The first lines with bytes beyond ASCII; no candidate encoding has the byte of a line end inside a character."""
    lines, size = [], 0
    for line in _LINE_BEYOND.finditer(data):
        lines.append(line[0])
        size += len(line[0])
        if size > _SAMPLE:
            break
    return b"\n".join(lines)


def _read(data: bytes, encoding: str) -> _Reading:
    try:
        return _Reading(encoding, data.decode(_codec(encoding)), 0)
    except UnicodeDecodeError:
        text = data.decode(_codec(encoding), errors="kpirules.lost")
        return _Reading(encoding, text, len(re.findall(f"{_LOST}+", text)))


def _chosen(data: bytes, place: Place) -> str:
    """The encoding of the one reading that makes sense; it may have a few broken places."""
    utf_8 = _read(data, "utf-8")
    if _few(utf_8) and not (_by_luck(utf_8) and _share(_read(data, "gb18030")) >= _MOSTLY):
        return "utf-8"
    gb18030, big5, western = (_read(data, name) for name in ("gb18030", "big5", "cp1252"))
    simplified, traditional = _share(gb18030), _share(big5)
    if utf_8.broken and simplified >= _MOSTLY and _weight(gb18030) >= _weight(big5):
        return "gb18030"
    likely_utf_8 = utf_8.beyond >= utf_8.broken
    plausible = [
        reading
        for reading, sense in (
            (utf_8, not utf_8.broken),
            (gb18030, simplified >= _MOSTLY),
            (big5, traditional >= _MOSTLY),
            (western, not likely_utf_8 and _western(western)),
        )
        if sense
    ]
    if len(plausible) > 1:
        raise _two(plausible[0], plausible[1], place)
    if plausible or likely_utf_8:
        return plausible[0].encoding if plausible else "utf-8"
    for reading in (gb18030, big5):
        if _few(reading) and _share(reading, broken=True) >= _MOSTLY:
            return reading.encoding
    raise _unknown(place)


def _line_in_utf_8(data: bytes, encoding: str) -> UnicodeDecodeError | None:
    """The first character beyond ASCII of a line in UTF-8 in a file that is not; two joined files have such lines."""
    for line in _UTF_8_LINE.finditer(data):
        as_utf_8 = _read(line[0], "utf-8")
        if encoding == "cp1252" or _share(as_utf_8) >= _MOSTLY:
            char = _BEYOND.search(as_utf_8.text)
            assert char is not None
            start = line.start() + len(as_utf_8.text[: char.start()].encode())
            return UnicodeDecodeError(encoding, data, start, start + len(char[0][0].encode()), "UTF-8")
    return None


def _few(reading: _Reading) -> bool:
    return not reading.broken or reading.beyond >= _FEW * reading.broken


def _share(reading: _Reading, *, broken: bool = False, most: bool = False) -> float:
    """The share of common ideographs among the letters beyond ASCII, from 0 to 1; `most` counts the most common only.

    It is 1 without such letters. It is 0 if a character does not belong in text or, unless `broken` is set, if some
    bytes do not decode.
    """
    if (reading.broken and not broken) or not _is_text(reading.text):
        return 0
    letters = [char for char in _beyond(reading.text) if char.isalpha()]
    common = _common()[0] if most else frozenset[str]().union(*_common())
    return sum(map(common.__contains__, letters)) / len(letters) if letters else 1


def _weight(reading: _Reading) -> float:
    """How common the ideographs of a whole reading are; the most common count twice."""
    return _share(reading) + _share(reading, most=True)


def _western(reading: _Reading) -> bool:
    """Whether the accented letters are part of words, or words of one letter, and no capitals inside words."""
    text = reading.text
    if reading.broken or not _is_text(text) or not _RARE.isdisjoint(text):
        return False
    runs = [run for run in _BEYOND.findall(text) if any(map(str.isalpha, run))]
    scattered = [run for run in _DETACHED.findall(text) if len(run) > 1 and any(map(str.isalpha, run))]
    capitals = [char for char in _AFTER_SMALL.findall(text) if char.isupper()]  # `é` of Mac Roman is `Ž`: `gagnŽ`
    return len(scattered) + len(capitals) <= (1 - _ALMOST_ALL) * len(runs)


def _by_luck(reading: _Reading) -> bool:
    """Whether the text may be valid UTF-8 by luck: only letters of two bytes, none beside an ASCII letter."""
    text = reading.text
    return (
        max(text) < _THREE_BYTES
        and all(unicodedata.category(char)[0] in "LM" for char in _beyond(text))
        and len(_DETACHED.findall(text)) == len(_BEYOND.findall(text))
    )


def _is_text(text: str) -> bool:
    """Whether there is no control, private-use or unassigned character."""
    return all(unicodedata.category(char) not in _NOT_TEXT for char in {*text} - _TEXT_CONTROLS)


def _beyond(text: str) -> str:
    return "".join(_BEYOND.findall(text)).replace(_LOST, "")


@cache
def _common() -> tuple[frozenset[str], frozenset[str]]:
    """The most common ideographs, and other common ones."""
    first, second = _IDEOGRAPHS.read_text(encoding="utf-8").split("\n\n")
    return frozenset(first) - {"\n"}, frozenset(second) - {"\n"}


def _two(first: _Reading, second: _Reading, place: Place) -> Exception:
    """The fault of a file that makes sense in two encodings."""
    shown = {"first": first.encoding, "second": second.encoding}
    texts = {"one": _beyond(first.text)[:_SHOWN], "other": _beyond(second.text)[:_SHOWN]}
    return place.fault("KPI683", Note("state", shown), **shown, **texts)


def _broken(error: UnicodeDecodeError, encoding: str, place: Place, *, stated: bool) -> Exception:
    """The fault of bytes that are not text in the encoding of the rest."""
    before = error.object[: error.start].decode(_codec(encoding), errors="ignore")
    row, column = place_of(before.removeprefix("\ufeff").encode())
    lost = error.object[error.start : error.end].hex(" ").upper()
    helps = Note("restore"), Note("stated" if stated else "state", {"known": ENCODINGS})
    return place.fault("KPI682", *helps, encoding=encoding, row=row, column=column, bytes=lost, offset=error.start)


def _unknown(place: Place) -> Exception:
    return place.fault("KPI615", Note("save"), Note("state", {"known": ENCODINGS}))
