"""The functions that components call with a region and what has to stand in it."""

from policies.rules.stack.region_alignment import region_problems


def test_model_of_the_regions_geography_is_fine() -> None:
    assert region_problems({"model_id": "us.anthropic.claude-sonnet-4-6"}, "us-east-1") == []
    assert region_problems({"model_id": "gpt-5-mini"}, "eu-west-1") == []


def test_model_of_another_geography_is_a_problem_that_names_the_prefixes_of_the_region() -> None:
    (problem,) = region_problems({"model_id": "us.anthropic.claude-sonnet-4-6"}, "ap-northeast-1")

    assert problem.startswith("model_id is us.anthropic.claude-sonnet-4-6; ")
    assert "model ids that start with apac. or jp. or global. in ap-northeast-1" in problem


def test_each_value_that_names_another_region_is_a_problem() -> None:
    problems = region_problems(
        {
            "LONGRUN_MODEL_REGION": "us-west-2",
            "LONGRUN_TABLE": "journal",
            "LONGRUN_MODEL_SECRET": "arn:aws:secretsmanager:us-east-1:000000000000:secret:key",
        },
        "us-east-1",
    )

    assert [problem.partition(";")[0] for problem in problems] == ["LONGRUN_MODEL_REGION is us-west-2"]


def test_what_stands_in_a_text_twice_is_one_problem() -> None:
    value = "us.anthropic.claude-sonnet-4-6, us.anthropic.claude-sonnet-4-6"

    assert len(region_problems({"model_id": value}, "eu-west-1")) == 1
