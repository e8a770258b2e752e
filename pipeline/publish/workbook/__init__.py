"""The workbook of an edition: an XLSX file that reads without anything else beside it."""

from pipeline.publish.workbook.book import write_workbook

__all__ = ["write_workbook"]
