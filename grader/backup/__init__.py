"""A backup of the whole site in one folder, and its way back: the tables, and every file they name.

The manifest says what must be there, to the last row and byte, and is believed in nothing: both
ways end with a comparison.
"""
