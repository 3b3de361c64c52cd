"""The registry's refusals: status and text of every error that its API gives, each written once.

Comes in: what is wrong with a request. Goes out: a `starlette.exceptions.HTTPException` whose detail is the body.
Refuses nothing. The texts that the registry is known to send are byte for byte its own (recorded answers of API v2,
2026); the rest follow their pattern and are ours.
"""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

TEXT_TYPE = "text/plain; charset=UTF-8"
"""The media type of every refusal, in the registry's spelling."""


def text_response(text: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """Return a refusal as the registry sends it."""
    return Response(text.encode(), status_code=status, headers={**(headers or {}), "content-type": TEXT_TYPE})


# -- as recorded


def unknown_parameter(name: str) -> HTTPException:
    """A parameter that the registry has under no endpoint like this: `filter.phase`."""
    return HTTPException(400, f"`{name}` is unknown parameter")


def invalid_prefix(name: str) -> HTTPException:
    """A parameter of a group that this endpoint does not have: `query.cond` under `/stats/field/values`."""
    return HTTPException(400, f"Invalid prefix in parameter name: {name}")


def bad_format(name: str) -> HTTPException:
    """A value that is not written as its parameter must be."""
    return HTTPException(400, f"Parameter `{name}` has incorrect format")


def bad_item(name: str, number: int) -> HTTPException:
    """One item of a list, counted from 1, that is not written as it must be."""
    return HTTPException(400, f"Item {number} in parameter `{name}` has incorrect format")


def invalid_value(name: str, value: str) -> HTTPException:
    """A value that is not one of the words its parameter knows; the name stands without its prefix."""
    return HTTPException(400, f"Invalid value in parameter {name.rpartition('.')[2]}: {shortened(value)}")


def unsupported_sort(kind: str) -> HTTPException:
    """A field of a type that nothing can be sorted by."""
    return HTTPException(400, f"Unsupported sort field type: {kind}")


def study_not_found(number: str) -> HTTPException:
    """No study has this number, and no study had it before."""
    return HTTPException(404, f"NCT number {number} not found")


# -- in the registry's pattern


def too_many_items(name: str, most: int) -> HTTPException:
    """A list that is longer than its parameter takes."""
    return HTTPException(400, f"Parameter `{name}` must have at most {most} items")


def given_twice(name: str) -> HTTPException:
    """A parameter of one value that is given more than once: which one is meant is not known."""
    return HTTPException(400, f"Parameter `{name}` is given more than once")


def not_applicable(name: str, format_name: str) -> HTTPException:
    """A parameter that the chosen format does not have: `fields` of `fhir.json`."""
    return HTTPException(400, f"Parameter `{name}` must be unspecified for format {format_name}")


def unknown_synonym(item: str) -> HTTPException:
    """`filter.synonyms`: its ids are the library's own and cannot be had."""
    return HTTPException(
        400,
        f"Unknown synonym in parameter `filter.synonyms`: {shortened(item)}. This server has no NLM synonym ids:"
        " write the synonym itself as a query",
    )


def unusable_token() -> HTTPException:
    """A page token that this server did not give, or that it gave for another query."""
    return HTTPException(
        400,
        "Parameter `pageToken` does not belong to this query: ask for the first page again, and keep the"
        " parameters the same from page to page",
    )


def expired_token() -> HTTPException:
    """A page token of data that is no longer served."""
    return HTTPException(
        400, "Parameter `pageToken` is from data that has since been replaced: ask for the first page again"
    )


def too_long(name: str, most: int) -> HTTPException:
    """A value that is longer than this server reads."""
    return HTTPException(400, f"Parameter `{name}` is longer than {most} characters")


def address_too_long(most: int) -> HTTPException:
    """A query string that is longer than this server reads."""
    return HTTPException(414, f"The query string is longer than {most} bytes: ask for less at once")


def out_of_time(seconds: float) -> HTTPException:
    """A query that did not end in its time."""
    return HTTPException(
        503, f"The query took longer than {seconds:g} seconds: narrow it, or ask for fewer studies"
    )


def too_many_requests(wait_seconds: int) -> HTTPException:
    """More requests than the server was told to take from one address."""
    return HTTPException(
        429, "Too many requests: wait a little", headers={"retry-after": str(max(1, wait_seconds))}
    )


def shortened(value: str) -> str:
    """Return a value as an error may quote it: its first 80 characters."""
    return value if len(value) <= 80 else f"{value[:80]}…"
