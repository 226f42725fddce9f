"""Processor jobs: documents analyzed in the background, whose results are laid down in a bucket.

Source: SDK models of processor jobs; docs.oracle.com, "Document Understanding: Limits" (asynchronous requests). Where results of
inline documents lie: Oracle's samples in oci-data-science-ai-samples. Not sourced: where those of objects lie, how long a job
takes, that unreadable documents fail it, and that it cannot be cancelled once it has ended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from sandbox.oci.clock import text
from sandbox.oci.errors import OciError, conflict, invalid
from sandbox.oci.exchange import Answer, Asked, answers, etag_shown, shown
from sandbox.oci.services import object_storage
from sandbox.oci.services.ai_document.analysis import MOST_PAGES, analyzed, features, inline, stored
from sandbox.oci.services.identity import demand_compartment
from sandbox.oci.store import Body, Resource

JOBS = "ai_document.jobs"
MOST_BYTES, MOST_STORED_PAGES, MOST_DOCUMENTS = 500 * 1024 * 1024, 2000, 2000
_ACCEPTED_SECONDS, _FIRST_SECONDS, _SECONDS_PER_PAGE = 1.0, 4.0, 0.5
_OVER = ("SUCCEEDED", "FAILED", "CANCELED")
_DEFAULT = "_/results/defaultObject.json"


@answers("ai_document")
def create_processor_job(asked: Asked) -> Answer:
    """A new job; it is accepted whether or not its documents can be read."""
    body = asked.body
    demand_compartment(asked, body["compartmentId"])
    config, output = body["processorConfig"], body["outputLocation"]
    if config["processorType"] != "GENERAL" or config.get("isZipOutputEnabled"):
        raise OciError(501, "NotImplemented", "The sandbox runs jobs of GENERAL processors without ZIP: see docs/sandbox.md.")
    asked.store.find(object_storage.BUCKETS, f"{output['namespaceName']}/{output['bucketName']}", asked.region)
    contents = _contents(asked, body["inputLocation"])
    results, pages, failed = _results(asked, contents, features(config["features"]))
    job: Body = {
        "id": asked.store.new_ocid("aidocumentprocessorjob", asked.region),
        "compartmentId": body["compartmentId"],
        "displayName": body.get("displayName"),
        "processorConfig": config,
        "inputLocation": body["inputLocation"],
        "outputLocation": output,
        "timeAccepted": text(asked.store.clock.now()),
        "timeStarted": None,
        "timeFinished": None,
        "percentComplete": 0.0,
        "lifecycleState": "ACCEPTED",
        "lifecycleDetails": None,
    }
    found = asked.store.add(JOBS, job, asked.region, results=results)
    _run(asked, found, pages, _ending(failed=failed, all_=len(contents), partial=asked.partial))
    return Answer(job, headers={"etag": found.etag})


@answers("ai_document")
def get_processor_job(asked: Asked) -> Answer:
    """A job. Its results are there from when it is first seen to have succeeded."""
    found = asked.store.find(JOBS, asked.path["processorJobId"], asked.region)
    if found.body["lifecycleState"] == "SUCCEEDED":
        output = found.body["outputLocation"]
        for name, result in found.hidden.pop("results", {}).items():
            where = "/".join(part for part in (output["prefix"].strip("/"), found.body["id"], name) if part)
            content = json.dumps(result).encode()
            object_storage.add_object(asked.store, output["namespaceName"], output["bucketName"], where, content)
    return Answer(shown(asked, found.body, found.before), headers={"etag": etag_shown(asked, found)})


@answers("ai_document")
def cancel_processor_job(asked: Asked) -> Answer:
    """Cancel a job that has not ended."""
    found = asked.store.find(JOBS, asked.path["processorJobId"], asked.region)
    found.demand_etag(asked.if_match)
    if found.body["lifecycleState"] in (*_OVER, "CANCELING"):
        raise conflict(f"The job is {found.body['lifecycleState']}.")
    asked.store.forget_changes(JOBS, found.body["id"])
    found.change(lifecycleState="CANCELING")
    asked.store.later(_ACCEPTED_SECONDS, JOBS, found.body["id"], lifecycleState="CANCELED")
    return Answer(status=202)


def _contents(asked: Asked, location: Body) -> dict[str, tuple[bytes, Body, int]]:
    """Name of the result → content, what else the request says of it, and how many pages it may have."""
    if location["sourceType"] == "INLINE_DOCUMENT_CONTENT":
        return {_DEFAULT: (inline(location["data"], "inputLocation.data"), location, MOST_PAGES)}
    objects = location["objectLocations"]
    if not 1 <= len(objects) <= MOST_DOCUMENTS:
        raise invalid(f"objectLocations must have between 1 and {MOST_DOCUMENTS} items")
    return {
        f"{one['namespaceName']}_{one['bucketName']}/results/{one['objectName']}.json": (
            stored(asked, one, MOST_BYTES),
            one,
            MOST_STORED_PAGES,
        )
        for one in objects
    }


def _results(
    asked: Asked, contents: Mapping[str, tuple[bytes, Body, int]], wanted: Mapping[str, Body]
) -> tuple[dict[str, Body], int, int]:
    """Results by name, how many pages they have, and how many documents failed."""
    results, pages = {}, 0
    for name, (content, location, most) in contents.items():
        try:
            found, document = analyzed(asked, content, location.get("pageRange"), wanted, most)
        except OciError:
            continue
        pages += len(found["pages"])
        if not document.unreadable:
            results[name] = found
    return results, pages, len(contents) - len(results)


def _ending(*, failed: int, all_: int, partial: bool) -> Body:
    if failed == all_:
        return {"lifecycleState": "FAILED", "lifecycleDetails": "COMPLETELY_FAILED"}
    return {"lifecycleState": "SUCCEEDED", "lifecycleDetails": "PARTIALLY_SUCCEEDED" if failed or partial else None}


def _run(asked: Asked, job: Resource, pages: int, ending: Body) -> None:
    now, key = asked.store.clock.now(), job.body["id"]
    takes = _FIRST_SECONDS + pages * _SECONDS_PER_PAGE
    begins, ends = (text(now + timedelta(seconds=seconds)) for seconds in (_ACCEPTED_SECONDS, takes))
    started = {"lifecycleState": "IN_PROGRESS", "timeStarted": begins, "percentComplete": 20.0}
    asked.store.later(_ACCEPTED_SECONDS, JOBS, key, **started)
    asked.store.later(takes, JOBS, key, **ending, timeFinished=ends, percentComplete=100.0)
