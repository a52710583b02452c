"""Any text at all gives a file and diagnostics: no exception, no place outside the text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kpirules.source import Diagnostic, SourceText, Span
from kpirules.source.catalogue import LANGUAGES
from kpirules.syntax import layout, words
from kpirules.syntax.parse import parse
from tests.syntax.samples import CHINESE, ENGLISH
from tests.syntax.test_spans import nodes

_SPELLINGS = sorted({spelling for word in words.keywords().values() for spelling in word.spellings})
_LATER = [spelling for later in words.laters("item", "opening", "any") for spelling in later.word.spellings]
_SIGNS = [*'()+-*/<>=!%:,."“”＂#&|\0', ">=", "≥", "≠", "×", "÷", "，", "：", "（", "）", "\u3000", "\t", "\u0301"]
_VALUES = ["a", "x.y", "1", "1,500", "10万", "2024-07-01", "2024-99-99", '"t"', "20%", "75 USD", "近2", "sum(a)"]
_TOKENS = st.sampled_from([*_SPELLINGS, *_LATER, *_SIGNS, *_VALUES])
_LINES = st.builds(
    lambda indent, parts: indent + " ".join(parts),
    st.sampled_from(["", "", "    ", "        ", "  ", "\t", "\u3000"]),
    st.lists(_TOKENS, max_size=8),
)


def hold(text: str) -> None:
    """What must be true of every text."""
    source = SourceText("any", text)
    file, faults = parse(source)
    for fault in faults:
        _placed(fault, source)
    for node in nodes(file):
        assert _inside(node.span, source), node
    assert bool(file.broken) <= bool(faults)
    assert list(faults) == sorted(faults, key=Diagnostic.order)
    prepared = layout.prepare(source)
    assert len(prepared.text) == len(prepared.lexed) == len(text)


def _placed(fault: Diagnostic, source: SourceText) -> None:
    assert fault.span is not None
    assert _inside(fault.span, source), fault
    assert fault.span.start < fault.span.end, fault
    assert all(_inside(label.span, source) for label in fault.labels)
    for language in LANGUAGES:
        said = [fault.message(language)]
        said += [fault.label_text(label, language) for label in fault.labels]
        said += [fault.help_text(note, language) for note in fault.helps]
        assert all(said)


def _inside(span: Span, source: SourceText) -> bool:
    return span.source is source and 0 <= span.start <= span.end <= len(source.text)


@given(st.text())
def test_random_text(text: str) -> None:
    hold(text)


@given(st.text(st.sampled_from(' \t\n\r\u3000\ufeff\0\ud800\u0301()"“”＂#：，、a1.-按且当')))
def test_random_signs(text: str) -> None:
    hold(text)


@given(st.lists(_LINES, max_size=12).map("\n".join))
def test_random_words(text: str) -> None:
    hold(text)


@settings(max_examples=60)
@given(st.data(), st.sampled_from([ENGLISH, CHINESE]))
def test_changed_samples(data: st.DataObject, text: str) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.one_of(st.just(""), _TOKENS, st.text(max_size=3))) + text[end:]
    hold(text)


@given(st.integers(0, len(ENGLISH)))
def test_a_sample_cut_short(length: int) -> None:
    hold(ENGLISH[:length])


@settings(max_examples=30)
@given(st.data())
def test_an_item_without_fault_is_read_whatever_stands_around_it(data: st.DataObject) -> None:
    before = data.draw(st.lists(_LINES, max_size=6).map("\n".join))
    after = data.draw(st.lists(_LINES, max_size=6).map("\n".join))
    own = "indicator kept_whole\n    actual sum(a)\n    score by b\n        else : c\n"
    file, _ = parse(SourceText("any", f"{before}\n{own}define y = 1\n{after}"))
    assert any(getattr(item, "name", None) and item.span.text == own.strip() for item in file.items)
