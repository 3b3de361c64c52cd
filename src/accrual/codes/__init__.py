"""Names to codes: variables, units, concepts and qualifiers, each a row of a table in `codes/data`.

Comes in: words as criteria and charts write them. Goes out: ids, canonical UCUM units, is-a families. Refuses:
nothing at import; a table that breaks its own rules is a VocabularyError at first use.
"""

from __future__ import annotations
