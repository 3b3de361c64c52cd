"""A report as an e-mail, for whoever pipes it into a mailer: RFC 5322, plain text, UTF-8.

Comes in: a `Report`, addresses, a moment. Goes out: the bytes of a message; patients stand there by their opaque ids
alone. Refuses (QueryError) an address that is none. Nothing is sent.
"""

from __future__ import annotations

import textwrap
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from accrual.errors import QueryError
from accrual.plain.prose import printable
from accrual.watch.news import Report
from accrual.watch.words import report_lines, summary

SENDER: Final = "accrual@localhost"
WIDTH: Final = 78
"""Signs in a line. Source: RFC 5322, section 2.1.1."""


def write_letter(report: Report, message_id: str, moment: datetime, to: str = "") -> bytes:
    """Return a report as an e-mail.

    Arguments:
        message_id: what tells this letter from any other; letters, digits and dashes.
        moment: with its time zone.
        to: whom it is for; empty: nobody is named.

    Raises:
        QueryError: `to` is no address.
    """
    letter = EmailMessage(policy=SMTP)
    letter["From"] = Address("accrual watch", addr_spec=SENDER)
    try:
        letter["To"] = Address(addr_spec=to) if to else "undisclosed-recipients:;"
    except (MessageError, ValueError, IndexError) as error:
        raise QueryError(f"{to!r} is not an e-mail address: give one like name@example.org") from error
    letter["Date"] = format_datetime(moment)
    letter["Message-ID"] = f"<{message_id}@accrual.invalid>"
    letter["Subject"] = " ".join(printable(summary(report)).split())
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notice answers it
    letter.set_content("\n".join(_lines(report.without_names())) + "\n", cte="quoted-printable")
    return letter.as_bytes()


def _lines(report: Report) -> list[str]:
    found: list[str] = []
    for line in report_lines(report):
        if line.heading:
            found.append("")
        indent = "  " * line.depth
        found += textwrap.wrap(
            " ".join(printable(line.words).split()),
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
        )
    return found
