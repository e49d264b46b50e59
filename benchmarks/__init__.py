"""Benchmarks: each prints one table and keeps its raw figures; none can fail a test run."""
