"""Metric families: per-sample statistics, and aggregates over summed rows."""
