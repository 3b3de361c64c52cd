"""What a page carries in the hidden fields of its forms."""

from __future__ import annotations

import html
import re

_FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def hidden(form: str) -> dict[str, str]:
    """Return the hidden fields of the form that a part of a page begins in or before."""
    return {name: html.unescape(value) for name, value in _FIELD.findall(form.split("</form>")[0])}


def hidden_of_question(page: str) -> dict[str, str]:
    """Return the hidden fields of the question's form, or of the list of answers where nothing is asked."""
    parts = page.split('aria-labelledby="question"')
    return hidden(parts[1] if len(parts) > 1 else page.split("<aside")[1])


def held(page: str) -> str:
    """Return the sealed field that a page carries."""
    return hidden(page[page.index('name="held"') - len('<input type="hidden" ') :])["held"]
