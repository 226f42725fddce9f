"""Lists that come in pages: whole, in order, and never shorter without a word."""

import oci
import pytest

from resources.errors import PermanentError, Unavailable
from resources.oci.paging import items, object_pages
from sandbox.oci.services.identity import add_compartment
from sandbox.oci.services.usage_api import add_lines

NAMESPACE = "acmesandbox"


@pytest.fixture
def compartments(sandbox):
    names = [f"team-{n:02}" for n in range(25)]
    top = add_compartment(sandbox.cloud.store, sandbox.tenancy, "teams")["id"]
    for name in names:
        add_compartment(sandbox.cloud.store, top, name)
    return top, names


@pytest.fixture
def bucket(sandbox):
    client = sandbox.client(oci.object_storage.ObjectStorageClient, "object_storage")
    client.create_bucket(NAMESPACE, oci.object_storage.models.CreateBucketDetails(name="paged", compartment_id=sandbox.tenancy))
    for n in range(7):
        client.put_object(NAMESPACE, "paged", f"o{n}", b"")
    return "paged"


@pytest.mark.parametrize(("limit", "requests"), [(10, 3), (25, 1), (1, 25)])
def test_every_page_is_read(sandbox, clients, compartments, limit, requests):
    top, names = compartments
    sandbox.count_requests("list_compartments")

    found = items(clients.operation("identity", "list_compartments"), top, limit=limit)

    assert [c.name for c in found] == names
    assert sandbox.requests("list_compartments") == requests


def test_pages_are_read_as_they_are_needed(sandbox, clients, compartments):
    sandbox.count_requests("list_compartments")

    found = items(clients.operation("identity", "list_compartments"), compartments[0], limit=5)

    assert next(found).name == "team-00"
    assert sandbox.requests("list_compartments") == 1


def test_an_empty_list_has_no_elements(clients, compartments):
    (team, *_) = items(clients.operation("identity", "list_compartments"), compartments[0])

    assert list(items(clients.operation("identity", "list_compartments"), team.id)) == []


def test_an_answer_that_holds_its_list_is_read_as_well(sandbox, clients):
    days = [f"2026-10-{day:02}" for day in range(1, 8)]
    lines = [
        {"day": day, "cost": "1.5", "quantity": "1", "currency": "EUR", "service": "COMPUTE", "compartmentId": sandbox.tenancy}
        for day in days
    ]
    sandbox.cloud.store.journals.clear()
    add_lines(sandbox.cloud.store, lines)
    details = oci.usage_api.models.RequestSummarizedUsagesDetails(
        tenant_id=sandbox.tenancy,
        time_usage_started="2026-10-01T00:00:00Z",
        time_usage_ended="2026-10-08T00:00:00Z",
        granularity="DAILY",
        query_type="COST",
    )

    found = list(items(clients.operation("usage_api", "request_summarized_usages"), details, limit=3))

    assert [row.time_usage_started.date().isoformat() for row in found] == days


def test_a_page_that_fails_is_not_the_end(sandbox, clients_of, compartments):
    sandbox.fault("status", operation="list_compartments", status=503, after=1)
    clients = clients_of(max_attempts=2)

    found = items(clients.operation("identity", "list_compartments"), compartments[0], limit=10)

    assert [next(found).name for _ in range(10)][-1] == "team-09"
    with pytest.raises(Unavailable):
        next(found)


def test_a_list_with_more_pages_than_allowed_is_an_error(clients, compartments):
    found = items(clients.operation("identity", "list_compartments"), compartments[0], limit=10, most_pages=2)

    assert len([next(found) for _ in range(20)]) == 20
    with pytest.raises(PermanentError, match="more than 2 pages"):
        next(found)


def test_a_page_that_names_itself_as_the_next_is_an_error(clients, compartments):
    list_compartments = clients.operation("identity", "list_compartments")

    def circling(*arguments, page=None, **named):
        response = list_compartments(*arguments, **named)
        response.next_page = "again"
        return response

    with pytest.raises(PermanentError, match="in a circle"):
        list(items(circling, compartments[0], limit=10))


def test_a_listing_of_objects_goes_on_where_its_page_says(sandbox, clients, bucket):
    sandbox.count_requests("list_objects")

    pages = object_pages(clients.operation("object_storage", "list_objects"), NAMESPACE, bucket, limit=3)

    assert [[o.name for o in page.objects] for page in pages] == [["o0", "o1", "o2"], ["o3", "o4", "o5"], ["o6"]]
    assert sandbox.requests("list_objects") == 3


def test_a_listing_of_objects_begins_after_a_name(clients, bucket):
    list_objects = clients.operation("object_storage", "list_objects")

    pages = object_pages(list_objects, NAMESPACE, bucket, start_after="o2", limit=3)

    assert [[o.name for o in page.objects] for page in pages] == [["o3", "o4", "o5"], ["o6"]]


def test_a_listing_of_objects_is_bounded(clients, bucket):
    pages = object_pages(clients.operation("object_storage", "list_objects"), NAMESPACE, bucket, limit=1, most_pages=3)

    with pytest.raises(PermanentError, match="more than 3 pages"):
        list(pages)
