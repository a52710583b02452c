from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from kpirules.source import Diagnostic, Label, Note, SourceText, Span
from kpirules.source.sarif import to_sarif

SCHEMA = json.loads(Path(__file__).with_name("sarif.schema.json").read_text(encoding="utf-8"))


def _span(text: str, within: str, name: str = "a.kpi") -> Span:
    start = text.index(within)
    return Span(SourceText(name, text), start, start + len(within))


def _result(diagnostic: Diagnostic, lang: str = "en") -> dict:  # type: ignore[type-arg]  # any JSON
    log = to_sarif([diagnostic], lang, version="1", complete=True)
    jsonschema.validate(log, SCHEMA)
    result: dict = log["runs"][0]["results"][0]  # type: ignore[type-arg]  # as above
    return result


def test_a_finding() -> None:
    text = "table t\n    a text key\n\ndefine x = t.b\n"
    fault = Diagnostic(
        "KPI206",
        _span(text, "b\n"),
        {"table": "t", "name": "b"},
        (Label(_span(text, "table t"), "table"),),
        (Note("columns", {"columns": ["a"]}),),
    )
    assert _result(fault) == {
        "ruleId": "KPI206",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "`t` has no column `b`\nits columns are: a"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "a.kpi"},
                    "region": {"startLine": 4, "startColumn": 14, "endLine": 5, "endColumn": 1},
                }
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "message": {"text": "`t` is declared here"},
                "physicalLocation": {
                    "artifactLocation": {"uri": "a.kpi"},
                    "region": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 8},
                },
            }
        ],
    }


def test_columns_count_utf16_units() -> None:
    """A character past U+FFFF is two units; a Chinese one, a tab and a combining mark are one each."""
    span = _span("定义 𠮷\u0301\t= 销 + 𠮷量", "𠮷量")
    region = _result(Diagnostic("KPI201", span, {"name": "𠮷量"}))["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endColumn"]) == (14, 17)


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("方案 一.kpi", "%E6%96%B9%E6%A1%88%20%E4%B8%80.kpi"),
        ("a/b#1.kpi", "a/b%231.kpi"),
        ("/x/方.kpi", "file:///x/%E6%96%B9.kpi"),
    ],
)
def test_a_file_is_named_by_its_uri(name: str, uri: str) -> None:
    result = _result(Diagnostic("KPI201", _span("x", "x", name), {"name": "x"}))
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_signs_that_mean_something_in_a_message_are_spelt_out() -> None:
    result = _result(Diagnostic("KPI201", None, {"name": "a{0}[b](1)\\"}))
    assert result["message"]["text"] == "unknown name `a{{0}}\\[b\\](1)\\\\`"
    assert "locations" not in result


def test_each_code_is_a_rule_once_with_its_explanation() -> None:
    faults = [Diagnostic(code, None, {"name": "x"}) for code in ("KPI202", "KPI201", "KPI202")]
    log = to_sarif(faults, "zh", version="1.2", complete=False)
    jsonschema.validate(log, SCHEMA)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"], driver["language"]) == ("kpirules", "1.2", "zh-CN")
    assert [rule["id"] for rule in driver["rules"]] == ["KPI201", "KPI202"]
    assert driver["rules"][0]["shortDescription"] == {"text": "未知的名称"}
    assert driver["rules"][0]["help"]["text"].endswith("定义 季度奖 = 月薪 * 10%")
    assert [result["ruleIndex"] for result in run["results"]] == [1, 0, 1]
    assert run["invocations"] == [{"executionSuccessful": False}]


def test_no_findings() -> None:
    log = to_sarif([], "en", version="1", complete=True)
    jsonschema.validate(log, SCHEMA)
    assert log["runs"][0]["results"] == []
