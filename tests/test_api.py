"""From Python: a scheme is loaded, run on frames or on its bindings, and its results are frames with exact figures."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from click.testing import CliRunner

import kpirules
from kpirules.cli.main import cli
from kpirules.data.faults import DataFaults
from kpirules.runs.open import open_run
from tests.runs import project


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return project.write(tmp_path / "shop")


def frames(shop: Path) -> dict[str, Any]:
    """The tables of the small project as pandas reads them, numbers and dates guessed."""
    return {name: pd.read_csv(shop / f"{name}.csv") for name in ("staff", "orders", "targets")}


def texts(shop: Path) -> dict[str, Any]:
    """The tables as Arrow tables of texts."""
    texts = {}
    for name in ("staff", "orders", "targets"):
        head = (shop / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        options = pa_csv.ConvertOptions(column_types=dict.fromkeys(head, pa.string()), strings_can_be_null=True)
        texts[name] = pa_csv.read_csv(shop / f"{name}.csv", convert_options=options)
    return texts


def test_frames_in_and_frames_out(shop: Path) -> None:
    scheme = kpirules.load(shop / "shop.kpi")
    assert (scheme.name, scheme.title, scheme.version) == ("shop", "Shop, quarterly", "1.0")
    assert scheme.tables["targets"] == ("staff_id", "quarter", "amount")
    result = scheme.run(frames(shop), period="2025Q1")
    scores: Any = result.scores.set_index("staff_id")
    assert result.period == "2025Q1"
    assert scores.loc["S1", "total"] == Decimal("68.03")
    assert isinstance(scores.loc["S1", "bonus"], Decimal)
    assert str(scores.loc["S1", "bonus"]) == "100.01"
    assert scores.loc["K2", "flags"] == "small"
    sales = result.items[(result.items["item"] == "sales") & (result.items["key"] == "S1")].iloc[0]
    assert (sales["achievement"], sales["score"]) == (Decimal("1.0005"), Decimal("100.05"))
    assert dict(result.not_assessed.to_numpy().tolist()) == {"G1": "no_scorecard", "K1": "nothing_scored"}
    assert result.quarantine.empty
    assert result.table("scores").schema.field("total").type == pa.decimal128(38, 2)


@pytest.mark.parametrize("of", [frames, texts])
def test_frames_give_what_the_bindings_give(shop: Path, of: Any) -> None:  # noqa: ANN401  # how frames are made
    bound = kpirules.load(shop).run(period="2025Q1")
    given = kpirules.load(shop / "shop.kpi").run(of(shop), period="2025Q1")
    for name in ("scores", "items", "not_assessed"):
        assert given.table(name).equals(bound.table(name))


def test_a_scheme_finds_its_bindings(shop: Path) -> None:
    for path in (shop, shop / "kpirules.yaml", shop / "shop.kpi", str(shop)):
        assert kpirules.load(path).run(period="2025Q1").scores.shape[0] == 5
    elsewhere = shop.rename(shop.with_name("data"))
    rules = elsewhere.with_name("rules.kpi")
    rules.write_text(project.SCHEME, encoding="utf-8")
    assert kpirules.load(rules).run(elsewhere, period="2025Q1").scores.shape[0] == 5
    with pytest.raises(kpirules.Fault) as caught:
        kpirules.load(rules).run(period="2025Q1")
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI726"]


def test_an_explanation_is_what_the_command_shows(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    result = kpirules.load("kpirules.yaml").run(period="2025Q1")
    folder = result.save("kept", csv=True)
    for extra in ([], ["bonus"]):
        shown = CliRunner().invoke(cli, ["--lang", "en", "explain", "K2", *extra, "--run", str(folder)])
        head, run, *rest = shown.stdout.splitlines(keepends=True)
        assert f"{result.explain('K2', *extra).text('en')}\n" == "".join([head, *rest])
        assert run.startswith("run kept · ")
    data = CliRunner().invoke(cli, ["explain", "K2", "--run", str(folder), "--format", "json"])
    assert {**json.loads(data.stdout), "run": None} == result.explain("K2").to_json()
    assert str(result.explain("K2")) == result.explain("K2").text()
    assert (folder / "scores.csv").is_file()


def test_keys_of_any_type_are_asked_for(shop: Path) -> None:
    text = (shop / "shop.kpi").read_text(encoding="utf-8").replace("staff_id text key", "staff_id integer key")
    (shop / "shop.kpi").write_text(text.replace("staff_id text references", "staff_id integer references"), "utf-8")
    given = {
        name: frame.assign(staff_id=frame["staff_id"].map({"S1": 1, "S2": 2, "K1": 3, "K2": 4, "G1": 5, "L1": 6}))
        for name, frame in frames(shop).items()
    }
    result = kpirules.load(shop / "shop.kpi").run(given, period="2025Q1")
    assert result.explain(4).trace.subject == "4"


def test_faults_carry_their_diagnostics_and_draw_themselves(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPIRULES_LANG", "en")
    (shop / "bad.kpi").write_text(project.SCHEME.replace("base_pay * 10%", "bse_pay * 10%"), encoding="utf-8")
    with pytest.raises(kpirules.Fault) as caught:
        kpirules.load(shop / "bad.kpi")
    (fault,) = caught.value.diagnostics
    assert isinstance(fault, kpirules.Diagnostic)
    assert fault.code == "KPI201"
    text = str(caught.value)
    assert f"{shop / 'bad.kpi'}:61:12: error[KPI201]: unknown name `bse_pay`" in text
    assert "help: did you mean `base_pay`?" in text
    assert "是不是想写 `base_pay`？" in caught.value.text("zh")
    monkeypatch.setenv("KPIRULES_LANG", "zh")
    assert "未知" in str(caught.value) or "没有名为" in str(caught.value)


def test_faults_of_frames_name_row_and_column(shop: Path) -> None:
    given = frames(shop)
    given["orders"]["amount"] = given["orders"]["amount"].astype(str)
    given["orders"].loc[2, "amount"] = "seventy"
    with pytest.raises(DataFaults) as caught:
        kpirules.load(shop / "shop.kpi").run(given, period="2025Q1")
    (fault,) = caught.value.diagnostics
    assert (fault.args["table"], fault.args["row"], fault.args["column"], fault.args["value"]) == (
        "orders", 3, "amount", "seventy"
    )  # fmt: skip
    aside = kpirules.load(shop / "shop.kpi").run(given, period="2025Q1", quarantine=True)
    assert aside.quarantine[["table", "row"]].to_numpy().tolist() == [["orders", 3]]


def test_a_table_that_is_not_given_is_named(shop: Path) -> None:
    given = frames(shop)
    given["oders"] = given.pop("orders")
    with pytest.raises(kpirules.Fault) as caught:
        kpirules.load(shop / "shop.kpi").run(given, period="2025Q1")
    assert [(fault.code, fault.args["table"], fault.helps[0].args) for fault in caught.value.diagnostics] == [
        ("KPI610", "orders", {"similar": "oders"})
    ]


def test_a_frame_of_no_table_is_told_once(shop: Path) -> None:
    given = frames(shop)
    given["staf"] = given["staff"]
    given["weather"] = given["staff"]
    given["oders"] = given.pop("orders")
    with pytest.raises(kpirules.Fault) as caught:
        kpirules.load(shop / "shop.kpi").run(given, period="2025Q1")
    told = [(fault.code, fault.args, [note.key for note in fault.helps]) for fault in caught.value.diagnostics]
    assert told == [
        ("KPI610", {"table": "orders"}, ["similar"]),
        ("KPI657", {"name": "staf"}, ["similar", "known"]),
        ("KPI657", {"name": "weather"}, ["known"]),
    ]
    assert "help: did you mean `staff`?" in caught.value.text("en")


def test_a_column_of_a_frame_is_renamed_in_the_frame(shop: Path) -> None:
    given = frames(shop)
    given["orders"] = given["orders"].rename(columns={"amount": "amout"})
    with pytest.raises(kpirules.Fault) as caught:
        kpirules.load(shop / "shop.kpi").run(given, period="2025Q1")
    said = caught.value.text("en")
    assert "help: is it `amout`? rename that column of the frame to `amount`" in said
    assert "columns:" not in said


@pytest.mark.parametrize("period", [2025, 20251, None])
def test_a_period_is_a_text(shop: Path, period: object) -> None:
    with pytest.raises(kpirules.Fault) as caught:
        kpirules.load(shop).run(period=period)  # type: ignore[arg-type]  # that is what is tried
    assert caught.value.text("en") == (
        f'error[KPI727]: the period is given as `{period}`, which is no text\n  help: write it as a text: `period="2025Q1"`\n'
    )


def test_what_is_shown_of_an_object_is_short(shop: Path) -> None:
    rules = (shop / "shop.kpi").read_text(encoding="utf-8")
    (shop / "shop.kpi").write_text(f'{rules}\nensure bonus <= 100 CNY : "never above 100"\n', encoding="utf-8")
    result = kpirules.load(shop).run(period="2025Q1")
    assert repr(result) == "<Result of shop 1.0, 2025Q1: 5 subjects, 1 broken>"
    assert repr(result.explain("S1")) == "<Explanation of S1, 2025Q1>"
    assert repr(result.explain("S1", "bonus")) == "<Explanation of S1, bonus, 2025Q1>"
    (broken,) = result.broken
    line = rules.count("\n") + 2
    assert repr(broken).startswith(f"<Diagnostic KPI707 at {shop / 'shop.kpi'}:{line}:1: `S1` breaks ")
    text = result.done.compiled.source
    assert repr(text) == f"SourceText('{shop / 'shop.kpi'}', {len(text.text)} characters)"
    assert repr(broken.span).startswith(f"Span('{shop / 'shop.kpi'}:{line}:1'")
    assert len(repr(broken)) < 400


def test_two_scorecards_for_one_are_both_shown(shop: Path) -> None:
    rules = (shop / "shop.kpi").read_text(encoding="utf-8")
    first, second = (line for line in rules.splitlines() if line.startswith("scorecard "))
    both = rules.replace(first, "scorecard selling for base_pay > 0 CNY").replace(
        second, "scorecard keeping for base_pay > 1 CNY"
    )
    (shop / "shop.kpi").write_text(both, encoding="utf-8")
    with pytest.raises(kpirules.Fault) as caught:
        kpirules.load(shop).run(period="2025Q1")
    said = caught.value.text("en")
    assert "KPI703" in said
    assert "| scorecard selling for base_pay > 0 CNY" in said
    assert "| scorecard keeping for base_pay > 1 CNY" in said


def test_a_run_on_frames_is_kept_with_its_data(shop: Path) -> None:
    result = kpirules.load(shop / "shop.kpi").run(frames(shop), period="2025Q1")
    run = open_run(result.save(shop / "kept"))
    assert run.evidence.manifest["bindings"] is None
    assert {source["source"] for source in run.evidence.manifest["inputs"]} == {"frame"}
    assert run.result.scores.equals(result.table("scores"))
    with pytest.raises(kpirules.Fault) as caught:
        open_run(result.save(shop / "bare", keep_inputs=False))
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI736"]
    with pytest.raises(kpirules.Fault) as caught:
        result.save(shop / "kept")
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI724"]


def test_nobody_of_that_key(shop: Path) -> None:
    result = kpirules.load(shop).run(period="2025Q1")
    with pytest.raises(kpirules.Fault) as caught:
        result.explain("S9")
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI740"]
    with pytest.raises(kpirules.Fault) as caught:
        result.explain("nobody at all")
    (fault,) = caught.value.diagnostics
    assert fault.helps[0].args == {"some": [*frames(shop)["staff"]["staff_id"][:5], "…"]}
    with pytest.raises(kpirules.Fault) as caught:
        result.explain("S1", "bonsu")
    assert [fault.code for fault in caught.value.diagnostics] == ["KPI741"]


def test_the_package_is_light_until_it_is_used() -> None:
    code = "import sys, kpirules; print(sorted(m for m in sys.modules if m.startswith('kpirules.'))); kpirules.load"
    code += "; print('kpirules.api' in sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.splitlines() == ["[]", "True"]
    assert set(kpirules.__all__) <= set(dir(kpirules))
    with pytest.raises(AttributeError, match="nothing"):
        kpirules.nothing  # noqa: B018  # that is what is tried


def test_rule_files_are_named_from_the_working_folder(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop.parent)
    for path in ("shop", shop / "shop.kpi"):
        assert [text.name for text in kpirules.load(path).compiled.texts.values()] == ["shop/shop.kpi"]


def test_what_is_not_kept_is_told(shop: Path) -> None:
    rules = (shop / "shop.kpi").read_text(encoding="utf-8")
    (shop / "shop.kpi").write_text(f'{rules}\nensure bonus <= 100 CNY : "never above 100"\n', encoding="utf-8")
    result = kpirules.load(shop).run(period="2025Q1")
    assert [(broken.code, broken.args["subject"], broken.args["message"]) for broken in result.broken] == [
        ("KPI707", "S1", "never above 100")
    ]
    assert result.left_out.to_numpy().tolist() == [["L1", "not_active"]]


def test_a_kept_run_is_verified_and_made_again(shop: Path) -> None:
    folder = kpirules.load(shop / "shop.kpi").run(frames(shop), period="2025Q1").save(shop / "kept", csv=True)
    verified, again = kpirules.verify(folder), kpirules.replay(str(folder))
    assert (verified.equal, verified.recomputed, again.equal, len(again.equal_bytes)) == (True, 5, True, 14)
    assert kpirules.verify(folder, sample=2, seed=3).seed == 3
    text = (folder / "scores.csv").read_text(encoding="utf-8")
    (folder / "scores.csv").write_text(text.replace("100.01", "900.01", 1), encoding="utf-8")
    findings = {
        (finding.diagnostic.code, finding.subject, finding.recorded, finding.recomputed)
        for finding in kpirules.verify(folder).findings
    }
    assert findings == {("KPI732", None, None, None), ("KPI751", "S1", "900.01", "100.01")}
    with pytest.raises(ValueError, match="sample=0"):
        kpirules.verify(folder, sample=0)
    with pytest.raises(kpirules.Fault):
        kpirules.replay(shop)
