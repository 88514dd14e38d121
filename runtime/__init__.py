"""What runs in the cloud: Lambda handlers, the journal, the orchestrator. Never imports pulumi."""
