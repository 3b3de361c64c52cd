"""Sentences of ours that a face can say in its own language.

Comes in: a pattern in English with named holes, and what stands in them. Goes out: a `Message`: the English sentence,
as any other text, which still knows what it was made of; and `Original`: English words that no page of ours wrote.
Refuses: a pattern with a hole that nothing fills (KeyError).

The rooms below the faces write English and know of no other language. A face that has one (`accrual.web.speech`) looks
the pattern up, puts its holes in the order of its own grammar, and says what stands in them the same way. So a sentence
is one pattern, never a row of pieces whose order only English has. `python -m tests.web.catalogs` collects the patterns
of `message(…)` and `counted(…)`.

A Message is no text for JSON (msgspec refuses it): it is made where words are laid out, in `plain` and `labels`, never
in what is stored or sent as data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Self

_NONE: Mapping[str, object] = MappingProxyType({})


class Original(str):
    """English words that stay as they are: of a record, or a name that has no other."""

    __slots__ = ()


class Message(str):
    """An English sentence, with the pattern and the values that it was made of."""

    __slots__ = ("capital", "context", "many", "number", "pattern", "values")
    pattern: str
    values: Mapping[str, object]
    context: str
    """What kind of thing the words name, where the words alone do not say it: "status", "country"."""
    many: str
    """The pattern for several things; empty: nothing is counted."""
    number: int
    capital: bool
    """Whether it opens a sentence: its first letter is a capital, in every language."""

    def __new__(
        cls,
        pattern: str,
        values: Mapping[str, object] = _NONE,
        context: str = "",
        *,
        many: str = "",
        number: int = 0,
        capital: bool = False,
        text: str | None = None,
    ) -> Self:
        """Make a sentence; `text` is its English where that is not simply the pattern filled in."""
        if text is None:
            chosen = many if many and number != 1 else pattern
            text = chosen % {name: _english(value) for name, value in values.items()} if values else chosen
        self = super().__new__(cls, opened(text) if capital else text)
        self.pattern, self.values, self.context = pattern, values, context
        self.many, self.number, self.capital = many, number, capital
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[object, ...], dict[str, object]]:
        """Copies and other processes get the same."""
        made = (self.pattern, dict(self.values), self.context)
        rest = {"many": self.many, "number": self.number, "capital": self.capital, "text": str(self)}
        return made, rest

    def __getstate__(self) -> None:
        """Nothing beside what it was made of."""


class Joined(Message):
    """Several messages after each other; its pattern is what stands between them."""

    __slots__ = ("parts",)
    parts: tuple[str, ...]

    def __new__(cls, joint: str, parts: Iterable[str], text: str | None = None) -> Self:
        """Join them; `text` is the English where it is not simply that."""
        kept = tuple(parts)
        self = super().__new__(cls, joint, text=joint.join(kept) if text is None else text)
        self.parts = kept
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[object, ...], dict[str, object]]:
        """Copies and other processes get the same."""
        return (self.pattern, self.parts, str(self)), {}


def message(pattern: str, **values: object) -> Message:
    """Return a sentence of ours; values that are Messages are said in the same language.

    Example:
        >>> message("Not understood: “%(quote)s”", quote=Original("any frobbing"))
        'Not understood: “any frobbing”'
    """
    return Message(pattern, values)


def counted(one: str, many: str, count: int, **values: object) -> Message:
    """Return a sentence that counts; `%(count)s` is the number.

    Example:
        >>> counted("%(count)s site", "%(count)s sites", 1_200)
        '1,200 sites'
    """
    return Message(one, {"count": count, **values}, many=many, number=count)


def error_words(error: Exception) -> str:
    """Return what an error says: the Message it was raised with, else its English.

    Example:
        >>> type(error_words(ValueError(message("write whole years")))).__name__
        'Message'
    """
    said = error.args[0] if len(error.args) == 1 else None
    return said if isinstance(said, Message) else Original(error)


def word(text: str, context: str = "") -> Message:
    """Return a word out of one of our tables.

    Example:
        >>> word("Recruiting", "status").context
        'status'
    """
    return Message(text, context=context)


def opening(words: str) -> str:
    """Return words that open a sentence, with a capital.

    Example:
        >>> opening(message("up to %(years)s years old", years=17))
        'Up to 17 years old'
    """
    if not isinstance(words, Message) or isinstance(words, Joined):
        return opened(words)
    return Message(
        words.pattern,
        words.values,
        words.context,
        many=words.many,
        number=words.number,
        capital=True,
        text=str(words),
    )


def opened(text: str) -> str:
    """Return a text with its first letter a capital."""
    return text[:1].upper() + text[1:]


def joined(joint: str, parts: Iterable[str]) -> str:
    """Return several after each other. Signs between them are the same everywhere; " or " is looked up as a word.

    Example:
        >>> joined(", ", [word("Phase 1", "phase"), word("Phase 2", "phase")])
        'Phase 1, Phase 2'
    """
    kept = tuple(part for part in parts if part)
    return kept[0] if len(kept) == 1 else Joined(joint, kept)


def _english(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
