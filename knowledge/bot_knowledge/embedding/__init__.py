"""Embeddings: the fast one, the better one, and a twin for tests."""
