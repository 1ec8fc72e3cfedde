"""The report: everything about one family, as Markdown, one HTML page and JSON."""
