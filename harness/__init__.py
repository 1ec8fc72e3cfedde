"""aligntax: what each post-training stage gained, what it cost and what it forgot."""

__version__ = "0.1.0"
