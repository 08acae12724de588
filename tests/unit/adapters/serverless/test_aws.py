"""Lambda's events beside the HTTP API's: a load balancer's, and messages that have no answer."""

import json

import pytest

from backtester.adapters.serverless import lambda_handler
from backtester.adapters.serverless.aws import _OF_MESSAGES, UnansweredError
from backtester.adapters.serverless.pool_client import pool_client
from backtester.contract.schemas import read_schema

ELB = {"requestContext": {"elb": {"targetGroupArn": "arn:x"}}, "httpMethod": "GET", "isBase64Encoded": False}
MESSAGES = [
    {"Records": [{"messageId": "1", "body": "{}", "eventSource": "aws:sqs"}]},
    {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "{}"}}]},
    {"Records": [{"eventSource": "aws:s3", "s3": {}}]},
    {"eventSource": "aws:kafka", "records": {}},
    {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}},
    [{"messageId": "1", "body": "{}", "eventSource": "aws:sqs"}],  # of a pipe
    [{"eventSource": "aws:kinesis", "data": "e30="}, {"eventSource": "aws:kinesis", "data": "e30="}],
    {"Records": []},
    {"awslogs": {"data": "H4sI"}},
    {"source": "aws.cloudwatch", "alarmArn": "arn:x", "alarmData": {}},
    {"invocationId": "1", "deliveryStreamArn": "arn:x", "region": "eu-west-1", "records": []},
    {"invocationSchemaVersion": "1.0", "invocationId": "1", "job": {"id": "1"}, "tasks": [{"taskId": "1"}]},
    {"CodePipeline.job": {"id": "1", "data": {}}},
    {"invokingEvent": "{}", "ruleParameters": "{}", "resultToken": "x"},
    {"RequestType": "Create", "ResponseURL": "https://x.invalid", "ResourceProperties": {}},
    {"Step": "createSecret", "SecretId": "arn:x", "ClientRequestToken": "x"},
]
NOT_MESSAGES = [{}, [], [[]], [1], None, "text", {"strategy": "momentum"}, [{"strategy": "momentum"}], {"records": []}]


@pytest.mark.parametrize("event", MESSAGES, ids=str)
def test_a_message_fails_so_that_its_source_delivers_it_again(event):
    with pytest.raises(UnansweredError, match="has no reader of a result"):
        lambda_handler(event, None)


@pytest.fixture(scope="module")
def processes():
    yield
    pool_client._end()


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("event", NOT_MESSAGES, ids=str)
def test_what_is_no_message_has_the_runners_answer(event):
    answer = lambda_handler(event, None)
    assert (answer["success"], answer["code"]) == (False, "VALIDATION_FAILED")


def test_no_name_of_a_message_is_a_name_of_the_contract():
    assert _OF_MESSAGES.isdisjoint(read_schema("request")["properties"])


def test_a_load_balancer_with_single_headers_is_answered_with_them():
    answer = lambda_handler({**ELB, "headers": {"content-type": "application/json"}}, None)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "POST")
    assert "multiValueHeaders" not in answer


def test_a_load_balancer_with_multi_value_headers_is_answered_with_them():
    event = {**ELB, "httpMethod": "POST", "multiValueHeaders": {"Content-Type": ["text/plain"], "prefer": ["a", "b"]}}
    answer = lambda_handler(event, None)
    assert answer["statusCode"] == 415
    assert answer["multiValueHeaders"]["Content-Type"] == ["application/problem+json"]
    assert "headers" not in answer
    assert json.loads(answer["body"])["code"] == "UNSUPPORTED_MEDIA_TYPE"
