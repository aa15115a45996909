"""Learning management systems, and what they and others send."""
