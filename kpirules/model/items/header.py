"""The header: name, version, period, effective dates, currency, rounding."""

from __future__ import annotations

from kpirules.model import scheme
from kpirules.model.workspace import STAND_IN, Workspace
from kpirules.source import Label, Note
from kpirules.source.similar import did_you_mean
from kpirules.syntax import ast, words
from kpirules.values.currencies import CURRENCY_PLACES
from kpirules.values.rounding import Mode
from kpirules.values.units import Unit

_ROUNDED = ("achievement", "score", "total", "money")
_LARGEST = 12
_STAND_IN = dict.fromkeys(_ROUNDED[1:], STAND_IN)


def header(ws: Workspace) -> None:
    """Read the header; what is missing in it is a fault.

    A stand-in takes the place of what is missing, so that the rest of the scheme is checked in the same go; a scheme
    with a fault never runs, so no figure comes of it.
    """
    sound = [node for node in ws.file.items if isinstance(node, ast.Scheme)]
    written = [
        *sound,
        *(fragment.item for fragment in ws.file.fragments if isinstance(fragment.item, ast.Scheme) and not sound),
    ]
    if not written:
        if not ws.file.broken:
            ws.report("KPI504", ws.source_span, helps=[Note("header", _spelled(ws))])
        ws.header = scheme.Header("", None, "", Unit.QUARTER, None, "", _STAND_IN, Mode.AWAY, ws.source_span)
        return
    node = written[0]
    ws.period_said = node.period is not None
    for extra in written[1:]:
        ws.only_one("scheme", extra.name, node.name.span)
    for what, clause in (("period", node.period), ("currency", node.currency), ("rounding", node.rounding)):
        if clause is None and not any(words.meant(word, what) for word in ws.broken):
            args = {"what": words.spelling(what, ws.file.language)}
            ws.report("KPI501", node.name.span, args, helps=[Note(what, _spelled(ws))])
    effective = None
    if node.effective is not None:
        begins, ends = node.effective
        effective = (begins.value, ends.value if ends else None)
        if ends is not None and ends.value < begins.value:
            args = {"begins": ends.value.isoformat(), "ends": begins.value.isoformat()}
            args |= {
                "from": words.spelling("effective from", ws.file.language),
                "to": words.spelling("to", ws.file.language),
            }
            ws.report("KPI537", ends.span, labels=[Label(begins.span, "begins")], helps=[Note("swap", args)])
    ws.header = scheme.Header(
        node.name.text,
        node.title,
        node.version.value if node.version else "",
        Unit(node.period.text) if node.period else Unit.QUARTER,
        effective,
        _currency(ws, node),
        _places(ws, node),
        Mode.EVEN if node.half_even else Mode.AWAY,
        node.name.span,
    )


def _spelled(ws: Workspace) -> dict[str, str]:
    names = ("scheme", "period", "quarter", "currency", "rounding", "achievement", "score", "total", "money")
    return {name: words.spelling(name, ws.file.language) for name in names}


def _spellings() -> dict[str, str]:
    return {words.spelling(word, language): word for word in _ROUNDED for language in ("en", "zh")}


def _places(ws: Workspace, node: ast.Scheme) -> dict[str, int]:
    if node.rounding is None:
        return _STAND_IN
    places: dict[str, int] = {}
    first: dict[str, ast.Rounding] = {}
    meant: dict[str, int] = {}
    for entry in node.rounding:
        word = _spellings().get(entry.what.text)
        if word is None:
            spelled = [words.spelling(name, ws.file.language) for name in _ROUNDED]
            close = did_you_mean(entry.what.text, spelled, Note("among", {"words": ", ".join(spelled)}))
            ws.report("KPI216", entry.what.span, {"name": entry.what.text}, helps=close)
            meant = _STAND_IN
            continue
        if word in places:
            ws.twice(entry.span, entry.what.text, first[word].span)
        if entry.places > _LARGEST:
            helps = [Note("column", {"write": f"{entry.what.text} {_LARGEST}"})]
            ws.report("KPI314", entry.span, {"text": str(entry.places)}, helps=helps)
            meant = {word: STAND_IN, **meant}
            continue
        places.setdefault(word, entry.places)
        first.setdefault(word, entry)
    return {**meant, **places}


def _currency(ws: Workspace, node: ast.Scheme) -> str:
    if node.currency is None:
        return ""
    if node.currency.text not in CURRENCY_PLACES:
        name = node.currency.text
        code = next((code for code, others in _CALLED.items() if name.casefold() in others), None)
        ws.report("KPI538", node.currency.span, {"name": name}, helps=[Note("write", {"write": code or "CNY"})])
        return ""
    return node.currency.text


_CALLED = {
    "CNY": ("rmb", "yuan", "renminbi", "人民币", "元"),
    "USD": ("dollar", "dollars", "us", "美元"),
    "EUR": ("euro", "euros", "欧元"),
    "HKD": ("hk", "港币", "港元"),
    "JPY": ("yen", "日元"),
    "GBP": ("pound", "pounds", "英镑"),
}
"""What people call some currencies, by the code of each."""
