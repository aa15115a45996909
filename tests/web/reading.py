"""Pages as a person reads them: the text of an answer, with nothing but single spaces between."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any, ClassVar


class _Text(HTMLParser):
    silent: ClassVar[set[str]] = {"title", "desc", "style", "script"}
    blocks: ClassVar[set[str]] = {"li", "dt", "dd", "p", "div", "h1", "h2", "td", "th", "text"}

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.inside = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.inside += tag in self.silent

    def handle_endtag(self, tag: str) -> None:
        self.inside -= tag in self.silent
        if tag in self.blocks:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.parts.append(data)


def words(response: Any) -> str:
    """Everything that is written on a page."""
    reader = _Text()
    reader.feed(response.content.decode())
    return " ".join("".join(reader.parts).split())


def main(response: Any) -> str:
    """What is written between a page's header and its footer."""
    content = response.content.decode()
    reader = _Text()
    reader.feed(content[content.index("<main") : content.index("</main>")])
    return " ".join("".join(reader.parts).split())


def links(response: Any) -> list[str]:
    """Where the links of a page's own part lead, in order."""
    content = response.content.decode()
    found: list[str] = []

    class _Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            if tag == "a":
                found.append(dict(attrs)["href"])

    _Links().feed(content[content.index("<main") : content.index("</main>")])
    return found
