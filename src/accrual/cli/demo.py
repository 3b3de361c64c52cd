"""`accrual demo`: the embedded demo registry, one patient screened and matched, then the web pages."""

from __future__ import annotations

from typing import Annotated

import typer

from accrual.cli.options import Home, Json, Top
from accrual.cli.output import text, write, write_json, write_text
from accrual.cli.serve import Host, Port, listening_socket, serve_finder
from accrual.cli.session import home_of
from accrual.errors import QueryError

SEED_TRIAL = "NCT04785833"
FOLDER = "demo"


def demo(
    context: typer.Context,
    patient: Annotated[
        str, typer.Option("--patient", metavar="NAME", help="Which demo patient. [default: the first]")
    ] = "",
    top: Top = 10,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the web pages afterwards.")] = True,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    home: Home = None,
    json: Json = False,
) -> None:
    """Try everything on made-up studies.

    Loads the embedded demo registry into HOME/demo, screens and matches a demo patient, then serves.
    """
    from accrual.demo import DEFAULT_PATIENT, DEMO_TODAY, demo_patients
    from accrual.finder import Finder

    patients = demo_patients()
    name = patient or DEFAULT_PATIENT
    if name not in patients:
        raise QueryError(f"{name!r} is not a demo patient: choose one of {', '.join(patients)}")
    # Before anything is loaded: who asked for a port that is taken learns it at once.
    listener = listening_socket(host, port) if serve else None
    # A folder of its own: made-up studies must never mix with a real registry.
    folder = home_of(context, home) / FOLDER
    with Finder.demo(folder) as finder:
        person = finder.read_patient(patients[name])
        screening = finder.screen(SEED_TRIAL, person, DEMO_TODAY)
        matches = finder.match(person, DEMO_TODAY, top=top)
        if json:
            write_json({"screening": screening, "matches": matches})
        else:
            from accrual.cli.layout import match_layout, screening_layout

            write(*screening_layout(screening, person, finder.show(SEED_TRIAL).title, DEMO_TODAY))
            write(text(""), *match_layout(matches, person, DEMO_TODAY))
            write_text(f"\nThe demo registry is in {folder}: use it with `accrual --home {folder} find …`\n")
        if listener is not None:
            serve_finder(finder, listener)
