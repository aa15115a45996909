"""Tests of the room `assignments/`."""
