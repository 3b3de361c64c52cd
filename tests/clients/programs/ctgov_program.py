"""What a user of `ctgov` does: pages to the end, counts, one study, an error."""

import json
import sys

import ctgov.client
from ctgov.client import Client, CTGovError

ctgov.client.BASE_URL = f"{sys.argv[1]}/api/v2/"
client = Client(delay=0, retries=2)


def number(study):
    return study["protocolSection"]["identificationModule"]["nctId"]


everything = [number(study) for study in client.iter_studies(fields=["NCTId"], page_size=37)]
found = [number(study) for study in client.studies("cancer", fields=["NCTId"])]
try:
    client.studies("AREA[X]y")
    error = ""
except CTGovError as refused:
    error = str(refused)
print(
    json.dumps(
        {
            "version": client.version(),
            "everything": everything,
            "found": found,
            "count": client.count("cancer"),
            "filtered": client.count(filters={"overallStatus": "COMPLETED"}),
            "study": number(client.study(found[0])),
            "error": error,
        }
    )
)
