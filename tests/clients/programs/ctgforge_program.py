"""What a user of `ctgforge` does: expressions built in Python, sorted, paged, counted; one study; an error."""

import json
import sys

import httpx
from ctgforge import CTG, F
from ctgforge.client.ctg_client import CTGTransportError
from ctgforge.client.httpx_client import CTGHttpxClient

client = CTG(CTGHttpxClient(client=httpx.Client(base_url=f"{sys.argv[1]}/api/v2", timeout=30)))


def number(study):
    return study["protocolSection"]["identificationModule"]["nctId"]


asked = F.condition.contains("cancer") & F.status.in_(["COMPLETED", "RECRUITING"])
phased = F.phase.in_(["PHASE2", "PHASE3"])
found = list(client.search(asked, fields=["NCTId", "LastUpdatePostDate"], limit=1000))
try:
    list(client.search(asked, sort="BriefTitle"))
    error = ""
except CTGTransportError as refused:
    error = str(refused)
print(
    json.dumps(
        {
            "found": [number(study) for study in found],
            "days": [
                study["protocolSection"]["statusModule"]["lastUpdatePostDateStruct"]["date"]
                for study in found
            ],
            "count": client.count(asked),
            "phased": client.count(phased),
            "everything": [number(study) for study in client.search(fields=["NCTId"], limit=1000)],
            "study": number(client.get(number(found[0]))),
            "error": error,
        }
    )
)
