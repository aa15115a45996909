"""The interface for programs, as programs use it."""
