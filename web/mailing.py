"""Mails that are sent while the answer is on its way already.

How long a mail server takes would tell who asks for a new password whether the address is known.
What this process has not sent when it ends is lost; then the link is asked for once more.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def post(send: Callable[[], None]) -> None:
    """Have it sent, after what was posted before."""
    _sender.submit(send)


def settle() -> None:
    """Return once all is sent that was posted until now."""
    _sender.submit(lambda: None).result()
