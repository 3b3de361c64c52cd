"""Statistics of the records as the registry's API gives them: sizes of studies, values and sizes of fields.

Comes in: a `Finder`, and what was asked. Goes out: answers. Refuses, as HTTPException 404 with the registry's text, a
field that no record has or that there are no statistics of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.exceptions import HTTPException

from accrual.api.endpoint import Answer, Asked
from accrual.errors import UnknownFieldError
from accrual.finder import Finder


def study_sizes(finder: Finder, asked: Asked) -> Answer:
    """Answer `/stats/size`."""
    return Answer(msgspec.json.encode(finder.figures.study_sizes()))


def field_values(finder: Finder, asked: Asked) -> Answer:
    """Answer `/stats/field/values`."""
    types, fields = asked.arguments.items("types"), asked.arguments.items("fields")
    return _found(lambda: finder.figures.values(types, fields))


def field_sizes(finder: Finder, asked: Asked) -> Answer:
    """Answer `/stats/field/sizes`."""
    fields = asked.arguments.items("fields")
    return _found(lambda: finder.figures.sizes(fields))


def _found(read: Callable[[], list[dict[str, Any]]]) -> Answer:
    try:
        return Answer(msgspec.json.encode(read()))
    except UnknownFieldError as error:
        raise HTTPException(404, str(error)) from error
