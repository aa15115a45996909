"""The whole service on one machine with nothing prepared; no part of a real site."""
