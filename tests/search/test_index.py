"""The index on disk: incremental, idempotent, and readable while it is written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from accrual.errors import StoreError
from accrual.search.index import TextIndex, order_key
from accrual.search.places import Places
from accrual.search.query import Near, Query
from accrual.search.rank import find

from .conftest import SUZHOU, site, study


def titles(index: TextIndex, text: str = "") -> list[str]:
    return [hit.title for hit in find(index, Query(text=text)).results]


def test_applying_a_change_again_changes_nothing(tmp_path: Path) -> None:
    index = TextIndex(tmp_path, writable=True)
    for _ in range(3):
        index.apply([study(1, "Asthma"), study(2, "Gout")])
        index.commit()
    index.apply([study(1, "Asthma")])
    index.apply([study(1, "Asthma")])
    index.commit()
    index.close()
    assert TextIndex(tmp_path).count() == 2


def test_a_newer_version_replaces_the_older_one(tmp_path: Path) -> None:
    index = TextIndex(tmp_path, writable=True)
    index.apply([study(1, "Asthma"), study(2, "Gout")])
    index.commit()
    index.close()
    again = TextIndex(tmp_path, writable=True)
    again.apply([study(1, "Migraine")])
    again.commit()
    again.close()
    reader = TextIndex(tmp_path)
    assert titles(reader, "asthma") == []
    assert titles(reader, "migraine") == ["Migraine"]
    assert reader.count() == 2


def test_closing_leaves_no_file_of_a_segment_that_was_merged_away(tmp_path: Path) -> None:
    index = TextIndex(tmp_path, writable=True)
    for number in range(
        1, 9
    ):  # each commit makes a segment; the eighth sets off a merge of all, which ends after it
        index.apply([study(number, title=f"Trial {number}")])
        index.commit()
    index.close()
    meta = json.loads((tmp_path / "text" / "meta.json").read_bytes())
    held = {segment["segment_id"].replace("-", "") for segment in meta["segments"]}
    files = {file.name.split(".")[0] for file in (tmp_path / "text").iterdir() if len(file.stem) >= 32}
    assert len(held) < 8
    assert files == held
    assert TextIndex(tmp_path).count() == 8


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    index = TextIndex(tmp_path, writable=True)
    index.apply([study(1, "Asthma")])
    index.commit()
    index.apply([study(2, "Gout")])
    index.close()
    assert titles(TextIndex(tmp_path)) == ["Asthma"]


def test_a_reader_sees_what_another_committed_since_with_its_points(tmp_path: Path) -> None:
    writer = TextIndex(tmp_path, writable=True)
    writer.commit()
    reader = TextIndex(tmp_path)
    assert reader.count() == 0
    for number in range(1, 6):
        writer.apply([study(number, "Asthma", sites=[site("Suzhou", SUZHOU.lat + number / 100, SUZHOU.lon)])])
        writer.commit()
        assert find(reader, Query(near=Near(SUZHOU, 50))).total == number
    writer.close()


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    first = TextIndex(tmp_path, writable=True)
    first.commit()
    with pytest.raises(StoreError, match="text index"):
        TextIndex(tmp_path, writable=True)
    first.close()


@pytest.mark.parametrize("garbage", [b"", b"{}", b"\x00" * 100])
def test_a_damaged_or_missing_index_is_refused_by_name(tmp_path: Path, garbage: bytes) -> None:
    with pytest.raises(StoreError, match="text index"):
        TextIndex(tmp_path / "nothing")
    index = TextIndex(tmp_path / "index", writable=True)
    index.apply([study(1, "Asthma")])
    index.commit()
    index.close()
    (tmp_path / "index" / "text" / "meta.json").write_bytes(garbage)
    with pytest.raises(StoreError, match="text index"):
        TextIndex(tmp_path / "index")


def test_the_index_can_be_deleted_and_built_again(tmp_path: Path) -> None:
    for _ in range(2):
        index = TextIndex(tmp_path / "index", writable=True)
        index.apply([study(1, "Asthma")])
        index.commit()
        index.close()
        assert TextIndex(tmp_path / "index").count() == 1
        shutil.rmtree(tmp_path / "index")


def test_a_body_that_is_no_study_is_left_out_and_counted(tmp_path: Path) -> None:
    index = TextIndex(tmp_path, writable=True)
    broken = study(2, "Gout")
    index.apply([study(1, "Asthma"), type(broken)(2, b"{}"), type(broken)(3, b"not json")])
    index.commit()
    assert index.skipped == 2
    index.close()
    assert TextIndex(tmp_path).count() == 1


def test_a_site_without_a_point_is_placed_by_its_city(tmp_path: Path, places: Places) -> None:
    index = TextIndex(tmp_path, writable=True, places=places)
    index.apply([study(1, "Asthma", sites=[site("Suzhou"), site("Nowhere at all")])])
    index.commit()
    index.close()
    hit = find(TextIndex(tmp_path), Query(near=Near(SUZHOU, 5))).results[0]
    assert hit.nearest_site is not None
    assert hit.nearest_site.city == "Suzhou"


def test_newest_first_then_lower_number() -> None:
    keys = [
        order_key("2024-05-02", "NCT00000002"),
        order_key("2024-05-01", "NCT00000001"),
        order_key("2024-05-01", "NCT00000003"),
        order_key("1899-01-01", "NCT00000001"),
        order_key("", "NCT00000001"),
    ]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 2**63 for key in keys)
