"""No sentence of the demo is taken from a real record: eight words or more in a row would be found here."""

from __future__ import annotations

import gzip
import html
import json
import lzma
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import ahocorasick_rs

from accrual.demo import demo_records

SEED = "NCT04785833"
MARK = "this study is fictional"
WORDS = 8
_XML_TEXT = re.compile(r"<(?:textblock|brief_title|official_title|description)>(.*?)</", re.DOTALL)


def words(text: str) -> str:
    """Return the text as lower-case words with one space around each, without signs."""
    return f" {re.sub(r'[^a-z0-9]+', ' ', text.lower()).strip()} "


def sentences() -> list[str]:
    """Return the demo's sentences of eight words or more; the seed trial's criteria are facts and stand out."""
    found: set[str] = set()
    for data in demo_records():
        sections = json.loads(data)["protocolSection"]
        texts = [value for key, value in sections["descriptionModule"].items()]
        if sections["identificationModule"]["nctId"] != SEED:
            texts.append(sections["eligibilityModule"].get("eligibilityCriteria", ""))
        for text in texts:
            for sentence in re.split(r"\n|[.;:](?=\s)", text):
                plain = words(re.sub(r"^\W*(?:\d+[.)]|[a-z][.)])\s", "", sentence.strip()))
                if len(plain.split()) >= WORDS and MARK not in plain:
                    found.add(plain)
    return sorted(found)


def copied(texts: Iterator[str]) -> set[str]:
    """Return the demo's sentences that stand word for word in one of the texts."""
    ours = sentences()
    search = ahocorasick_rs.AhoCorasick(ours)
    return {ours[index] for text in texts for index, _, _ in search.find_matches_as_indexes(words(text))}


def json_lines(lines: Iterator[str], *paths: tuple[str, ...]) -> Iterator[str]:
    """Yield the texts at the paths of each JSON line."""
    for line in lines:
        record = json.loads(line)
        for path in paths:
            value = record
            for key in path:
                value = value.get(key, {}) if isinstance(value, dict) else {}
            if isinstance(value, str):
                yield value


def test_the_check_finds_a_copied_sentence() -> None:
    ours = sentences()
    assert len(ours) > 200
    assert copied(iter([f"Before it. {ours[0].upper()}; after it."])) == {ours[0]}


def test_no_sentence_stands_in_a_real_v2_record(shared_data: Path) -> None:
    section = "protocolSection"
    with gzip.open(shared_data / "registry" / "v2" / "studies.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = copied(
            json_lines(
                lines,
                (section, "eligibilityModule", "eligibilityCriteria"),
                (section, "descriptionModule", "briefSummary"),
                (section, "descriptionModule", "detailedDescription"),
            )
        )
    assert found == set()


def test_no_sentence_stands_in_the_collected_texts(shared_data: Path) -> None:
    with gzip.open(shared_data / "criteria" / "texts.jsonl.gz", "rt", encoding="utf-8") as lines:
        assert copied(json_lines(lines, ("criteria",))) == set()


def test_no_sentence_stands_in_a_real_xml_record_or_summary(shared_data: Path) -> None:
    def xml_texts() -> Iterator[str]:
        for archive in sorted((shared_data / "registry" / "xml").glob("*.zip")):
            with zipfile.ZipFile(archive) as opened:
                for name in opened.namelist():
                    for block in _XML_TEXT.findall(opened.read(name).decode("utf-8", "replace")):
                        yield html.unescape(block)

    def summaries() -> Iterator[str]:
        with lzma.open(shared_data / "text" / "titles_summaries.jsonl.xz", "rt", encoding="utf-8") as lines:
            yield from lines

    assert copied(xml_texts()) == set()
    assert copied(summaries()) == set()
