"""The JSON API beside the web pages: thin routes over the facade, in the shapes of docs/json.md.

Comes in: HTTP requests. Goes out: JSON. Refuses: bodies over the limit (413), broken input (400), unknown studies
(404), each as `{"error": "..."}`. Nothing a visitor sends is stored or logged.
"""
