"""A pytest plugin, also announced as an entry point."""

from conftest import *  # noqa: F403
