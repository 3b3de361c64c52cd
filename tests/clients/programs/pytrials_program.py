"""What a user of `pytrials-v2` does: typed searches, one study, errors."""

import json
import sys

from pytrials import ClinicalTrials, CTGError, NotFoundError

trials = ClinicalTrials(base_url=f"{sys.argv[1]}/api/v2")
page = trials.studies.search(condition="cancer", status=["COMPLETED", "RECRUITING"], page_size=5)
phases = trials.studies.search(phase=["2", "3"], page_size=200, sort="LastUpdatePostDate:desc")
following = trials.studies.search(
    condition="cancer", status=["COMPLETED", "RECRUITING"], page_size=5, pageToken=page.next_page_token
)
errors = []
for call in (
    lambda: trials.studies.get("NCT99999999"),
    lambda: trials.studies.search(sort="BriefTitle"),
):
    try:
        call()
    except NotFoundError as missing:
        errors.append(["missing", str(missing)])
    except CTGError as refused:
        errors.append(["refused", str(refused)])
print(
    json.dumps(
        {
            "page": [study.nct_id for study in page.studies],
            "total": page.total_count,
            "following": [study.nct_id for study in following.studies],
            "phases": phases.total_count,
            "study": trials.studies.get(page.studies[0].nct_id).nct_id,
            "errors": errors,
        }
    )
)
