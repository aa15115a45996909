"""The language that judge and guest speak: frames, plain values, references, calls.

Nothing here knows pytest, a submission or a sandbox; both sides import it. The decoder is the
project's outermost trust border: it reads bytes that a student may have made.
"""
