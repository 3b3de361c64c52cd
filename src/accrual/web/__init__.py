"""The web pages: search, results, one trial, and a patient checked against one trial or all.

Comes in: HTTP requests. Goes out: HTML that works without JavaScript and asks nothing of other machines. Refuses:
bodies over the limit, broken input, unknown pages, each with a page that says what to do. Patient files are read
once, in memory; nothing is stored or logged.
"""
