"""Whether what the service shows of a stranger's text can do anything: a page, or a download."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from tests.hostile.watching import texts

CONTROLS = {chr(code) for code in (*range(32), *range(127, 160)) if chr(code) not in "\r\n\t"}
_LOADING = ("src", "srcset", "href", "action", "formaction", "data", "srcdoc", "xlink:href")
_FORBIDDEN = {"object", "embed", "base", "applet", "frame", "style"}


class _Elements(HTMLParser):
    """What of a page could do something, and must not come from a stranger."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.active: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name.startswith("on") or (name in _LOADING and _runs(tag, value or "")):
                self.active.append(f"{tag} {name}={value!r}")
        if tag in _FORBIDDEN or (tag == "script" and not _ours(dict(attrs).get("src"))):
            self.active.append(tag)


def _runs(tag: str, address: str) -> bool:
    """Whether an address runs something, or has something fetched from elsewhere."""
    plain = "".join(address.split()).lower()
    loads = tag not in ("a", "link") and plain.startswith(("http", "//"))
    return loads or plain.startswith(("javascript:", "vbscript:", "data:text")) or plain == "x"


def _ours(source: str | None) -> bool:
    return (source or "").startswith("/static/")


def assert_inert_page(response: Any) -> None:
    """Nothing on the page runs or is fetched from elsewhere, and no terminal would obey it."""
    text = response.content.decode()

    assert response.status_code in (200, 422)
    assert _Elements(text).active == []
    assert sorted(set(text) & CONTROLS) == []


def assert_inert_json(value: Any) -> None:
    """No text of a download holds what a terminal or a reader's eye would obey."""
    assert [text for text in texts(value) if set(text) & CONTROLS] == []
