"""How the examples are got out of the SDK's documentation."""

from pathlib import Path

from policies.generation.corpus.examples import examples

SOURCE = '''
class Queue:
    def __init__(self, name):
        """
        ## Example Usage

        ```python
        import pulumi_aws as aws

        aws.sqs.Queue("jobs", policy="a\\\\nb")
        ```

        ```python
        aws.sqs.Queue("more")
        ```
        """

    def _internal_init(self):
        """
        ```python
        aws.sqs.Queue("more")
        ```
        """
        super(Queue, __self__).__init__(
            'aws:sqs/queue:Queue',
            resource_name)
'''


def test_examples_are_numbered_within_their_type_and_told_once(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text(SOURCE)
    (tmp_path / "other.py").write_text("VERSION = 1\n")

    found = list(examples(tmp_path))

    assert [(example.name, example.code) for example in found] == [
        ("aws:sqs/queue:Queue 1", 'import pulumi_aws as aws\n\naws.sqs.Queue("jobs", policy="a\\nb")\n'),
        ("aws:sqs/queue:Queue 2", 'aws.sqs.Queue("more")\n'),
    ]
