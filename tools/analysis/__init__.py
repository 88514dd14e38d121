"""Analysis tools: functions on tables. Imports nothing else of the project, and neither boto3 nor Strands."""
