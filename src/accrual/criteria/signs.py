"""Look-alike signs made plain, before a text is cut into lexemes.

Comes in: a text as the registry has it. Goes out: one of the same length, so that every offset stays true: markdown
escapes are blank, line ends are spaces; dashes, quotes, brackets and comparators are ASCII's or those that the tables
have. Refuses nothing.
"""

from __future__ import annotations

import re

# One character for one, so that offsets stay true: the registry's markdown escapes and look-alike signs.
_SAME_LENGTH = str.maketrans(
    {
        **dict.fromkeys("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", " "),  # numbers of items run together
        **dict.fromkeys("\n\r\t\f\v\u00a0\u2002\u2003\u2009\u202f\u200b\ufeff", " "),
        **dict.fromkeys("‐‑‒–—−－", "-"),
        **dict.fromkeys("’‘ʼ´`", "'"),
        **dict.fromkeys("“”„", '"'),
        **dict(zip("（），；：＜＞＝％．［］＋≧≦⩾⩽﹥﹤》《〉〈˃˂", "(),;:<>=%.[]+≥≤≥≤><><><><", strict=True)),
        "。": ".",
        "、": ",",
        "_": " ",
        "µ": "u",
        "μ": "u",
    }
)
_RARE = re.compile(f"[{re.escape(''.join(chr(sign) for sign in _SAME_LENGTH if sign > 127))}]")
# What a symbol font leaves of "≥" and "≤" that were copied as text: "LVEF ³ 50%"; "10³ cells" is none.
_LOST_SIGN = re.compile(r"(?<![\w)/^*])[³£](?= ?\d)")
_ESCAPE = re.compile(r"\\(?=[\\`*_{}\[\]()#+\-.!<>~^|=&$])")


def plain(text: str) -> str:
    """Return `text` with markdown escapes, line ends and look-alike signs made plain; every offset stays true.

    Example:
        >>> plain("Age \\\\>= 18")
        'Age  >= 18'
    """
    if "\\" in text:
        text = _ESCAPE.sub(" ", text)
    if not text.isascii():
        if "³" in text or "£" in text:
            text = _LOST_SIGN.sub(lambda found: "≥" if found.group() == "³" else "≤", text)
        if _RARE.search(text):
            return text.translate(_SAME_LENGTH)
    # The same, ten times as fast, where only the plain signs of the table can stand.
    text = text.replace("\n", " ").replace("_", " ").replace("\r", " ").replace("\t", " ").replace("`", "'")
    return text.replace("\f", " ").replace("\v", " ")
