"""Reads for pages: each function has a constant number of queries, and writes nothing."""
