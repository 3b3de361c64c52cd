"""Saved searches and patients, watched: what is new, changed or gone, and whose verdict changed because of what."""
