"""What every output of the virtual trial says of itself: one sentence, defined once.

Comes in: nothing. Goes out: the notice. Refuses: nothing.
"""

from __future__ import annotations

from typing import Final

NOTICE: Final = (
    "This explores the design of a trial with published models and stated assumptions. "
    "It does not predict what any product does, and it is not medical advice."
)
"""On every report, table, file and page that shows a simulated figure."""
