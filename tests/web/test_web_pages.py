"""The pages: what they say, where their links lead, what they refuse."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from accrual.errors import QueryError
from accrual.finder import Finder
from accrual.web.forms import parse_form
from accrual.web.layout import environment
from accrual.web.protection import HEADERS

SEED = "NCT04785833"
HOSTILE = "NCT90009999"
VOID = {"meta", "link", "input", "br", "img", "hr"}


class Page(HTMLParser):
    """A page's words, tags and links; fails on tags that do not close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def links(self) -> list[str]:
        return [attrs["href"] or "" for tag, attrs in self.tags if tag == "a" and "href" in attrs]


def page(client: TestClient, address: str, status: int = 200) -> Page:
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:2000]
    return Page(answer.text)


def test_the_trial_page_has_every_section_of_the_public_page_in_its_order(client: TestClient) -> None:
    text = page(client, f"/trials/{SEED}").text
    expected = (
        "CD7 CAR-T in the Treatment of CD7 Positive Refractory Relapsed Acute Leukemia|PersonGen|Status|Unknown|"
        "Conditions|T-ALL|Treatments|Drug: T cell injection|Study type|Interventional|Funder types|Industry|"
        "Identifiers|NCT04785833|PA-CART-3-17-001|Details and patient eligibility|About|Enrollment|"
        "20 estimated patients|Sex|All|Ages|12 to 65 years old|Volunteers|No Healthy Volunteers|Inclusion criteria|"
        "Age 12-65|Exclusion criteria|Uncontrolled active infection|Trial design|Primary purpose|Treatment|"
        "Allocation|N/A|Interventional model|Single Group Assignment|Masking|None (Open label)|"
        "20 participants in 1 patient group|Experimental group|Treatment:|Drug: T cell injection|"
        "Trial contacts and locations|1|Data sourced from clinicaltrials.gov|Data date"
    )
    at = text.index("Skip to the content")
    at = text.index("CD7 CAR-T", text.index("Match a patient"))
    for words in expected.split("|"):
        found = text.find(words, at)
        assert found >= 0, f"{words!r} does not follow {text[max(at - 60, 0) : at]!r}"
        at = found + len(words)


def test_each_criterion_shows_its_reading_one_click_away(client: TestClient) -> None:
    shown = page(client, f"/trials/{SEED}")
    assert shown.text.count("How this is read:") == 15
    assert re.search(r"How this is read: (fully|partly) understood", shown.text)


@pytest.mark.parametrize("spelling", ["nct04785833", "NCT4785833", "nct4785833"])
def test_other_spellings_lead_to_the_one_address(client: TestClient, spelling: str) -> None:
    for rest in ("", "/screen"):
        answer = client.get(f"/trials/{spelling}{rest}")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/trials/{SEED}{rest}"


def test_search_finds_and_links_to_the_trial(client: TestClient) -> None:
    found = page(client, "/search?text=CD7+CAR-T")
    assert f"/trials/{SEED}" in found.links()
    assert "Found in: brief title" in found.text


def test_every_filter_link_narrows_to_its_count_and_its_chip_removes_it(client: TestClient) -> None:
    start = page(client, "/search")
    total = int(re.search(r"([\d,]+) trials", start.text)[1].replace(",", ""))  # type: ignore[index]
    assert total >= 42
    for facet in ("status=RECRUITING", "phase=PHASE2", "sex=FEMALE", "funder=INDUSTRY"):
        (link,) = (link for link in start.links() if link.endswith(f"?{facet}"))
        narrowed = page(client, link)
        count = int(re.search(r"([\d,]+) trials?", narrowed.text)[1])  # type: ignore[index]
        assert 0 < count < total
        assert "Remove" in narrowed.text
        assert "/search" in narrowed.links()
        assert f" {count} " in narrowed.text


def test_filters_and_place_survive_into_links_and_form(client: TestClient) -> None:
    shown = page(client, "/search?text=cancer&near=London,+UK&within=500km&status=recruiting&sort=distance")
    hidden = [attrs for tag, attrs in shown.tags if tag == "input" and attrs.get("type") == "hidden"]
    assert [(one["name"], one["value"]) for one in hidden] == [("status", "RECRUITING")]
    assert "Within 500 km (311 mi) of London, UK" in shown.text
    for link in shown.links():
        if "phase=" in link:
            assert "text=cancer" in link
            assert "near=London" in link
            assert "status=RECRUITING" in link


