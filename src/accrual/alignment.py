"""Two lists laid side by side: which item of the one is which of the other; two texts: which words differ.

Comes in: two sequences, ways to know an item again from the surest to the weakest, and at last its words; or two texts.
Goes out: pairs of places, where an item that has no partner stands alone; the words that differ. Refuses nothing:
lists too long to be compared word by word are paired by their keys alone. The order of a list never counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from difflib import SequenceMatcher
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")
Key: TypeAlias = Callable[[T], Hashable]
Pair: TypeAlias = tuple[int | None, int | None]
"""Places in the first and in the second list; None: it is in one of them alone."""

ALIKE: Final = 0.5
"""The share of words that two items have in common from which on one is taken for the other, changed. Set by hand."""
MOST_COMPARED: Final = 40_000
"""Pairs of items compared word by word: a tenth of a second. Set by hand."""

AROUND: Final = 3
"""Words shown on either side of those that changed, set by hand."""
MOST_WORDS: Final = 800
"""Words of a text that are compared one by one: longer ones are shown whole. Set by hand."""
MOSTLY: Final = 0.6
"""The share of changed words from which on a text is shown whole: pieces of it would say nothing. Set by hand."""

_WORD = re.compile(r"\w+|[<>=≤≥]+")


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: letters and digits, without case.

    Example:
        >>> words_of("ECOG ≤ 1.")
        ['ecog', '≤', '1']
    """
    return _WORD.findall(text.casefold())


def likeness(first: Counter[str], second: Counter[str]) -> float:
    """Return the share of words two texts have in common: 1 for the same words, 0 for none (Dice's coefficient).

    Example:
        >>> likeness(Counter(["age", "65"]), Counter(["age", "70"]))
        0.5
    """
    total = first.total() + second.total()
    return 2 * (first & second).total() / total if total else 0.0


def align(
    before: Sequence[T],
    after: Sequence[T],
    keys: Sequence[Key[T]],
    words: Callable[[T], str] | None = None,
    may_be: Callable[[T, T], bool] | None = None,
) -> list[Pair]:
    """Return which item is which: pairs in the order of the second list, then what is gone.

    Arguments:
        keys: tried one after the other; equal keys are one item, several of the same in their order. A key that is
            None says nothing.
        words: the words by which items that no key paired are compared; without it they stay alone.
        may_be: whether an item may have become another; asked of what the words alone would pair.

    Example:
        >>> align(["a", "b"], ["b", "c"], [str])
        [(1, 0), (None, 1), (0, None)]
    """
    partner: dict[int, int] = {}  # place in `after` → place in `before`
    free = dict.fromkeys(range(len(before)))
    for key in keys:
        held: dict[Hashable, list[int]] = {}
        for at in free:
            if (found := key(before[at])) is not None:
                held.setdefault(found, []).append(at)
        for to, item in enumerate(after):
            if to not in partner and (same := held.get(key(item))):
                partner[to] = same.pop(0)
                del free[partner[to]]
    if words is not None:
        _pair_alike(before, after, words, may_be, partner, free)
    pairs: list[Pair] = [(partner.get(to), to) for to in range(len(after))]
    return pairs + [(at, None) for at in free]


def _pair_alike(
    before: Sequence[T],
    after: Sequence[T],
    words: Callable[[T], str],
    may_be: Callable[[T, T], bool] | None,
    partner: dict[int, int],
    free: dict[int, None],
) -> None:
    """Pair what is left by its words, the likest first; of equals those that stand nearest to each other."""
    fresh = [to for to in range(len(after)) if to not in partner]
    if not fresh or not free or len(fresh) * len(free) > MOST_COMPARED:
        return
    old = {at: Counter(words_of(words(before[at]))) for at in free}
    new = {to: Counter(words_of(words(after[to]))) for to in fresh}
    ranked = sorted(
        (-share, abs(at - to), at, to)
        for at in old
        for to in new
        if (share := likeness(old[at], new[to])) >= ALIKE
        and (may_be is None or may_be(before[at], after[to]))
    )
    for _, _, at, to in ranked:
        if at in free and to not in partner:
            partner[to] = at
            del free[at]


def changed_words(before: str, after: str) -> tuple[str, str]:
    """Return the words of two texts that differ, each with a few around them; "…" stands for what is the same.

    Example:
        >>> changed_words("a b c d e f 65 g h i j k", "a b c d e f 70 g h i j k")
        ('… d e f 65 g h i …', '… d e f 70 g h i …')
    """
    first, second = before.split(), after.split()
    if max(len(first), len(second)) > MOST_WORDS:
        return " ".join(first), " ".join(second)
    folded = [word.casefold() for word in first], [word.casefold() for word in second]
    runs = [run for run in SequenceMatcher(None, *folded, autojunk=False).get_opcodes() if run[0] != "equal"]
    told = [
        _shown(first, [run[1:3] for run in runs]),
        _shown(second, [run[3:5] for run in runs]),
    ]
    return told[0], told[1]


def _shown(words: list[str], runs: list[tuple[int, int]]) -> str:
    """Return the runs of words, each with those around it."""
    if sum(end - start for start, end in runs) >= MOSTLY * len(words):
        return " ".join(words)
    parts: list[list[int]] = []
    for start, end in runs:
        low, high = max(start - AROUND, 0), min(end + AROUND, len(words))
        if parts and low <= parts[-1][1] + 1:
            parts[-1][1] = high
        else:
            parts.append([low, high])
    shown = " … ".join(" ".join(words[low:high]) for low, high in parts)
    if not parts:
        return " ".join(words)
    opening = "… " if parts[0][0] > 0 else ""
    return opening + shown + (" …" if parts[-1][1] < len(words) else "")
