"""Identifiers of persons in texts and data: found, masked, and never repeated."""
