"""What leaves the machine: feed, letter, webhook. Valid, stable, signed, and nothing of the patient in it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from watched import CRITERIA, SALT, Registry, woman

from accrual.errors import QueryError, SourceError, UpstreamError
from accrual.registry.fetch import Client, Patience
from accrual.watch.feed import ATOM, write_feed
from accrual.watch.letter import write_letter
from accrual.watch.news import Report, SearchNews, TrialNews
from accrual.watch.webhook import check_address, payload, read_secret, send_report, signed

ONE = 91000001
MOMENT = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
KEY = b"0123456789abcdef"
OF_THE_PATIENT = ("Jane", "Doe", "1960", "tamoxifen", "chart.json", "Tuebingen")
"""Words that only the patient's file and the watch file's name for him have."""


@pytest.fixture
def report(registry: Registry) -> Report:
    """A run with a new trial, and a verdict that changed for two reasons."""
    registry.publish(ONE)
    chart = woman(drugs=[{"name": "tamoxifen"}], place="Tuebingen")
    registry.file.with_name("chart.json").write_text(json.dumps(chart))
    patient = {"name": "Jane Doe", "file": "chart.json", "searches": ["breast"], "trials": [f"NCT{ONE}"]}
    other = {"name": "Jane Doe 2", "file": "gone.json", "trials": [f"NCT{ONE}"]}
    registry.plan(
        {"searches": [{"name": "breast", "condition": "breast cancer"}], "patients": [patient, other]}
    )
    registry.run()
    registry.publish(ONE, CRITERIA.replace("65", "70"), title="A <b>bold</b> & \x07title")
    registry.publish(ONE + 1)
    return registry.run()


def entry_ids(feed: bytes) -> list[str]:
    return [one.text or "" for one in etree.fromstring(feed).iterfind(f"{{{ATOM}}}entry/{{{ATOM}}}id")]


def test_nothing_that_leaves_says_anything_of_the_patient(report: Report) -> None:
    assert report.patients[0].verdicts
    for sent in (payload(report), write_feed(report, SALT, MOMENT), write_letter(report, "a", MOMENT)):
        assert b"Age up to 70 years" in sent
        assert report.patients[0].id.encode() in sent
        for word in OF_THE_PATIENT:
            assert word.encode() not in sent, word


def test_the_feed_has_what_atom_demands(report: Report) -> None:
    root = etree.fromstring(write_feed(report, SALT, MOMENT))
    for parent in (root, *root.iterfind(f"{{{ATOM}}}entry")):
        for name in ("id", "title", "updated"):
            (one,) = parent.findall(f"{{{ATOM}}}{name}")
            assert one.text
        assert parent.findtext(f"{{{ATOM}}}updated") == "2026-06-01T08:30:00Z"
    assert root.findtext(f"{{{ATOM}}}author/{{{ATOM}}}name") == "accrual"
    titles = [one.text or "" for one in root.iterfind(f"{{{ATOM}}}entry/{{{ATOM}}}title")]
    assert f"New: NCT{ONE + 1} Study {ONE + 1}" in titles
    assert f"Changed: NCT{ONE} A <b>bold</b> & title" in titles  # text, not markup; no control characters


def test_the_same_news_has_the_same_id_and_stands_once(report: Report) -> None:
    first = write_feed(report, SALT, MOMENT)
    assert write_feed(report, SALT, MOMENT) == first
    assert entry_ids(write_feed(report, SALT, MOMENT, first)) == entry_ids(first)
    assert len(set(entry_ids(first))) == len(entry_ids(first)) == 3
    assert set(entry_ids(write_feed(report, bytes(16), MOMENT))).isdisjoint(entry_ids(first))


def test_earlier_news_stays_behind_the_new(report: Report) -> None:
    trial = TrialNews("NCT91000009", "Ninth", "Recruiting", identity="ff")
    later = Report(False, "2026-06-02", "2026-06-01", "", (SearchNews("s", "1", False, 1, new=(trial,)),), ())
    both = write_feed(later, SALT, MOMENT, write_feed(report, SALT, MOMENT))
    assert len(entry_ids(both)) == 4
    assert etree.fromstring(both).findtext(f"{{{ATOM}}}entry/{{{ATOM}}}title") == "New: NCT91000009 Ninth"


@pytest.mark.parametrize(
    "there",
    [
        b"notes of mine",
        b"<html/>",
        b"",
        b'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:uuid:other</id></feed>',
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    ],
)
def test_a_file_that_is_no_feed_of_this_watch_is_not_overwritten(report: Report, there: bytes) -> None:
    with pytest.raises(SourceError, match=r"mine\.atom"):
        write_feed(report, SALT, MOMENT, there, "mine.atom")


def test_the_letter_is_a_letter(report: Report) -> None:
    data = write_letter(report, "id-1", MOMENT, "someone@example.org")
    letter = message_from_bytes(data, policy=SMTP)
    assert letter["To"] == "someone@example.org"
    assert letter["Message-ID"] == "<id-1@accrual.invalid>"
    assert letter["Date"].datetime == MOMENT
    assert letter["Subject"] == "Since 2026-06-01: 1 new, 1 changed, 1 verdict."
    assert letter.get_content_type() == "text/plain"
    assert not letter.defects
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert "Not eligible → Not decided yet" in " ".join(letter.get_content().split())


@pytest.mark.parametrize("to", ["a\nBcc: b@example.org", "no address", "@", "a@b, c@d", "<x>"])
def test_an_address_that_is_none_is_refused(report: Report, to: str) -> None:
    with pytest.raises(QueryError, match="not an e-mail address"):
        write_letter(report, "id-1", MOMENT, to)


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is posted; the first answers are those of `answers`."""

    answers: list[int]
    taken: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.answers.pop(0) if self.answers else 204)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    kind = type("Fresh", (Receiver,), {"answers": [], "taken": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook?token=s3cret", kind
        server.shutdown()
        thread.join()


def client(address: str) -> Client:
    return Client(address, Patience(rate=0, attempts=3), exact=True, sleep=lambda seconds: None)


def test_the_webhook_is_signed_with_its_time(report: Report, receiver: tuple[str, type[Receiver]]) -> None:
    address, kind = receiver
    times = iter([1_000.0, 2_000.0])
    kind.answers.append(503)
    with client(address) as sender:
        send_report(report, sender, KEY, lambda: next(times))
    (first, second) = kind.taken
    assert first[1] == second[1] == payload(report)
    assert [head["webhook-timestamp"] for head, _ in kind.taken] == ["1000", "2000"]
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    head, body = second
    told = f"{head['webhook-id']}.{head['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(KEY, told, hashlib.sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{expected}"
    assert head["content-type"] == "application/json"


@pytest.mark.parametrize("status", [301, 400, 404])
def test_a_receiver_that_refuses_or_sends_elsewhere_is_an_error(
    report: Report, receiver: tuple[str, type[Receiver]], status: int
) -> None:
    address, kind = receiver
    kind.answers += [status] * 9
    with client(address) as sender, pytest.raises(UpstreamError, match=str(status)) as caught:
        send_report(report, sender, KEY, lambda: 0.0)
    assert len(kind.taken) == 1
    assert "s3cret" not in str(caught.value)


def test_nobody_there_is_an_error_after_some_attempts(report: Report) -> None:
    with client("http://127.0.0.1:9/hook") as sender, pytest.raises(UpstreamError, match="tried 3 times"):
        send_report(report, sender, KEY, lambda: 0.0)


def test_another_secret_signs_otherwise() -> None:
    one, other = signed(b"{}", "m", 1, KEY), signed(b"{}", "m", 1, KEY[::-1])
    assert one["webhook-signature"] != other["webhook-signature"]


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.org",
        "example.org",
        "http://example.org/hook",
        "https://u:p@example.org",
        "https://",
        "https://a b",
        "",
    ],
)
def test_an_address_that_would_tell_others_is_refused(address: str) -> None:
    with pytest.raises(QueryError, match="--webhook"):
        check_address(address)


@pytest.mark.parametrize(
    "address", ["https://example.org/hook?x=1", "http://127.0.0.1:8000/", "http://[::1]:80/h"]
)
def test_an_encrypted_address_or_this_machine_is_taken(address: str) -> None:
    assert check_address(address) == address


def test_a_secret_is_read_without_its_line_end(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(KEY + b"\n")
    assert read_secret(path) == KEY
    path.write_bytes(b"whsec_" + base64.b64encode(KEY))
    assert read_secret(path) == KEY
    for bad in (b"short", b"whsec_!!", b""):
        path.write_bytes(bad)
        with pytest.raises(SourceError, match="secret"):
            read_secret(path)
    with pytest.raises(SourceError):
        read_secret(tmp_path / "none")
