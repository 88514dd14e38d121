"""The condition of a run that has not ended."""

from contract.events import Status

ACTIVE = "#status IN (:queued, :running, :waiting)"
"""The condition of a run that has not ended, over ACTIVE_VALUES."""
ACTIVE_VALUES = {f":{status.value.lower()}": status.value for status in (Status.QUEUED, Status.RUNNING, Status.WAITING)}