def test_pages_follow_each_other_without_gap_or_repeat(client: TestClient) -> None:
    seen: list[str] = []
    address = "/search?sort=updated"
    while address:
        shown = page(client, address)
        seen += [link for link in shown.links() if link.startswith("/trials/")]
        following = [attrs["href"] for tag, attrs in shown.tags if tag == "a" and attrs.get("rel") == "next"]
        address = following[0] or "" if following else ""
    assert len(seen) == len(set(seen)) >= 42


def test_nothing_found_says_what_helps(client: TestClient) -> None:
    shown = page(client, "/search?text=qqqzzz&status=RECRUITING")
    assert "No trial matches all of this" in shown.text
    assert "search without filters" in shown.text


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/search?near=Qqzzxx", "Qqzzxx"),
        ("/search?status=sleeping", "sleeping"),
        ("/search?near=Paris&within=far", "100km or 60mi"),
        ("/search?sort=best", "best"),
        ("/search?sort=distance", "needs a place"),
    ],
)
def test_a_search_that_makes_no_sense_keeps_the_form_and_says_why(
    client: TestClient, address: str, says: str
) -> None:
    shown = page(client, address, 400)
    assert says in shown.text
    assert "What are you looking for?" in shown.text


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/trials/NCT01010101", 404, "NCT01010101"),
        ("/trials/hello", 400, "not an NCT number"),
        ("/nowhere", 404, "nothing at this address"),
        ("/static/../app.py", 404, "nothing at this address"),
        ("/search?page=99999999999", 200, "trials"),
        ("/search?page=400", 200, "Go to the first page"),
    ],
)
def test_wrong_addresses_get_a_clear_page(client: TestClient, address: str, status: int, says: str) -> None:
    assert says in page(client, address, status).text


