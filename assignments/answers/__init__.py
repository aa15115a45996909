"""Typed answers: numbers, expressions, choices, tables and matrices, read and judged at once.

Pure functions from values to values: no file, no clock, no chance but a fixed one. Text that a
student typed is read by narrow grammars; it is never run.
"""

from __future__ import annotations

ANSWERS_FILE = "answers.toml"
"""The file of an upload that holds them, and of the handout that asks for them."""
ANSWERS_TAG = "answers"
ANSWERS_MARK = "# answers.toml"
"""What tells a notebook's cell of answers from the others: its tag, or how it begins."""
ID_PREFIX = "answers::"
"""What the id of an answer begins with where it stands beside the ids of checks."""
