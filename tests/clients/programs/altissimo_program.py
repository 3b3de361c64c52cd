"""What a user of `altissimo-clinicaltrials` does: the client generated from the registry's OpenAPI document."""

import json
import sys

import clinicaltrials
from clinicaltrials.exceptions import ApiException

client = clinicaltrials.ApiClient(clinicaltrials.Configuration(host=f"{sys.argv[1]}/api/v2"))
studies, stats = clinicaltrials.StudiesApi(client), clinicaltrials.StatsApi(client)

everything, token = [], None
while True:
    page = studies.list_studies(page_size=60, count_total=True, page_token=token)
    everything += [study.protocol_section.identification_module.nct_id for study in page.studies]
    token = page.next_page_token
    if token is None:
        break

table = studies.list_studies_without_preload_content(
    format="csv", query_cond="cancer", fields=["NCT Number", "Phases"], count_total=True, page_size=20
)
rows = [table.data.decode()]
while table.headers.get("x-next-page-token"):
    table = studies.list_studies_without_preload_content(
        format="csv",
        query_cond="cancer",
        fields=["NCT Number", "Phases"],
        page_size=20,
        page_token=table.headers["x-next-page-token"],
    )
    rows.append(table.data.decode())

one = studies.fetch_study_without_preload_content(everything[0])
errors = []
for ask in (
    lambda: studies.fetch_study("NCT99999999"),
    lambda: studies.list_studies(query_term="(diabetes AND"),
    lambda: studies.list_studies(sort=["BriefTitle"]),
    lambda: stats.field_values_stats(fields=["Bogus"]),
):
    try:
        ask()
    except ApiException as refused:
        errors.append([refused.status, refused.body])
found = studies.list_studies(
    query_cond="cancer",
    filter_overall_status=["COMPLETED", "RECRUITING"],
    filter_geo="distance(39.0035707,-77.1013313,500mi)",
    agg_filters="results:with",
    sort=["@relevance"],
    count_total=True,
)
print(
    json.dumps(
        {
            "version": clinicaltrials.VersionApi(client).version().to_dict(),
            "everything": everything,
            "rows": "".join(rows),
            "study": json.loads(one.data),
            "errors": errors,
            "found": found.total_count,
            "metadata": len(studies.studies_metadata()),
            "areas": len(studies.search_areas()[0].areas),
            "enums": len(studies.enums()),
            "sizes": stats.size_stats().total_studies,
            "values": [one.to_dict() for one in stats.field_values_stats(fields=["Phase"])],
            "lists": [one.to_dict() for one in stats.list_field_sizes_stats(fields=["Condition"])],
        },
        default=str,
    )
)
