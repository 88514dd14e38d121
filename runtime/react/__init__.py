"""The functions of a ReactWorkflow: one per state, over the shared engine."""
