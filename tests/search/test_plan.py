"""The planner against the oracle: over real and made-up records, the index finds exactly what the record says."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from accrual.demo import demo_records
from accrual.errors import QueryTooLargeError
from accrual.registry.files import SourceRecord, read_records
from accrual.search import plan
from accrual.search.essie import read_expression
from accrual.search.essie_writing import write_expression
from accrual.search.expression import Coverage

from .engine import Engine
from .expressions import Chance
from .test_oracle import FALSE, RECORD, TRUE


def disagreements(engine: Engine, seed: int, expressions: int) -> list[str]:
    chance = Chance(seed, engine.records)
    differ = []
    for _ in range(expressions):
        expression = chance.expression()
        with suppress(QueryTooLargeError):
            if differs := engine.differs(expression):
                differ.append(f"{write_expression(expression)}: {differs}")
    return differ


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.mktemp("one"), [RECORD])


@pytest.mark.parametrize("text", TRUE)
def test_what_holds_is_found(one: Engine, text: str) -> None:
    assert one.find(read_expression(text, "Other terms")) == {0}


@pytest.mark.parametrize("text", FALSE)
def test_what_does_not_hold_is_not_found(one: Engine, text: str) -> None:
    assert one.find(read_expression(text, "Other terms")) == set()


def test_the_index_agrees_with_the_oracle_over_the_demo(tmp_path: Path) -> None:
    records = [msgspec.json.decode(body) for body in demo_records()]
    assert disagreements(Engine(tmp_path, records), seed=11, expressions=400) == []


def test_the_index_agrees_with_the_oracle_over_real_records(tmp_path: Path, shared_data: Path) -> None:
    read = read_records([shared_data / "registry" / "v2" / "studies.jsonl.gz"])
    bodies = [record.body for record in read if isinstance(record, SourceRecord)]
    records = [msgspec.json.decode(body) for body in random.Random(3).sample(bodies, 120)]
    assert disagreements(Engine(tmp_path, records), seed=5, expressions=250) == []


def test_what_one_site_must_have_together_agrees_with_the_oracle(tmp_path: Path) -> None:
    chance = random.Random(23)
    said = {
        "LocationCity": ("New York", "York", "Paris", "Saint Paul", "Sankt Gallen", "x" * 70 + " York", ""),
        "LocationState": ("New York", "Ohio", "North Carolina"),
        "LocationCountry": (
            "United States",
            "France",
            "Korea, Republic of",
            "United Kingdom of all its parts",
        ),
        "LocationStatus": ("RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "odd"),
    }
    names = {
        "LocationCity": "city",
        "LocationState": "state",
        "LocationCountry": "country",
        "LocationStatus": "status",
    }
    records = [
        {
            "protocolSection": {
                "identificationModule": {"nctId": f"NCT{number:08d}"},
                "contactsLocationsModule": {
                    "locations": [
                        {
                            names[piece]: chance.choice(values)
                            for piece, values in said.items()
                            if chance.random() < 0.8
                        }
                        for _ in range(chance.randrange(4))
                    ]
                },
            }
        }
        for number in range(1, 120)
    ]
    engine = Engine(tmp_path, records)

    operators = ("", "", "", "EXPANSION[None]", *(f"COVERAGE[{each}]" for each in Coverage))

    def part() -> str:
        piece = chance.choice(list(said))
        words = chance.choice(said[piece]).split()[: chance.choice((1, 2, 9))] or ["York"]
        text = " ".join(words)
        return (
            chance.choice(operators) + f"AREA[{piece}]" + chance.choice((f'"{text}"', text.replace(",", "")))
        )

    for _ in range(250):
        joined = chance.choice((" AND ", " AND ", " OR ")).join(
            part() for _ in range(chance.choice((2, 2, 3)))
        )
        text = f"SEARCH[Location]({joined} {chance.choice(('', '', f'AND ({part()} OR {part()})', f'NOT {part()}'))})"
        expression = read_expression(text, "Other terms")
        assert engine.differs(expression) == {}, text


def test_records_of_odd_shapes_are_searched_as_far_as_they_go(tmp_path: Path) -> None:
    def odd(number: int, **modules: Any) -> dict[str, Any]:
        return {"protocolSection": {"identificationModule": {"nctId": f"NCT{number:08d}"}, **modules}}

    records = [
        odd(1, conditionsModule={"conditions": "asthma"}),
        odd(2, conditionsModule={"conditions": [None, "asthma", 7, True, ["copd"], {"name": "copd"}]}),
        odd(3, conditionsModule=["asthma"]),
        odd(4, contactsLocationsModule={"locations": [{"city": None}, {"city": ["Rome", "Oslo"]}, "Paris"]}),
        odd(5, designModule={"enrollmentInfo": {"count": 10**400}}),
        odd(
            6,
            statusModule={"lastUpdatePostDateStruct": {"date": "01/02/2020"}, "startDateStruct": {"date": 7}},
        ),
        odd(7, conditionsModule={"conditions": ["ᚠ asthma ᛝ", "e\u0301\u0301", "\x00", ""]}),
    ]
    engine = Engine(tmp_path, records)
    assert engine.snapshot.studies.num_docs == 7
    asked = (
        "AREA[Condition]asthma", "AREA[Condition]copd", "AREA[Condition:size]RANGE[1, 5]", "AREA[Condition]MISSING",
        "SEARCH[Location](AREA[LocationCity]Oslo)", "AREA[LocationCity]Paris", "AREA[EnrollmentCount]MISSING",
        "AREA[Condition]COVERAGE[FullMatch]asthma", "AREA[Condition]COVERAGE[StartsWith]ᚠ", "AREA[Condition]ᛝ", "ᚠ",
    )  # fmt: skip
    for text in asked:
        expression = read_expression(text, "Other terms")
        assert engine.differs(expression) == {}, text


def test_a_search_that_would_take_too_long_is_refused_before_it_runs(
    one: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    expression = read_expression("aspirin infarction", "Other terms")
    monkeypatch.setattr(plan, "MAX_ENTRIES", 1)
    with pytest.raises(QueryTooLargeError, match="rarer words"):
        one.find(expression)
    monkeypatch.undo()
    with pytest.raises(QueryTooLargeError, match="at most"):
        one.find(read_expression(f'"{"aspirin " * 200}"', "Other terms"))


def test_words_that_every_field_is_asked_for_are_counted(
    one: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_TERMS", 100)
    with pytest.raises(QueryTooLargeError, match="100 terms"):
        one.find(read_expression("AREA[ProtocolSection](heart attack)", "Other terms"))