def test_a_fault_shows_a_page_without_details(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Finder) -> None:
        raise RuntimeError("secret of a patient")

    monkeypatch.setattr(Finder, "status", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "secret" not in answer.text
    assert HEADERS.items() <= dict(answer.headers).items()


@pytest.mark.parametrize(
    "address", ["/", "/search", f"/trials/{SEED}", "/nowhere", "/static/style.css", "/api/v2/version"]
)
def test_every_answer_carries_the_security_headers(client: TestClient, address: str) -> None:
    headers = client.get(address).headers
    assert HEADERS.items() <= dict(headers).items()
    policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"  # files of ours; nothing inline, no eval
    assert "set-cookie" not in headers


@pytest.mark.parametrize(
    "address",
    [
        f"/trials/{HOSTILE}",
        "/search?text=Hostile",
        f"/trials/{HOSTILE}/screen",
        "/search?text=%3Cscript%3Ealert(1)%3C/script%3E",
    ],
)
def test_hostile_text_stays_text(client: TestClient, address: str) -> None:
    shown = page(client, address)
    names = {tag for tag, _ in shown.tags}
    assert not names & {"img", "b", "i", "iframe"}
    assert all(
        (attrs.get("src") or "").startswith("/static/") or attrs.get("type") == "application/ld+json"  # data
        for tag, attrs in shown.tags
        if tag == "script"
    )
    assert not any(name.startswith("on") or name == "style" for _, attrs in shown.tags for name in attrs)
    assert "script>" in shown.text
    assert "49" not in [word for word in shown.words if "{{" in word]


def test_no_page_asks_anything_of_another_machine(client: TestClient) -> None:
    for address in ("/", "/search", f"/trials/{SEED}", "/match"):
        for tag, attrs in page(client, address).tags:
            for name in ("src", "action", "srcset", "data"):
                assert not (attrs.get(name) or "").startswith(("http", "//")), (tag, attrs)
            if tag == "link":
                assert (attrs["href"] or "").startswith("/static/")
    style = client.get("/static/style.css").text
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize(
    "address", ["/", "/search?text=a&near=Paris", f"/trials/{SEED}", f"/trials/{SEED}/screen", "/match"]
)
def test_pages_have_landmarks_one_main_heading_and_labelled_fields(client: TestClient, address: str) -> None:
    shown = page(client, address)
    names = [tag for tag, _ in shown.tags]
    assert "nav" in names
    for landmark in ("header", "main", "footer", "h1"):
        assert names.count(landmark) == 1, landmark
    levels = [int(name[1]) for name in names if re.fullmatch(r"h[1-6]", name)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels
    labelled = {attrs.get("for") for tag, attrs in shown.tags if tag == "label"}
    ids = [attrs["id"] for _, attrs in shown.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for tag, attrs in shown.tags:
        if tag in ("input", "select", "textarea") and attrs.get("type") not in ("hidden", "checkbox"):
            assert attrs.get("id") in labelled, attrs


def test_a_patient_is_checked_from_a_file_or_pasted_text(client: TestClient, patient: bytes) -> None:
    sent = client.post(f"/trials/{SEED}/screen", files={"file": ("p.json", patient)}, data={"text": ""})
    assert sent.status_code == 200, sent.text
    shown = Page(sent.text)
    assert "Not decided yet" in shown.text
    assert "Ask: " in shown.text
    assert "not medical advice" in shown.text
    assert sent.headers["cache-control"] == "no-store"
    pasted = client.post(f"/trials/{SEED}/screen", data={"text": patient.decode()})
    assert pasted.text == sent.text


def test_a_patient_is_matched_with_all_trials(client: TestClient, patient: bytes) -> None:
    sent = client.post("/match", files={"file": ("p.json", patient)})
    assert sent.status_code == 200, sent.text
    assert f"/trials/{SEED}" in Page(sent.text).links()
    assert sent.headers["cache-control"] == "no-store"


def test_checking_a_patient_stores_nothing(client: TestClient, patient: bytes, web_home: Path) -> None:
    marked = re.sub(rb'"id":\s*"[^"]*"', b'"id": "SECRET-MARK-77"', patient, count=1)
    assert b"SECRET-MARK-77" in marked
    assert client.post(f"/trials/{SEED}/screen", data={"text": marked.decode()}).status_code == 200
    assert client.post("/match", data={"text": marked.decode()}).status_code == 200
    for path in web_home.rglob("*"):
        assert not path.is_file() or b"SECRET-MARK-77" not in path.read_bytes(), path


@pytest.mark.parametrize("text", ["", "hello", '{"resourceType": "Patient"}', "[" * 100_000, "<xml/>"])
@pytest.mark.parametrize("address", [f"/trials/{SEED}/screen", "/match"])
def test_what_is_no_patient_file_is_refused_with_the_form_again(
    client: TestClient, address: str, text: str
) -> None:
    answer = client.post(address, data={"text": text})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "Patient file" in answer.text


def test_a_body_over_the_limit_is_refused(client: TestClient) -> None:
    for address in ("/match", "/api/x/match"):
        answer = client.post(address, content=b"x" * (16 * 2**20 + 1), headers={"content-type": "text/plain"})
        assert answer.status_code == 413


def test_a_form_of_an_unknown_kind_is_refused(client: TestClient) -> None:
    assert client.post("/match", content=b"x", headers={"content-type": "text/plain"}).status_code == 400
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/match", content=b"--x\r\nbroken", headers=broken).status_code == 400


@given(value=st.binary(max_size=200).filter(lambda value: b"--edge" not in value))
def test_a_multipart_field_comes_back_byte_for_byte(value: bytes) -> None:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="p.json"\r\n\r\n'
    body = head + value + b"\r\n--edge--\r\n"
    assert parse_form("multipart/form-data; boundary=edge", body) == {"file": value}


@given(kind=st.text(max_size=60), body=st.binary(max_size=200))
def test_no_body_breaks_the_form_reader(kind: str, body: bytes) -> None:
    for header in (kind, "multipart/form-data; boundary=e", "application/x-www-form-urlencoded"):
        try:
            fields = parse_form(header.replace("\n", "").replace("\r", ""), body)
        except QueryError:
            continue
        assert all(isinstance(value, bytes) for value in fields.values())


def test_a_search_is_folded_up_but_its_chips_say_all_of_it(client: TestClient) -> None:
    shown = client.get("/search?near=London,+UK&within=500km&recruiting_sites=1&sort=distance").text
    assert (
        "<details>\n    <summary>Place, order and more" in shown
    )  # folded: the results begin on the first screen
    text = Page(shown).text
    for words in (
        "Within 500 km (311 mi) of London, UK",
        "Measured to recruiting sites",
        "Order: Nearest site",
    ):
        assert words in text
    broken = client.get("/search?near=Qqzzxx").text
    assert "<details open>\n    <summary>Place, order and more" in broken


def test_long_lists_at_the_head_of_a_trial_page_unfold() -> None:
    names = "".join(f"<div>Condition {number}</div>" for number in range(12))
    listed = environment().get_template("parts.html").module.plain_list  # type: ignore[attr-defined]
    folded = listed([f"Condition {number}" for number in range(12)], 8).replace("\n", "")
    assert "<summary>4 more</summary>" in folded
    assert re.sub(r"</?details>|<summary>.*?</summary>", "", folded) == names


def test_pages_are_sent_packed_to_who_takes_that(client: TestClient) -> None:
    packed = client.get("/search?text=cancer", headers={"accept-encoding": "gzip"})
    plain = client.get("/search?text=cancer", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) * 3 < len(plain.content)
