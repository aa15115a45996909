"""Automatic mutants: small mistakes in the solution, made from its syntax, that a suite must see.

Ours, and not a library's: those that are kept well (cosmic-ray, mutmut) change files in place and
run a test command on them, which split grading has none of, and know no tensor.
"""
