"""Plain words for people: what every face says of a trial, a screening, a site, and how it reads a search.

Comes in: typed records, verdicts and search words. Goes out: frozen views in plain English that the command line
and the web pages lay out, so that both say the same. Refuses: words that mean no filter or distance (QueryError).
"""
