"""JournalTable: the table and the payload bucket in which runs are recorded."""

from components.journal_table.journal_table import JournalTable, JournalTableArgs

__all__ = ["JournalTable", "JournalTableArgs"]
