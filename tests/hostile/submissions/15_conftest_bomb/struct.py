"""A shadow of struct."""

raise SystemExit(0)
