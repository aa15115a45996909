"""The commands of `python -m assignments` that run suites, and their one seam to `runners`."""
