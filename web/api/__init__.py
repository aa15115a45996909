"""The interface for programs: JSON over HTTP by a person's token, told by an OpenAPI document.

It is thin, as views are: a token gives its owner, an object comes through a gate of
`grader.access`, and what is answered comes from `grader/queries`.
"""
