"""What texts name: by ARN anywhere, by the word at the end of a variable's name."""

import pytest

from policies.rules.dynamodb.table import TABLE
from policies.rules.index import Index
from policies.rules.rule import Resource, Stack
from policies.rules.stack.references.kinds import TABLE_KIND, Mention, kind_of_variable, mentions


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("arn:aws:lambda:us-east-1:000000000000:function:worker:live", [("function", "worker")]),
        ("arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:27", []),
        ("arn:aws:dynamodb:us-east-1:000000000000:table/journal/index/by-owner", [("table", "journal")]),
        ("arn:aws:s3:::data/runs/*", [("bucket", "data")]),
        ("arn:aws-cn:sqs:cn-north-1:000000000000:failures", [("queue", "failures")]),
        ("arn:aws:states:::lambda:invoke", []),
        ("arn:aws:states:us-east-1:000000000000:stateMachine:agents", [("state machine", "agents")]),
        ("arn:aws:secretsmanager:us-east-1:000000000000:secret:prod/key-AbCdEf", [("secret", "prod/key-AbCdEf")]),
        ("arn:aws:events:us-east-1:000000000000:event-bus/runs", [("event bus", "runs")]),
        ('{"a": "arn:aws:sns:us-east-1:000000000000:news", "b": "arn:aws:sns:us-east-1:0:news"}', [("topic", "news")]),
        (
            "arn:aws:bedrock-agentcore:us-east-1:000000000000:runtime/analysts-AbCdEf1234/runtime-endpoint/live",
            [("AgentCore runtime", "runtime/analysts-AbCdEf1234")],
        ),
        ("arn:aws:", []),
    ],
)
def test_resources_that_a_text_names(text: str, named: list[tuple[str, str]]) -> None:
    assert [(mention.kind.word, mention.name) for mention in mentions(text)] == named


@pytest.mark.parametrize(
    ("variable", "word"),
    [
        ("LONGRUN_TABLE", "table"),
        ("PENDING_TABLE_NAME", "table"),
        ("WORKER_FUNCTION", "function"),
        ("queue_url", "queue"),
        ("STATE_MACHINE_ARN", "state machine"),
        ("LONGRUN_MODEL_SECRET_ARN", "secret"),
    ],
)
def test_variables_are_called_by_what_they_hold(variable: str, word: str) -> None:
    kind = kind_of_variable(variable)

    assert kind is not None
    assert kind.word == word


@pytest.mark.parametrize("variable", ["STABLE", "TABLES", "LONGRUN_AGENTS", "BUCKET_PREFIX", "API_SECRET"])
def test_other_variables_hold_no_resource(variable: str) -> None:
    assert kind_of_variable(variable) is None


@pytest.mark.parametrize(
    ("mention", "region", "missing"),
    [
        (Mention(TABLE_KIND, "journal"), "us-east-1", False),
        (Mention(TABLE_KIND, "messages"), "us-east-1", True),
        (Mention(TABLE_KIND, "messages", "us-east-1"), "us-east-1", True),
        (Mention(TABLE_KIND, "messages", "eu-west-1"), "us-east-1", False),
        (Mention(TABLE_KIND, "messages", "us-east-1"), None, False),
        (Mention(TABLE_KIND, "mess*"), "us-east-1", False),
    ],
)
def test_a_resource_is_missed_where_it_ought_to_be(mention: Mention, region: str | None, missing: bool) -> None:
    index = Index.of(Stack((Resource(TABLE, "journal", "urn", {"name": "journal"}),)))

    assert mention.is_missing(index, region) is missing
