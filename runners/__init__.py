"""Running code that is not trusted, and judging it. See README.md in this folder."""
