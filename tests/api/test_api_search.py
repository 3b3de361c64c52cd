"""Pages of a search: their layout, paging to the end, tables, downloads, and the shapes of the recorded answers."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from accrual.api.paging import read_token, write_token
from accrual.api.parameters import STUDIES as STUDIES_ROWS
from accrual.api.parameters import read_arguments
from accrual.api.selection import read_selection
from accrual.finder import Finder
from accrual.registry.files import read_record
from accrual.store.load import load_records
from accrual.store.records import RecordStore
from accrual.web.app import create_app

STUDIES = "/api/v2/studies"


def numbers(answer: Any) -> list[str]:
    return [one["protocolSection"]["identificationModule"]["nctId"] for one in answer.json()["studies"]]


def pages(client: TestClient, query: str) -> list[list[str]]:
    """Every page of a search, followed by its tokens."""
    found, token = [], ""
    while True:
        answer = client.get(f"{STUDIES}?{query}{token}")
        assert answer.status_code == 200, answer.text
        found.append(numbers(answer))
        following = answer.json().get("nextPageToken")
        if following is None:
            return found
        assert len(following) <= 20
        token = f"&pageToken={following}"


def test_a_page_has_one_study_a_line_and_its_token_last(client: TestClient) -> None:
    answer = client.get(f"{STUDIES}?pageSize=3&countTotal=true&fields=NCTId")
    lines = answer.text.split("\n")
    assert len(lines) == 5
    assert lines[0].startswith('{"totalCount":')
    assert lines[0].endswith(',"studies":[')
    assert all(line.startswith('  {"protocolSection":') for line in lines[1:4])
    assert lines[4].startswith('],"nextPageToken":"')
    assert list(answer.json()) == ["totalCount", "studies", "nextPageToken"]


@pytest.mark.parametrize("size", [1, 7, 64, 65, 1000])
def test_following_the_tokens_gives_every_study_once(client: TestClient, size: int) -> None:
    total = client.get(f"{STUDIES}?countTotal=true").json()["totalCount"]
    found = pages(client, f"pageSize={size}&fields=NCTId" if size > 5 else "pageSize=1&query.cond=diabetes")
    flat = [number for page in found for number in page]
    assert len(flat) == len(set(flat))
    if size > 5:
        assert len(flat) == total
        assert all(len(page) == size for page in found[:-1])


def test_only_the_first_page_is_counted(client: TestClient) -> None:
    first = client.get(f"{STUDIES}?countTotal=true&pageSize=5").json()
    second = client.get(f"{STUDIES}?countTotal=true&pageSize=5&pageToken={first['nextPageToken']}").json()
    assert "totalCount" in first
    assert "totalCount" not in second
    assert "totalCount" not in client.get(STUDIES).json()


def test_a_page_is_ten_studies_and_never_more_than_a_thousand(client: TestClient) -> None:
    assert len(numbers(client.get(STUDIES))) == 10
    assert len(numbers(client.get(f"{STUDIES}?pageSize=0"))) == 10
    assert client.get(f"{STUDIES}?pageSize=5000&fields=NCTId").status_code == 200


def test_page_size_and_count_may_change_from_page_to_page_and_nothing_else(client: TestClient) -> None:
    token = client.get(f"{STUDIES}?pageSize=2&query.term=cancer").json()["nextPageToken"]
    assert (
        client.get(f"{STUDIES}?pageSize=9&countTotal=true&query.term=cancer&pageToken={token}").status_code
        == 200
    )
    assert client.get(f"{STUDIES}?query.term=asthma&pageToken={token}").status_code == 400
    assert client.get(f"{STUDIES}?query.term=cancer&sort=StartDate&pageToken={token}").status_code == 400


def test_whole_records_come_as_they_are_kept(client: TestClient) -> None:
    for size in (5, 100):  # in one piece, and in parts
        for study in client.get(f"{STUDIES}?pageSize={size}").json()["studies"]:
            number = study["protocolSection"]["identificationModule"]["nctId"]
            assert client.get(f"{STUDIES}/{number}").json() == study


def test_fields_are_those_named(client: TestClient) -> None:
    answer = client.get(f"{STUDIES}?fields=NCTId,EligibilityModule&pageSize=5")
    for study in answer.json()["studies"]:
        assert list(study) == ["protocolSection"]
        assert set(study["protocolSection"]) <= {"identificationModule", "eligibilityModule"}
        assert list(study["protocolSection"]["identificationModule"]) == ["nctId"]


def test_a_query_finds_what_it_says(client: TestClient) -> None:
    answer = client.get(f"{STUDIES}?query.cond=diabetes&filter.overallStatus=COMPLETED&pageSize=100")
    assert answer.json()["studies"]
    for study in answer.json()["studies"]:
        assert study["protocolSection"]["statusModule"]["overallStatus"] == "COMPLETED"


def test_a_query_of_numbers_alone_takes_no_notice_of_the_rest(client: TestClient) -> None:
    held = numbers(client.get(f"{STUDIES}?pageSize=2&fields=NCTId"))
    asked = f"query.id={held[0]} {held[1]}&query.cond=zzz&filter.overallStatus=WITHHELD&fields=NCTId"
    assert sorted(numbers(client.get(f"{STUDIES}?{asked}"))) == sorted(held)


def test_filters_and_post_filters_do_the_same(client: TestClient) -> None:
    for filtered in (
        "overallStatus=RECRUITING|COMPLETED",
        "advanced=AREA[Phase]PHASE2",
        "geo=distance(40,-75,300mi)",
    ):
        before = numbers(client.get(f"{STUDIES}?filter.{filtered}&pageSize=500&fields=NCTId"))
        after = numbers(client.get(f"{STUDIES}?postFilter.{filtered}&pageSize=500&fields=NCTId"))
        assert before == after
        assert before


def test_the_old_markup_is_made_on_request(client: TestClient) -> None:
    asked = f"{STUDIES}?pageSize=100&fields=EligibilityCriteria"
    new = [one["protocolSection"] for one in client.get(asked).json()["studies"] if one]
    old = [
        one["protocolSection"] for one in client.get(f"{asked}&markupFormat=legacy").json()["studies"] if one
    ]
    assert len(new) == len(old)
    assert any("\r\n" in one["eligibilityModule"]["eligibilityCriteria"] for one in old)
    assert not any("\r\n" in one["eligibilityModule"]["eligibilityCriteria"] for one in new)


def test_a_token_that_somebody_made_up_costs_nothing(client: TestClient) -> None:
    token = client.get(f"{STUDIES}?pageSize=2&query.cond=cancer").json()["nextPageToken"]
    spelling = read_selection(read_arguments(STUDIES_ROWS, b"query.cond=cancer", 100)).spelling
    state = read_token(token, spelling)[:4]
    for behind in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"):
        made_up = write_token(state + behind, spelling)
        answer = client.get(f"{STUDIES}?pageSize=2&query.cond=cancer&pageToken={made_up}")
        assert answer.status_code == 400
    lost = write_token(b"lost" + bytes(4), spelling)
    answer = client.get(f"{STUDIES}?query.cond=cancer&pageToken={lost}")
    assert (answer.status_code, "has since been replaced" in answer.text) == (400, True)


@pytest.mark.parametrize("digits", [40, 400])
def test_numbers_without_end_are_no_fault_of_ours(client: TestClient, digits: int) -> None:
    for query in (
        f"filter.geo=distance(1,2,{'9' * digits}mi)",
        f"filter.geo=distance({'0' * digits}1,2.{'3' * digits},5km)",
        f"filter.geo=distance(1,2,5km)&geoDecay=func:gauss,scale:{'9' * digits}mi,offset:{'9' * digits}mi,decay:0.5",
        f"filter.geo=distance(1,2,5km)&geoDecay=func:exp,scale:0.{'0' * digits}1mi,offset:0km,decay:0.5",
    ):
        assert client.get(f"{STUDIES}?query.cond=cancer&{query}").status_code in (200, 400), query


def test_the_headers_of_a_long_page_promise_no_length(client: TestClient) -> None:
    head = client.head(f"{STUDIES}?pageSize=100")
    assert head.status_code == 200
    assert "content-length" not in head.headers
    assert "content-length" not in client.head(f"{STUDIES}/download").headers
    assert client.head(STUDIES).headers["content-length"] != "0"


# -- tables


def test_a_table_has_its_head_on_the_first_page_and_says_the_rest_in_headers(client: TestClient) -> None:
    first = client.get(f"{STUDIES}?format=csv&pageSize=70&countTotal=true")
    assert first.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(first.text)))
    assert rows[0][0] == "NCT Number"
    assert len(rows) == 71
    assert {len(row) for row in rows} == {30}
    token = first.headers["x-next-page-token"]
    seen = [row[0] for row in rows[1:]]
    while token:
        page = client.get(f"{STUDIES}?format=csv&pageSize=70&countTotal=true&pageToken={token}")
        assert "x-total-count" not in page.headers
        seen += [row[0] for row in csv.reader(io.StringIO(page.text))]
        token = page.headers.get("x-next-page-token", "")
    assert len(seen) == len(set(seen)) == int(first.headers["x-total-count"])


def test_columns_are_chosen_by_name(client: TestClient, shared_reference: Path) -> None:
    columns = json.loads((shared_reference / "ctgov-api-v2/csv_columns.json").read_bytes())
    whole = client.get(f"{STUDIES}?format=csv&pageSize=1").text.splitlines()[0]
    assert next(csv.reader([whole])) == [one["column"] for one in columns]
    some = client.get(f"{STUDIES}?format=csv&pageSize=1&fields=NCT Number|Phases").text
    assert some.splitlines()[0] == "NCT Number,Phases"


# -- single studies


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("json", "application/json"),
        ("csv", "text/csv"),
        ("json.zip", "application/zip"),
        ("fhir.json", "application/fhir+json"),
        ("ris", "application/x-research-info-systems"),
    ],
)
def test_a_study_comes_in_every_format(client: TestClient, form: str, kind: str) -> None:
    number = numbers(client.get(STUDIES))[0]
    answer = client.get(f"{STUDIES}/{number}?format={form}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    if form == "json.zip":
        packed = zipfile.ZipFile(io.BytesIO(answer.content))
        assert packed.namelist() == [f"{number}.json"]
        assert json.loads(packed.read(f"{number}.json")) == client.get(f"{STUDIES}/{number}").json()
    else:
        assert number in answer.text


def test_a_fhir_study_takes_no_fields(client: TestClient) -> None:
    number = numbers(client.get(STUDIES))[0]
    answer = client.get(f"{STUDIES}/{number}?format=fhir.json&fields=NCTId")
    assert answer.status_code == 400
    assert answer.text == "Parameter `fields` must be unspecified for format fhir.json"


def test_a_former_number_leads_to_the_study_and_drops_the_question(client: TestClient) -> None:
    held = client.get(f"{STUDIES}?filter.advanced=NOT AREA[NCTIdAlias]MISSING&fields=NCTId|NCTIdAlias").json()
    assert held["studies"]
    for study in held["studies"]:
        names = study["protocolSection"]["identificationModule"]
        alias, number = names["nctIdAliases"][0], names["nctId"]
        answer = client.get(f"{STUDIES}/{alias}?fields=NCTId")
        assert (answer.status_code, answer.headers["location"]) == (301, f"{STUDIES}/{number}")
        assert numbers(client.get(f"{STUDIES}?filter.ids={alias}")) == [number]


def test_a_real_record_comes_back_as_it_was_recorded(tmp_path: Path, shared_reference: Path) -> None:
    recorded = (shared_reference / "ctgov-api-v2/study_full.json").read_bytes()
    with RecordStore(tmp_path) as store:
        load_records(store, [read_record(recorded, "recorded")])
    with Finder(tmp_path) as finder:
        answer = TestClient(create_app(finder)).get(f"{STUDIES}/NCT03516279")
    # Not only the same values: the same keys in the same order, and nothing in between.
    assert answer.text == json.dumps(json.loads(recorded), separators=(",", ":"), ensure_ascii=False)


def test_pages_that_were_begun_before_a_load_stay_as_they_were(tmp_path: Path, shared_data: Path) -> None:
    with gzip.open(shared_data / "registry/v2/studies.jsonl.gz", "rb") as lines:
        records = [read_record(line.strip(), "shared") for line in islice(lines, 60)]
    asked = f"{STUDIES}?pageSize=7&countTotal=true&fields=NCTId&sort=LastUpdatePostDate"
    with Finder(tmp_path) as serving, Finder(tmp_path) as loading:
        loading.load_records(records[:30])
        served = TestClient(create_app(serving))
        page = served.get(asked)
        first, seen = page.headers["etag"], numbers(page)
        statistics = served.get("/api/v2/stats/size").json()["totalStudies"]
        loading.load_records(records[30:])
        while token := page.json().get("nextPageToken"):
            page = served.get(f"{asked}&pageToken={token}")
            seen += numbers(page)
        assert sorted(seen) == sorted(
            json.loads(one.body)["protocolSection"]["identificationModule"]["nctId"] for one in records[:30]
        )
        again = served.get(asked, headers={"if-none-match": first})
        assert (again.status_code, again.json()["totalCount"]) == (200, 60)
        assert (statistics, served.get("/api/v2/stats/size").json()["totalStudies"]) == (30, 60)


# -- what the data is


def test_areas_and_enumerations_are_as_recorded(client: TestClient, shared_reference: Path) -> None:
    folder = shared_reference / "ctgov-api-v2"
    enums = json.loads((folder / "studies_enums.json").read_bytes())
    assert client.get(f"{STUDIES}/enums").json() == enums
    (recorded,) = json.loads((folder / "search_areas.json").read_bytes())
    (found,) = client.get(f"{STUDIES}/search-areas").json()
    for area in found["areas"]:
        # What was recorded has only the pieces and the weights of the parts.
        area["parts"] = [{"pieces": part["pieces"], "weight": part["weight"]} for part in area["parts"]]
    # The document has no nulls: what an area lacks is left out.
    recorded["areas"] = [
        {key: one for key, one in area.items() if one is not None} for area in recorded["areas"]
    ]
    assert found == recorded


def test_fields_are_described_as_a_tree(client: TestClient) -> None:
    found = client.get(f"{STUDIES}/metadata").json()
    assert [node["name"] for node in found][:2] == ["protocolSection", "resultsSection"]
    assert found[0]["children"][0]["children"][0]["piece"] == "NCTId"
    assert len(client.get(f"{STUDIES}/metadata?includeHistoricOnly=true").content) > len(
        client.get(f"{STUDIES}/metadata").content
    )


# -- downloads


def test_a_download_holds_one_file_a_study(client: TestClient) -> None:
    answer = client.get(f"{STUDIES}/download?format=json.zip&query.cond=diabetes")
    assert answer.headers["content-type"] == "application/zip"
    packed = zipfile.ZipFile(io.BytesIO(answer.content))
    listed = numbers(client.get(f"{STUDIES}?query.cond=diabetes&pageSize=1000&fields=NCTId"))
    assert packed.namelist() == [f"{number}.json" for number in listed]
    assert json.loads(packed.read(packed.namelist()[0])) == client.get(f"{STUDIES}/{listed[0]}").json()


def test_a_download_of_everything_holds_everything(client: TestClient) -> None:
    packed = zipfile.ZipFile(io.BytesIO(client.get(f"{STUDIES}/download").content))
    total = client.get(f"{STUDIES}?countTotal=true").json()["totalCount"]
    assert len(packed.namelist()) == total
    assert packed.testzip() is None


def test_a_broken_query_is_refused_before_a_download_begins(client: TestClient) -> None:
    assert client.get(f"{STUDIES}/download?query.cond=(x").status_code == 400
    assert client.head(f"{STUDIES}/download").headers["content-type"] == "application/zip"


def test_a_search_that_is_unchanged_is_not_run_again(client: TestClient) -> None:
    first = client.get(f"{STUDIES}?query.cond=asthma")
    again = client.get(f"{STUDIES}?query.cond=asthma", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    wrong = client.get(f"{STUDIES}?colour=red", headers={"if-none-match": first.headers["etag"]})
    assert wrong.status_code == 400


def test_a_long_page_is_sent_in_parts_and_compressed(client: TestClient) -> None:
    plain = client.get(f"{STUDIES}?pageSize=200", headers={"accept-encoding": "identity"})
    assert "content-length" not in plain.headers
    packed = client.get(f"{STUDIES}?pageSize=200", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert len(plain.json()["studies"]) == 200
