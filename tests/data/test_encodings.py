"""The encoding of a CSV file: stated, found from the bytes, or a fault; never one that decodes by luck."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpirules.data.bindings import load_bindings
from kpirules.data.encodings import ENCODINGS, decode, encoding_named
from kpirules.data.faults import Place
from kpirules.data.load import Loaded, read_tables
from kpirules.source import Diagnostic, Fault
from kpirules.source.render import render_text
from tests.data.bound import bound, said
from tests.data.build import table, text

PLACE = Place("orders", "orders.csv", None)
SIMPLIFIED = "订单号,工号,客户,状态\n1,e1,上海建工,成交\n2,e2,北京天坛,丢单\n"
TRADITIONAL = "訂單號,工號,客戶,狀態\n1,e1,台北電子,成交\n2,e2,高雄實業,丟單\n"
WESTERN = "id,staff,client,status\n1,e1,Müller & Söhne,gewonnén\n2,e2,Café “Zoé” – 5 €,à revoir\n"


def _fault(data: bytes, stated: str | None = None) -> Diagnostic:
    with pytest.raises(Fault) as caught:
        decode(data, PLACE, stated)
    (diagnostic,) = caught.value.diagnostics
    for lang in ("en", "zh"):
        assert render_text([diagnostic], lang)
    return diagnostic


@pytest.mark.parametrize(
    ("written", "codec", "encoding"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "utf-8", "utf-8"),
        (WESTERN, "utf-8", "utf-8"),
        (WESTERN, "cp1252", "cp1252"),
        ("id,status\n1,成交\n", "gb18030", "gb18030"),
        ("id,status\n1,成交\n", "big5", "big5"),
        ("id,client\n1,湖北\n", "big5", "big5"),  # `打` and a private-use character in GB18030
        ("id,status\n1,沒有\n", "big5", "big5"),  # `¨S¦³` in cp1252
        ("id,status\n1,gewonnén\n", "cp1252", "cp1252"),
        ("id,client\n1,Müller\n", "cp1252", "cp1252"),
        ("id,client\n1,O’Brien – £100\n", "cp1252", "cp1252"),
        ("id,client\n1,A类\n2,B类\n", "gb18030", "gb18030"),
        ("id,client\n1,Привет\n", "utf-8", "utf-8"),
        ("id,amount\n1,￥100——\n", "gb18030", "gb18030"),
        ("id,amount\n1,100\n", "ascii", "utf-8"),
    ],
)
def test_the_encoding_in_which_a_file_makes_sense_is_found(written: str, codec: str, encoding: str) -> None:
    assert decode(written.encode(codec), PLACE) == (written.encode(), encoding)
    if codec != "utf-8-sig":
        assert decode(written.encode(codec), PLACE, encoding) == (written.encode(), encoding)


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("char", ["工", "建", "交", "丢"])
def test_utf_8_with_a_cut_character_is_broken_utf_8(char: str, cut: int) -> None:
    before, _, after = SIMPLIFIED.partition(char)
    row, column = before.count("\n") + 1, before.rpartition("\n")[2].count(",") + 1
    data = before.encode() + char.encode()[:cut] + after.encode()
    faults = _fault(data)
    assert (faults.code, faults.args["encoding"]) == ("KPI682", "utf-8")
    assert (faults.args["row"], faults.args["column"]) == (row, column)
    assert (faults.args["offset"], faults.args["bytes"]) == (len(before.encode()), char.encode()[:cut].hex(" ").upper())


def test_a_broken_file_keeps_its_encoding() -> None:
    assert _fault("id,a\n1,Zoé\n2,René\n3,Andr\n".encode().replace(b"Andr", b"Andr\xc3")).args["encoding"] == "utf-8"
    latin = _fault(WESTERN.encode().replace("ü".encode(), b"\xfc"))
    assert (latin.args["encoding"], latin.args["bytes"], latin.args["row"]) == ("utf-8", "FC", 2)
    gbk = _fault(SIMPLIFIED.encode("gbk").replace("坛".encode("gbk"), b"\xcc"))
    assert (gbk.code, gbk.args["encoding"], gbk.args["row"], gbk.args["column"]) == ("KPI682", "gb18030", 3, 3)
    marked = _fault(b"\xef\xbb\xbf" + SIMPLIFIED.encode("gbk"))
    assert (marked.code, marked.args["encoding"], marked.args["row"], marked.args["column"]) == (
        "KPI682",
        "utf-8",
        1,
        1,
    )
    assert _fault("\ufeffa,b\n1,2\n".encode("utf-16")[:-1]).args["encoding"] == "utf-16"


@pytest.mark.parametrize(
    ("written", "codec", "encoding", "line"),
    [
        (SIMPLIFIED, "gbk", "gb18030", "3,e3,王五,成交\n"),
        (TRADITIONAL, "big5", "big5", "3,e3,王五,成交\n"),
        (WESTERN, "cp1252", "cp1252", "3,e3,Zoë,gewonnén\n"),
    ],
)
def test_a_line_in_utf_8_among_others_is_told(written: str, codec: str, encoding: str, line: str) -> None:
    faults = _fault(written.encode(codec) + line.encode() + written.encode(codec))
    assert (faults.code, faults.args["encoding"]) == ("KPI682", encoding)
    assert (faults.args["row"], faults.args["column"]) == (4, 3)


def test_what_makes_no_sense_is_not_guessed() -> None:
    for data in (
        "id,a\n1,\ue000客户\n".encode("gb18030"),  # a character of private use
        "id,a\n1,Привет\n".encode("cp1251"),
        "id,a\n1,東京エレクトロン\n".encode("shift_jis"),
        "id,a\n1,gagné\n2,Müller\n".encode("mac_roman"),  # `gagnŽ`, `MŸller` in cp1252
        b"id,a\n1,\x81\x8d\x8f\n",
    ):
        assert _fault(data).code == "KPI615", data


def test_a_private_use_character_is_found_in_the_whole_file() -> None:
    lines = "".join(f"{nth},上海建工,成交\n" for nth in range(20_000))
    assert decode(f"id,a,b\n{lines}".encode("gbk"), PLACE)[1] == "gb18030"
    data = f"id,a,b\n{lines}x,\ue000,成交\n".encode("gb18030")
    assert _fault(data).code == "KPI615"
    assert decode(data, PLACE, "gb18030")[1] == "gb18030"


def test_two_readings_that_make_sense_are_a_fault() -> None:
    faults = _fault("id,brand\n1,茅台\n".encode("gbk"))  # valid UTF-8 too, by luck
    assert faults.code == "KPI683"
    assert [faults.args[key] for key in ("first", "second", "other")] == ["utf-8", "gb18030", "茅台"]
    faults = _fault("id,status\n1,贏單\n".encode("big5"))
    assert [faults.args[key] for key in ("first", "one", "second", "other")] == ["gb18030", "墓虫", "big5", "贏單"]
    assert decode("id,brand\n1,茅台\n".encode("gbk"), PLACE, "gb18030")[0].decode() == "id,brand\n1,茅台\n"


@pytest.mark.parametrize(
    ("data", "stated", "place"),
    [
        (SIMPLIFIED.encode("gbk"), "utf-8", (1, 1)),
        ("id,a\n1,Zoé\n".encode("cp1252"), "gb18030", (2, 2)),
        (b"id,a\n1,\x81\n", "cp1252", (2, 2)),
        ("id,a\n1,客\n".encode("utf-16")[:-3], "utf-16", (2, 2)),
    ],
)
def test_a_stated_encoding_is_held_to(data: bytes, stated: str, place: tuple[int, int]) -> None:
    faults = _fault(data, stated)
    assert (faults.code, faults.args["encoding"]) == ("KPI682", stated)
    assert (faults.args["row"], faults.args["column"]) == place


def test_names_of_encodings() -> None:
    assert [encoding_named(name) for name in ENCODINGS] == list(ENCODINGS)
    named = {"UTF-8": "utf-8", "utf8": "utf-8", "GBK": "gb18030", "gb2312": "gb18030", "Big5": "big5"}
    named |= {"windows-1252": "cp1252", "ISO 8859-1": "cp1252", "UTF_16": "utf-16", "BIG5-HKSCS": "big5-hkscs"}
    assert {name: encoding_named(name) for name in named} == named
    assert encoding_named("rot13") is None


STATUS = table("orders", text("id", key=True), text("status"))


def _load(folder: Path, data: bytes, more: str = "") -> Loaded:
    (folder / "o.csv").write_bytes(data)
    return bound(folder, f"  orders: {{file: o.csv{more}}}\n", STATUS)


def test_what_was_guessed_is_said_and_what_is_stated_is_kept(tmp_path: Path) -> None:
    data = "id,status\n1,成交\n".encode("gbk")
    (guessed,) = _load(tmp_path, data).facts
    (stated,) = _load(tmp_path, data, ", encoding: GBK").facts
    (plain,) = _load(tmp_path, "id,status\n1,成交\n".encode()).facts
    assert [(read.encoding, read.guessed) for read in (guessed, stated, plain)] == [
        ("gb18030", True),
        ("gb18030", False),
        ("utf-8", False),
    ]


def test_an_encoding_is_stated_of_csv_files_and_by_a_known_name(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_bytes(b"id,status\n1,x\n")
    assert said(tmp_path, "  orders: {file: o.csv, encoding: gb1803}\n", STATUS) == (
        "kpirules.yaml:3:35: error[KPI684]: unknown encoding `gb1803`\n"
        "  3 |   orders: {file: o.csv, encoding: gb1803}\n"
        "    |                                   ^^^^^^\n"
        "  help: did you mean `gb18030`?\n"
    )
    assert "known encodings are utf-8, gb18030," in said(tmp_path, "  orders: {file: o.csv, encoding: x}\n", STATUS)
    assert "KPI609" in said(tmp_path, "  orders: {file: o.csv, encoding: [x]}\n", STATUS)
    for source in ("file: o.xlsx", "file: o.parquet", "query: select 1"):
        assert "KPI654" in said(tmp_path, f"  orders: {{{source}, encoding: utf-8}}\n", STATUS)
    assert "KPI654" in said(tmp_path, "  orders: {query: select 1, sheet: a}\n", STATUS)


@given(st.binary(max_size=200), st.sampled_from([None, *ENCODINGS]))
def test_any_bytes_are_text_or_a_fault(data: bytes, stated: str | None) -> None:
    try:
        text, encoding = decode(data, PLACE, stated)
    except Fault as fault:
        assert render_text(fault.diagnostics, "zh")
    else:
        assert encoding in ENCODINGS
        assert text.decode() is not None


def test_bytes_that_are_no_text_are_placed_in_yaml(tmp_path: Path) -> None:
    (tmp_path / "kpirules.yaml").write_bytes("scheme: a.kpi\ndata:\n  员工".encode() + b"\xd4\xe0: x\n")
    with pytest.raises(Fault) as caught:
        read_tables([], load_bindings(tmp_path / "kpirules.yaml"))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.args["line"], diagnostic.args["column"]) == ("KPI602", 3, 5)
