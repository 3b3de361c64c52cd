"""What a user of `clinical-trials-gov` does: by condition and place, by words, one study, an error."""

import json
import sys
from urllib.error import HTTPError

from clinical_trials_gov import ClinicalTrialsClient

client = ClinicalTrialsClient(base_url=f"{sys.argv[1]}/api/v2/studies")


def numbers(page):
    return [study["protocolSection"]["identificationModule"]["nctId"] for study in page["studies"]]


found = client.fetch_trials(condition="cancer", location="United States", status="COMPLETED", page_size=50)
words = client.search("cancer", status="COMPLETED", page_size=100)
try:
    client.get_study("NCT99999999")
    error = ""
except HTTPError as refused:
    error = f"{refused.code} {refused.read().decode()}"
print(
    json.dumps(
        {
            "found": numbers(found),
            "words": numbers(words),
            "study": client.get_study(numbers(words)[0]),
            "error": error,
        }
    )
)
