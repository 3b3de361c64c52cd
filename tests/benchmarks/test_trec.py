"""The measures of the matching benchmark, checked by hand; its topics, judgements and small records."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import msgspec
import pytest

from trec import Scores, mean, read_judgements, read_topics, registered, score
from trec_home import Text, longest, record_of, texts_of

GRADES = {"A": 2, "B": 1, "C": 2, "D": 0}


def test_ndcg_has_linear_gains_and_an_ideal_of_every_covered_trial() -> None:
    # gains 1, 0, 2 at places 1, 2, 3; the ideal order has 2, 2, 1
    gained = 1 + 2 / math.log2(4)
    ideal = 2 + 2 / math.log2(3) + 1 / math.log2(4)
    assert score(["B", "X", "A"], GRADES).ndcg == pytest.approx(gained / ideal)


def test_only_eligible_trials_count_for_precision_r_precision_and_the_reciprocal_rank() -> None:
    scores = score(["B", "D", "A", "C"], GRADES)
    assert scores.precision == pytest.approx(0.2)
    assert scores.r_precision == 0.0
    assert scores.reciprocal_rank == pytest.approx(1 / 3)
    assert score(["A", "B"], GRADES).r_precision == pytest.approx(0.5)


def test_nothing_past_the_tenth_place_counts_at_ten() -> None:
    scores = score([*"0123456789", "A"], GRADES)
    assert (scores.ndcg, scores.precision, scores.recall) == (0.0, 0.0, 0.5)
    assert scores.reciprocal_rank == pytest.approx(1 / 11)


def test_an_empty_ranking_scores_nothing_and_is_not_left_out() -> None:
    nothing = score([], GRADES)
    assert nothing == Scores(0, 0, 0, 0, 0)
    assert mean([nothing, score(["A", "C", "B"], GRADES)]).ndcg == pytest.approx(0.5)


def test_topics_and_judgements_are_read_as_they_are_published(tmp_path: Path) -> None:
    topics, qrels = tmp_path / "topics.xml", tmp_path / "qrels.txt"
    topics.write_text('<topics task="x"><topic number="7"> A 40 year old &lt;man&gt;. </topic></topics>')
    qrels.write_bytes(b"7 0 NCT00000001 2\r\r\n\r\r\n7 0 NCT00000002 -1\r\n")
    assert read_topics(topics) == {"7": "A 40 year old <man>."}
    assert read_judgements(qrels) == {"7": {"NCT00000001": 2, "NCT00000002": 0}}


def test_of_several_texts_of_a_study_the_longest_counts_and_a_record_goes_before(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl.gz"
    lines = [
        {"nct_id": "NCT00000001", "criteria": "short", "source": "unknown keys are passed over"},
        {"nct_id": "NCT00000001", "criteria": "longer text"},
        {"nct_id": "NCT00000002", "criteria": "has a record"},
    ]
    path.write_bytes(gzip.compress(b"\n".join(msgspec.json.encode(line) for line in lines)))
    found = longest(texts_of(path), without={"NCT00000002"})
    assert {number: text.criteria for number, text in found.items()} == {"NCT00000001": "longer text"}


def test_a_small_record_says_what_the_text_says_and_no_more() -> None:
    text = Text("NCT00000001", "Adults", diseases=("asthma",), gender="F", minimum_age=18, maximum_age=130)
    assert record_of(text)["protocolSection"] == {
        "identificationModule": {"nctId": "NCT00000001"},
        "conditionsModule": {"conditions": ["asthma"]},
        "eligibilityModule": {
            "eligibilityCriteria": "Adults",
            "sex": "FEMALE",
            "minimumAge": "18 Years",
        },
    }


def test_trials_registered_after_the_snapshot_are_left_out_in_order() -> None:
    ranking = ["NCT00000009", "NCT00000002", "NCT00000005", "NCT00000006"]
    assert registered(ranking, newest="NCT00000005") == ["NCT00000002", "NCT00000005"]
