"""Analysis tools: functions on tables, behind whichever door. Imports nothing of the project."""
