"""The page for coordinators: what the tools are, and where the data goes.

Comes in: nothing. Goes out: a page.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from accrual.web.caseload import MOST as MOST_PATIENTS
from accrual.web.comparison import MOST
from accrual.web.layout import render
from accrual.web.matrix import TOP


class CoordinatorPages:
    """The page that leads to the tools."""

    async def start(self, request: Request) -> Response:
        """Show what the tools do."""
        return render("coordinators.html", top=TOP, most_compared=MOST, most_patients=MOST_PATIENTS)
