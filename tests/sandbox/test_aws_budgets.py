"""AWS Budgets of the sandbox keep the rules of the service that moto does not know."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.aws_budgets import ACCOUNT, aws

NOTIFICATION = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 70.0}
ANN, BOB = ({"SubscriptionType": "EMAIL", "Address": f"{who}@example.com"} for who in ("ann", "bob"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with aws() as address:
        yield address


@pytest.fixture
def client(endpoint: str) -> Any:
    from moto.budgets.models import budgets_backends

    budgets_backends.reset()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("budgets", endpoint_url=endpoint, region_name="us-east-1", **keys)


def make(client: Any, name: str = "b", *notified: Any, **more: Any) -> None:
    budget = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "7", "Unit": "USD"}}
    subscribed = [{"Notification": n, "Subscribers": [ANN]} for n in notified]
    client.create_budget(AccountId=ACCOUNT, Budget=budget, NotificationsWithSubscribers=subscribed, **more)


def refused(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(AccountId=ACCOUNT, **request)
    return str(error.value.response["Error"]["Code"])


def test_a_change_takes_the_place_of_all_but_the_notifications_and_the_period(client):
    make(client, "b", NOTIFICATION)
    before = client.describe_budget(AccountId=ACCOUNT, BudgetName="b")["Budget"]
    changed = {"BudgetName": "b", "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": "9", "Unit": "USD"}}

    client.update_budget(AccountId=ACCOUNT, NewBudget=changed)

    after = client.describe_budget(AccountId=ACCOUNT, BudgetName="b")["Budget"]
    assert after["BudgetLimit"]["Amount"] == "9"
    assert after["TimePeriod"] == before["TimePeriod"]
    assert len(client.describe_notifications_for_budget(AccountId=ACCOUNT, BudgetName="b")["Notifications"]) == 1
    assert refused(client.update_budget, NewBudget={**changed, "BudgetName": "c"}) == "NotFoundException"


def test_a_notification_is_there_once_and_never_without_a_subscriber(client):
    make(client, "b", NOTIFICATION)
    about = {"BudgetName": "b", "Notification": {**NOTIFICATION, "ThresholdType": "PERCENTAGE"}}

    assert refused(client.create_notification, **about, Subscribers=[ANN]) == "DuplicateRecordException"
    assert refused(client.create_subscriber, **about, Subscriber=ANN) == "DuplicateRecordException"
    assert refused(client.delete_subscriber, **about, Subscriber=BOB) == "NotFoundException"
    assert refused(client.delete_subscriber, **about, Subscriber=ANN) == "InvalidParameterException"
    client.create_subscriber(AccountId=ACCOUNT, **about, Subscriber=BOB)
    client.delete_subscriber(AccountId=ACCOUNT, **about, Subscriber=ANN)
    assert client.describe_subscribers_for_notification(AccountId=ACCOUNT, **about)["Subscribers"] == [BOB]


def test_tags_belong_to_a_budget_and_go_with_it(client):
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/b"
    make(client, ResourceTags=[{"Key": "k", "Value": "v"}])
    client.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "l", "Value": "w"}])

    assert [tag["Value"] for tag in client.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]] == ["v", "w"]
    client.delete_budget(AccountId=ACCOUNT, BudgetName="b")
    make(client)
    assert client.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == []


def test_budgets_are_listed_in_pages(client):
    for number in range(5):
        make(client, f"b{number}")

    pages = list(client.get_paginator("describe_budgets").paginate(AccountId=ACCOUNT, PaginationConfig={"PageSize": 2}))

    assert [[b["BudgetName"] for b in page["Budgets"]] for page in pages] == [["b0", "b1"], ["b2", "b3"], ["b4"]]
