"""Annotated corpora are read as they are, and spans pair at most once."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import brat
from brat import Document, Spot, Tally


def packed(folder: Path, files: dict[str, str]) -> Path:
    path = folder / "corpus.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name, text in files.items():
            out.writestr(name, text.encode())
    return path


def one(folder: Path, text: str, annotations: str) -> Document:
    files = {"part/NCT90000001_inc.txt": text, "part/NCT90000001_inc.ann": annotations}
    (document,) = brat.read_zip(packed(folder, files))
    return document


def named(document: Document) -> list[tuple[str, str]]:
    return [(spot.kind, document.text[spot.start : spot.end]) for spot in document.gold]


def test_whole_phrases_of_the_one_form(tmp_path: Path) -> None:
    text = "Women with asthma within 4 weeks"
    lines = ("T1\tPerson 0 5\tWomen", "T2\tCondition 11 17\tasthma", "T3\tTemporal 18 32\twithin 4 weeks",
             "T4\tScope 0 17\tWomen with asthma", "R1\tHas_temporal Arg1:T2 Arg2:T3", "#1\tNote\tT1")  # fmt: skip
    document = one(tmp_path, text, "\n".join(lines))
    assert (document.form, document.key, document.lost) == ("chia", "NCT90000001", 0)
    assert named(document) == [("person", "Women"), ("condition", "asthma"), ("time", "within 4 weeks")]


def test_names_of_events_of_the_other_form(tmp_path: Path) -> None:
    text = "No severe asthma, age < 75 years, within 4 weeks, history"
    lines = (
        "T1\tNegation 0 2\tNo",
        "T2\tCondition 3 16\tsevere asthma",
        "T3\tCondition-Name 10 16\tasthma",
        "T4\tAge 18 21\tage",
        "T5\tEq-Comparison 22 32\t< 75 years",
        "T6\tEq-Value 24 26\t75",
        "T7\tEq-Temporal-Unit 27 32\tyears",
        "T8\tEq-Comparison 34 48\twithin 4 weeks",
        "T9\tEq-Value 41 42\t4",
        "T10\tEq-Temporal-Unit 43 48\tweeks",
        "T11\tEq-Comparison 50 57\thistory",
        "T12\tEq-Temporal-Period 50 57\thistory",
        "E1\tNegation:T1 Negates:E2",
        "E2\tCondition:T2 Name:T3 Temporality:E8",
        "E4\tAge:T4 Numeric-Filter:E5",
        "E5\tEq-Comparison:T5 Value:T6 Temporal-Unit:T7",
        "E8\tEq-Comparison:T8 Value:T9 Temporal-Unit:T10",
        "E11\tEq-Comparison:T11 Temporal-Period:T12",
    )
    document = one(tmp_path, text, "\n".join(lines))
    assert document.form == "leaf"
    assert named(document) == [
        ("negation", "No"),
        ("condition", "asthma"),
        ("age", "age"),
        ("value", "< 75 years"),
        ("time", "within 4 weeks"),
        ("period", "history"),
    ]


def test_windows_line_ends_count_as_two_characters(tmp_path: Path) -> None:
    document = one(tmp_path, "A\r\nasthma\r\n", "T1\tCondition 3 9\tasthma\r\n")
    assert named(document) == [("condition", "asthma")]


def test_a_span_in_pieces_touches_only_where_a_piece_is(tmp_path: Path) -> None:
    document = one(tmp_path, "liver or renal failure", "T1\tCondition 15 22;0 5\tliver failure")
    (gold,) = document.gold
    assert (gold.start, gold.end) == (0, 22)
    assert gold.touches(Spot(2, 4, "condition"))
    assert not gold.touches(Spot(6, 14, "condition"))


def test_a_span_outside_its_text_is_left_out_and_counted(tmp_path: Path) -> None:
    document = one(tmp_path, "asthma", "T1\tCondition 0 6\tasthma\nT2\tCondition 90 96\tasthma")
    assert (named(document), document.lost) == ([("condition", "asthma")], 1)


@pytest.mark.parametrize(
    "line", ["T1\tCondition\tasthma", "T1\tCondition a b\tasthma", "T1\t", "T1\tCondition 1 2;3\tx"]
)
def test_a_malformed_line_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"NCT90000001_inc\.ann, line 1: not a brat annotation"):
        one(tmp_path, "asthma", line)


def test_what_is_no_corpus_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(b"PK no zip")
    with pytest.raises(ValueError, match="not a zip file"):
        brat.read_zip(path)
    with pytest.raises(ValueError, match=r"no \.txt with an \.ann beside it"):
        brat.read_zip(packed(tmp_path, {}))
    with pytest.raises(ValueError, match=r"no \.txt with an \.ann beside it"):
        brat.read_zip(packed(tmp_path, {"a.txt": "asthma", "b.ann": ""}))


def agreement(gold: list[Spot], found: list[Spot], kind: str = "condition") -> Tally:
    return brat.agreement(gold, found, "chia")[kind]


def test_each_span_pairs_at_most_once_and_exact_pairs_first() -> None:
    gold = [Spot(0, 10, "condition"), Spot(12, 20, "condition")]
    assert agreement(gold, [Spot(0, 4, "condition"), Spot(5, 10, "condition")]) == Tally(2, 2, 0, 1)
    assert agreement(gold, [Spot(8, 20, "condition"), Spot(12, 20, "condition")]) == Tally(2, 2, 1, 2)
    assert agreement(gold, [Spot(0, 10, "drug")]) == Tally(2, 0, 0, 0)


def test_a_mention_counts_where_it_agrees() -> None:
    gold = [Spot(0, 7, "observation"), Spot(9, 16, "time")]
    told = brat.agreement(gold, [Spot(0, 7, "status"), Spot(9, 16, "status")], "chia")
    assert (told["observation"].exact, told["time"].exact) == (1, 1)


def test_rates_of_nothing_are_nought() -> None:
    assert Tally().rates(0) == (0.0, 0.0, 0.0)
    assert Tally(gold=4, found=2, exact=1, relaxed=2).rates(2) == (1.0, 0.5, pytest.approx(2 / 3))
