"""Several criteria in one line: where to cut it, and which part is the lead-in of the others.

Comes in: the words of one line, its breaks joined. Goes out: where it is cut. Refuses a cut that nothing in the words
asks for: the line stays whole.

The records that the National Cancer Institute's PDQ wrote run their criteria together with no mark between them:
"Age: 18 and over Performance status: ECOG 0-2 Hematopoietic: WBC at least 4,000/mm3 Platelet count at least …". They
are cut at their fixed headings, and before the words with which such a criterion begins.
"""

from __future__ import annotations

import re

import msgspec

from accrual.criteria.words import word_set

MAX_PARAGRAPH = 20_000  # characters; a longer one is no criteria text


MAX_LEAD = 220  # characters


class Cut(msgspec.Struct, frozen=True):
    """One part of a line: `words[start:end]`; `below` says that the first part is its lead-in."""

    start: int
    end: int
    below: bool = False


_PDQ = re.compile(
    r"(?:DISEASE|PATIENT)\s+CHARACTERISTICS\s*:|PRIOR\s+CONCURRENT\s+THERAPY\s*:|-?Disease Characteristics--"
)
_PDQ_HEADING = re.compile(
    r"(?:(?<=\s)|^)(?:(?:DISEASE|PATIENT)\s+CHARACTERISTICS|PRIOR\s+CONCURRENT\s+THERAPY|Menopausal\s+status|"
    r"Hormone\s+receptor\s+status|Hematopoietic|Hepatic|Renal|Cardiovascular|Pulmonary|Immunologic|Neurologic|Other|"
    r"Biologic\s+therapy|Chemotherapy|Endocrine\s+therapy|Radiotherapy|Surgery):\s+"
)
# These stay with what follows, which says nothing without them.
_PDQ_NAME = re.compile(r"(?<=\s)(?:Age|Sex|Performance\s+status|Life\s+expectancy):\s")
_OPENER = re.compile(
    r"(?<=\s)(?:(?:No(?:t|ne)?|At\s+least|More\s+than|Less\s+than|Must|Able|Adequate|Negative|Fertile|Recovered|Ineligible|"
    r"Measurable|Bidimensionally|Concurrent|Prior|Patients|Neither|Willing)\s+(?=[a-z\d]|CNS|HIV|AIDS|DVT|GI|CHF)|"
    r"(?:WBC|ANC|AGC|BUN|AST|ALT|SGOT|SGPT|LVEF|FEV1|DLCO|GFR|PT|PTT|Absolute\s+\w+\s+count|Platelet\s+count|Platelets|"
    r"Hemoglobin|Hematocrit|Bilirubin|Creatinine(?:\s+clearance)?|Alkaline\s+phosphatase|Calcium|Albumin|"
    r"Granulocyte\s+count|Neutrophil\s+count|Lymphocyte\s+count|Karnofsky|Lansky|Zubrod|ECOG|WHO|SWOG)\s+"
    r"(?=at\s+least|no\s+(?:greater|more|less)|less\s+than|greater\s+than|more\s+than|normal|[\d<>≤≥=]))"
)
# After these words nothing begins.
_OPEN_ENDED = word_set(
    "no not and or of in with to for by if than a an the prior concurrent from on per is are as known active either at "
    "least except unless other any who has have had be must without after before during and/or + e.g. i.e. when only "
    "both such that which including between since within"
)


def cuts_of(words: str, bulleted: bool, bullet: bool) -> list[Cut]:
    """Return the parts of a line; one, if nothing says to cut it.

    Args:
        words: the line without its bullet.
        bulleted: some line of its section has a bullet, so that a paragraph is one criterion.
        bullet: this line has one.
    """
    if len(words) > MAX_PARAGRAPH:
        return [Cut(0, len(words))]
    if not bullet and _PDQ.search(words) is not None:
        return _pieces(words, _pdq(words))
    listed = _listed(words)
    if listed is not None:
        return listed
    if bullet:
        return [Cut(0, len(words))]
    run = _numbered(words)
    if run:
        return _pieces(words, run)
    return [Cut(0, len(words))] if bulleted else _pieces(words, _sentences(words))


def _pieces(words: str, cuts: list[tuple[int, int]]) -> list[Cut]:
    found: list[Cut] = []
    start = 0
    for at, to in [*cuts, (len(words), len(words))]:
        raw = words[start:at]
        first = start + len(raw) - len(raw.lstrip())
        last = first + len(raw.strip())
        mark = _OWN_MARK.match(words, first, last) if start > 0 else None  # "…; ii) B"
        first = mark.end() if mark is not None else first
        if last > first:
            found.append(Cut(first, last))
        start = to
    return found


