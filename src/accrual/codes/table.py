"""The one reader of accrual's own tables: tab-separated text with a header row, one thing a row.

Comes in: the name of a table in `codes/data` and the columns it must have. Goes out: its rows as plain strings.
Refuses (VocabularyError): another header, a row of the wrong width, an empty or repeated id, rows out of order (the
last two not where a table's own order says something).

Lines that start with `#` are comments. A cell that holds a list separates its items with ` | `.
"""

from __future__ import annotations

from pathlib import Path

from accrual.errors import VocabularyError

DATA = Path(__file__).parent / "data"
ITEM_SEPARATOR = "|"
CONCEPT_COLUMNS = ("id", "kind", "name", "parents", "synonyms", "codes", "source")
"""The columns of `concepts.tsv`, and of a user's own table of that form."""


def read_table(name: str, columns: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    """Return the rows of `codes/data/<name>`, each a mapping from column to cell; `columns[0]` is the key.

    Raises:
        VocabularyError: the table breaks a rule named in this module's docstring.
    """
    return read_rows(DATA / name, columns)


def read_rows(path: Path, columns: tuple[str, ...], keyed: bool = True) -> tuple[dict[str, str], ...]:
    """Return the rows of the table at `path`; see `read_table`.

    Args:
        keyed: False for a table whose order says something: the first column may repeat, and is not sorted.

    Raises:
        VocabularyError: the table breaks a rule named in this module's docstring.
    """
    name = path.name
    rows: list[dict[str, str]] = []
    header: list[str] = []
    before = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if not header:
            header = cells
            if tuple(header) != columns:
                raise VocabularyError(f"{name} line {number}: the header must be {', '.join(columns)}")
            continue
        if len(cells) != len(columns):
            raise VocabularyError(f"{name} line {number}: {len(cells)} cells, must be {len(columns)}")
        if not cells[0] or (keyed and cells[0] <= before):
            raise VocabularyError(
                f"{name} line {number}: {cells[0]!r} after {before!r}; sort the keys, each once"
            )
        before = cells[0]
        rows.append(dict(zip(columns, cells, strict=True)))
    return tuple(rows)


def items(cell: str) -> tuple[str, ...]:
    """Return the items of a list cell: `"hgb | hb"` gives `("hgb", "hb")`, an empty cell nothing."""
    return tuple(item.strip() for item in cell.split(ITEM_SEPARATOR)) if cell else ()


def number(cell: str, where: str) -> float | None:
    """Return the number in a cell, None for an empty one.

    Raises:
        VocabularyError: the cell is neither.
    """
    if not cell:
        return None
    try:
        return float(cell)
    except ValueError:
        raise VocabularyError(f"{where}: {cell!r} is not a number") from None
