from policies.cloudformation.coverage import coverage
from policies.cloudformation.mapping import ResourceMap

TABLE = ResourceMap(
    {
        "sdk": "7.0.0",
        "schemas": "2026-01-01",
        "types": {
            "aws:sqs/queue:Queue": ["AWS::SQS::Queue", 3, {"enum": 1, "maximum": 2}, [{}]],
            "aws:sns/topic:Topic": ["AWS::SNS::Topic", 2, {"enum": 4}, [{}]],
        },
    }
)


def test_coverage_adds_up_all_types() -> None:
    found = coverage(table=TABLE)

    assert (found.properties, found.constraints, found.total) == (5, {"enum": 5, "maximum": 2}, 7)
    assert (found.sdk, found.schemas) == ("7.0.0", "2026-01-01")


def test_coverage_of_given_types_names_those_that_the_map_has_not() -> None:
    found = coverage(["aws:sqs/queue:Queue", "aws:sqs/queue:Queue", "random:index:Thing"], TABLE)

    assert found.types == {"aws:sqs/queue:Queue": "AWS::SQS::Queue"}
    assert found.unmapped == ("random:index:Thing",)
    assert found.total == 3


def test_committed_map_reaches_what_was_promised() -> None:
    whole = coverage()
    program = coverage(
        [
            "aws:apigatewayv2/api:Api",
            "aws:bedrock/agentcoreAgentRuntime:AgentcoreAgentRuntime",
            "aws:cloudwatch/eventTarget:EventTarget",
            "aws:dynamodb/table:Table",
            "aws:iam/role:Role",
            "aws:lambda/function:Function",
            "aws:s3/bucket:Bucket",
            "aws:sfn/stateMachine:StateMachine",
            "aws:sqs/queue:Queue",
        ]
    )

    assert len(whole.types) >= 900
    assert whole.total >= 20_000
    assert program.unmapped == ()
    assert program.total >= 400
