"""Search in the text and Markdown files of the data bucket, in memory and without network."""
