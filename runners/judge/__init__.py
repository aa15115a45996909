"""The trusted side: ordinary pytest over the hidden suite, with the submission behind proxies.

Imports `runners.wire` and nothing else of the project. No byte of a submission is ever a file,
a module or a pickle here: it arrives as plain values or stays behind a handle.
"""
