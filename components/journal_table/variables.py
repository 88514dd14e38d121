"""The environment variables with which a function finds the journal."""

import pulumi

from components.refs import JournalRef
from runtime import environment


def journal_variables(journal: JournalRef) -> dict[str, pulumi.Input[str]]:
    return {
        environment.TABLE: journal["table_name"],
        environment.PAYLOAD_BUCKET: journal["payload_bucket"],
        # A program in another language sends its numbers as floats.
        environment.RETENTION_DAYS: str(int(journal["retention_days"])),
    }
