"""The commands of `python -m assignments`, and their one seam to `runners`."""