def _pdq(words: str) -> list[tuple[int, int]]:
    cuts: set[int] = set()
    for found in _PDQ_HEADING.finditer(words):
        cuts.update((found.start(), found.end()))
    cuts.update(found.start() for found in _PDQ_NAME.finditer(words))
    cuts.update(found.start() for found in _OPENER.finditer(words) if _begins(words, found.start()))
    return [(at, at) for at in sorted(cuts) if at > 0]


def _begins(words: str, at: int) -> bool:
    before = words[max(0, at - 40) : at].split()
    return not before or (
        before[-1].lower() not in _OPEN_ENDED
        and before[-1][-1] not in ",:;(/-"
        and not _inside_bracket(words, at)
    )


_SENTENCE = re.compile(r"(?<=[a-z0-9)%])\.\s+(?=[A-Z≥≤<>0-9])|;\s*(?=\S)")
_INLINE = re.compile(r"(?:(?<=\s)|(?<=;)|(?<=\.))\(?(\d{1,2})[.)]\s+(?=\S)")
_MARKS = re.compile(
    r"(?:(?<=\s)|(?<=[;,]))(?:\((?P<a>\d|[a-j]|[ivx]{1,4})\)|(?P<b>\d|[a-j]|[ivx]{1,4})[.)])\s+(?=\S)"
)
_FIRST = re.compile(r"\(?(a|i)\)\s+(?=\S)")
_OWN_MARK = re.compile(r"\(?(?:[ivx]{1,4}|[a-h]|\d{1,2})\)\s+(?=\S)")
_ORDERS = (
    tuple("123456789"),
    tuple("abcdefghij"),
    ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"),
)


def _listed(words: str) -> list[Cut] | None:
    """ "One of the following: 1) A 2) B": the lead-in with its colon, and what is listed below it."""
    colon = words.find(":")
    if colon < 0:
        return None
    marks = [
        (found.group("a") or found.group("b"), found.start(), found.end()) for found in _MARKS.finditer(words)
    ]
    if len(marks) < 2:
        return None
    for order in _ORDERS:
        run: list[tuple[int, int]] = []
        for name, at, to in marks:
            if len(run) < len(order) and name == order[len(run)] and not _inside_bracket(words, at):
                if not run and not _is_lead(words[:at]):
                    break
                run.append((at, to))
        if len(run) >= 2:
            parts = _pieces(words, run)
            return [parts[0], *(Cut(part.start, part.end, True) for part in parts[1:])]
    return None


def _is_lead(words: str) -> bool:
    """Say whether what stands before a list in a line is its lead-in and nothing more."""
    return words.rstrip().endswith(":") and len(words) <= MAX_LEAD and _SENTENCE.search(words) is None


def _numbered(words: str) -> list[tuple[int, int]]:
    """A paragraph with numbers: "1) A 2) B", "A 2. B 3. C" with the first taken off as its bullet."""
    wanted = 2 if re.match(r"\(?1[.)]\s", words) is not None else 1
    run: list[tuple[int, int]] = []
    for found in _INLINE.finditer(words):
        if int(found.group(1)) == wanted:
            run.append(found.span())
            wanted += 1
    return run if len(run) >= 2 else _lettered(words)


def _lettered(words: str) -> list[tuple[int, int]]:
    """A paragraph that begins with the first of its marks: "i) A; ii) B iii) C"."""
    first = _FIRST.match(words)
    if first is None:
        return []
    for order in _ORDERS[1:]:
        run = [first.span()] if first.group(1) == order[0] else []
        for found in _MARKS.finditer(words) if run else ():
            name = found.group("a") or found.group("b")
            if (
                len(run) < len(order)
                and name == order[len(run)]
                and not _inside_bracket(words, found.start())
            ):
                run.append(found.span())
        if len(run) >= 2:
            return run
    return []


def _sentences(words: str) -> list[tuple[int, int]]:
    marks = list(_SENTENCE.finditer(words))
    semicolons = [found.span() for found in marks if found.group()[0] == ";"]
    stops = [(found.start() + 1, found.end()) for found in marks if found.group()[0] == "."]
    cuts = semicolons if semicolons else stops if len(stops) >= 2 else []
    return [] if any(_inside_bracket(words, at) for at, _ in cuts[:50]) else cuts


def _inside_bracket(words: str, at: int) -> bool:
    before = words[max(0, at - 300) : at]
    return before.count("(") > before.count(")")
