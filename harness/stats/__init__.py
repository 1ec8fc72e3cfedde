"""Intervals, paired tests and corrections; pure numpy and scipy, sources cited."""
