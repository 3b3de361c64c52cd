"""Statistics over fields: the same as counting by hand, with studies taken out again, in bounded memory."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from accrual.errors import UnknownFieldError
from accrual.registry import tally
from accrual.registry.fields import find_field, read_sizes, read_values
from accrual.registry.statistics import (
    KINDS,
    LIST_FIELDS,
    VALUE_FIELDS,
    State,
    Statistics,
    choose,
    describe_study_sizes,
)
from accrual.registry.tally import Distinct, Tally

EVERY = 9  # of the 1,886 real records, so many apart: 210 of them


def study(number: int, **protocol: Any) -> tuple[dict[str, Any], str]:
    nct_id = f"NCT{number:08d}"
    return {
        "protocolSection": {"identificationModule": {"nctId": nct_id}, **protocol},
        "hasResults": False,
    }, nct_id


def counted(studies: list[tuple[dict[str, Any], str]]) -> Statistics:
    statistics = Statistics()
    for record, nct_id in studies:
        statistics.add(record, nct_id)
    return statistics


def values_of(statistics: Statistics, piece: str) -> dict[str, Any]:
    [node] = choose(statistics.describe_values(), [piece])
    return node


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[tuple[dict[str, Any], str]]:
    found = []
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz") as lines:
        for number, line in enumerate(lines):
            if number % EVERY == 0:
                record = json.loads(line)
                found.append((record, record["protocolSection"]["identificationModule"]["nctId"]))
    return found


def test_values_of_real_records_are_counted_as_by_hand(real: list[tuple[dict[str, Any], str]]) -> None:
    statistics = counted(real)
    for field, node in zip(VALUE_FIELDS, statistics.describe_values(), strict=True):
        read = [read_values(record, field) for record, _ in real]
        kind = KINDS[field.type]
        assert node["type"] == kind
        if kind in ("STRING", "ENUM"):
            # As long as few texts are there, every number is exact.
            by_hand = Counter(
                value for found in read for value in {*found} if isinstance(value, str) and value
            )
            assert node["missingStudiesCount"] == sum(not any(found) for found in read), field.path
            assert node["uniqueValuesCount"] == len(by_hand), field.path
            for shown in node.get("topValues", ()):
                assert by_hand[shown["value"]] == shown["studiesCount"], field.path
            short = [count for value, count in by_hand.items() if len(value) <= tally.MAX_CHARS]
            shown = [each["studiesCount"] for each in node.get("topValues", ())]
            assert shown == sorted(short, reverse=True)[: len(shown)]
            if kind == "STRING" and by_hand:
                assert node["longest"]["length"] == max(map(len, by_hand))
        if kind in ("INTEGER", "NUMBER"):
            numbers = [value for found in read for value in found]
            if numbers:
                assert (node["min"], node["max"]) == (min(numbers), max(numbers))
                assert node["avg"] == pytest.approx(sum(numbers) / len(numbers))
        if kind == "BOOLEAN":
            assert node["trueCount"] == sum(True in found for found in read), field.path


def test_sizes_of_real_records_are_counted_as_by_hand(real: list[tuple[dict[str, Any], str]]) -> None:
    statistics = counted(real)
    for field, node in zip(LIST_FIELDS, statistics.describe_sizes(), strict=True):
        by_hand = Counter(size for record, _ in real for size in {*read_sizes(record, field)})
        assert node["uniqueSizesCount"] == len(by_hand), field.path
        if by_hand:
            assert (node["minSize"], node["maxSize"]) == (min(by_hand), max(by_hand))
        assert all(by_hand[each["size"]] == each["studiesCount"] for each in node.get("topSizes", ()))


def test_taking_studies_out_leaves_what_the_others_give(real: list[tuple[dict[str, Any], str]]) -> None:
    statistics = counted(real)
    rest = real[::2]
    for record, nct_id in real[1::2]:
        statistics.remove(record, nct_id)
    alone = counted(rest)
    assert statistics.describe_sizes() == alone.describe_sizes()
    for ours, theirs in zip(statistics.describe_values(), alone.describe_values(), strict=True):
        ours.pop("longest", None)  # those that were the longest may all have been taken out
        theirs.pop("longest", None)
        assert ours == theirs


def test_the_order_of_studies_does_not_matter(real: list[tuple[dict[str, Any], str]]) -> None:
    assert counted(real[::-1]).describe_values() == counted(real).describe_values()


def test_two_halves_merged_are_the_whole(real: list[tuple[dict[str, Any], str]]) -> None:
    first, second, whole = counted(real[:100]), counted(real[100:]), counted(real)
    first.merge(second)
    assert first.describe_values() == whole.describe_values()
    assert first.describe_sizes() == whole.describe_sizes()


def test_counting_goes_on_from_a_state_that_was_written(real: list[tuple[dict[str, Any], str]]) -> None:
    half = counted(real[:100])
    written = msgspec.msgpack.encode(half.state)
    again = Statistics(msgspec.msgpack.decode(written, type=State))
    for record, nct_id in real[100:]:
        again.add(record, nct_id)
    assert again.describe_values() == counted(real).describe_values()


def test_bodies_keep_to_the_public_document(
    real: list[tuple[dict[str, Any], str]], shared_reference: Path
) -> None:
    yaml = pytest.importorskip("yaml", reason="reads the public document")
    text = (shared_reference / "ctgov-api-v2/openapi-2.0.3.yaml").read_text(encoding="utf-8")
    schemas = yaml.safe_load(text)["components"]["schemas"]
    statistics = counted(real)

    def check(node: dict[str, Any], schema: str) -> None:
        assert set(schemas[schema]["required"]) <= set(node) <= set(schemas[schema]["properties"])

    for node in statistics.describe_values():
        check(node, f"{node['type'].capitalize()}Stats")
        for each in node.get("topValues", ()):
            check(each, "ValueCount")
    for node in statistics.describe_sizes():
        check(node, "ListSizes")
    sizes = describe_study_sizes(
        np.array([len(json.dumps(record)) for record, _ in real]),
        np.array([int(nct_id[3:]) for _, nct_id in real]),
    )
    check(sizes, "GzipStats")
    check(sizes["largestStudies"][0], "StudySize")
    check(sizes["ranges"][0], "DistItem")


def test_dates_have_their_formats_and_ends() -> None:
    def starting(number: int, date: str) -> tuple[dict[str, Any], str]:
        return study(number, statusModule={"startDateStruct": {"date": date}})

    node = values_of(counted([starting(1, "2021-03"), starting(2, "2020-01-05"), study(3)]), "StartDate")
    assert node["formats"] == ["yyyy-MM-dd", "yyyy-MM"]
    assert (node["min"], node["max"], node["missingStudiesCount"]) == ("2020-01-05", "2021-03", 1)


def test_a_value_counts_once_a_study_and_a_wrong_type_not_at_all() -> None:
    arms = {"interventions": [{"type": "DRUG"}, {"type": "DRUG"}, {"type": 7}, {"type": None}]}
    statistics = counted([study(1, armsInterventionsModule=arms)])
    assert values_of(statistics, "InterventionType")["topValues"] == [{"value": "DRUG", "studiesCount": 1}]


@pytest.mark.parametrize(
    "broken", [{}, {"protocolSection": 3}, {"protocolSection": [[], {"x": 1}]}, {"hasResults": {}}]
)
def test_records_of_another_shape_are_counted_as_studies_without_values(broken: dict[str, Any]) -> None:
    statistics = counted([(broken, "NCT00000001")])
    assert all(node["missingStudiesCount"] == 1 for node in statistics.describe_values())
    statistics.remove(broken, "NCT00000001")
    assert statistics.state.studies == 0


def test_memory_is_bounded_and_frequent_values_survive() -> None:
    rng = random.Random(1)
    texts = Tally("STRING")
    total = 60_000
    for number in range(total):
        frequent = [f"often {number % 5}"] if number % 3 == 0 else []
        texts.add([*frequent, f"rare {rng.random()}"], f"NCT{number:08d}")
    assert len(texts.counts) <= 2 * tally.MAX_VALUES
    assert len(texts.distinct.hashes) <= 2 * tally.KEPT_HASHES
    assert {value for value, _ in texts.top(5)} == {f"often {number}" for number in range(5)}
    assert all(total / 15 - texts.missed <= count <= total / 15 for _, count in texts.top(5))
    assert texts.unique() == pytest.approx(total + 5, rel=0.06)  # four standard errors


def test_an_estimate_is_exact_while_it_can_be() -> None:
    distinct = Distinct()
    for number in range(tally.KEPT_HASHES):
        distinct.add(number * 2**40)
        distinct.add(number * 2**40)
    assert distinct.estimate() == tally.KEPT_HASHES


def test_the_next_longest_text_is_known_when_the_longest_goes() -> None:
    texts = Tally("STRING")
    texts.add(["a" * 300], "NCT00000001")
    texts.add(["b" * 400], "NCT00000002")
    texts.remove(["b" * 400], "NCT00000002")
    assert texts.longest[0].nct_id == "NCT00000001"


def test_a_longest_text_that_two_studies_have_stays_when_one_goes() -> None:
    texts = Tally("STRING")
    for nct_id in ("NCT00000003", "NCT00000001", "NCT00000002"):
        texts.add(["a" * 300], nct_id)
    assert texts.longest[0].nct_id == "NCT00000001"
    texts.remove(["a" * 300], "NCT00000001")
    assert texts.longest[0] == tally.Long(300, "NCT00000002", "a" * 300)


def test_fields_and_types_are_chosen_and_others_refused() -> None:
    statistics = counted([study(1)])
    values = statistics.describe_values()
    assert [node["piece"] for node in choose(values, ["HasResults", find_field("Phase").path])] == [
        "Phase",
        "HasResults",
    ]
    assert {node["type"] for node in choose(values, types=["DATE", "NUMBER"])} == {"DATE", "NUMBER"}
    assert choose(values, ["Phase"], ["DATE"]) == []
    for name in ("Bogus", "DesignModule", "LocationGeoPoint"):
        with pytest.raises(UnknownFieldError, match=f"Unknown piece name of field path: {name}"):
            choose(values, [name])
    with pytest.raises(UnknownFieldError):
        choose(statistics.describe_sizes(), ["BriefTitle"])


def test_study_sizes_are_exact() -> None:
    sizes = describe_study_sizes(*[np.array([500, 1500, 3000, 5_000_000])] * 2)
    assert sizes["totalStudies"] == 4
    assert sizes["averageSizeBytes"] == 1_251_250
    assert sizes["largestStudies"][0] == {"id": "NCT05000000", "sizeBytes": 5_000_000}
    assert sizes["percentiles"]["50.0"] == 3000
    ranges = {each["sizeRange"]: each["studiesCount"] for each in sizes["ranges"] if each["studiesCount"]}
    assert ranges == {"0-1 KB": 1, "1-2 KB": 1, "2-4 KB": 1, "> 1024 KB": 1}
    assert describe_study_sizes(np.zeros(0, np.uint32), np.zeros(0, np.uint32))["percentiles"] == {}
