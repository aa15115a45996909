"""What a browser would find in a fragment, and what must never be there."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_NAMES = (
    "a abbr b bdi blockquote br caption cite code col colgroup dd del details div dl dt em"
    " figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp section small"
    " span strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr"
    " math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow"
    " mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover"
)
ELEMENTS = set(_NAMES.split())
FORBIDDEN = {"style", "srcset", "action", "formaction", "name", "xlink:href", "background", "ping"}
PICTURES = tuple(f"data:image/{kind};base64," for kind in ("png", "jpeg", "gif", "webp", "svg+xml"))
LINKS = ("http://", "https://", "mailto:", "#", "http:", "https:")
VOID = {"br", "col", "hr", "img", "wbr"}


class Page(HTMLParser):
    """Elements with their attributes, the text, and whether each element is closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]


def inspect(html: str) -> Page:
    """Read a fragment and assert that nothing in it can run, load, or leave its place."""
    html.encode("utf-8")
    page = Page(html)
    assert page.open == []
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    for tag, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on")}
        assert not FORBIDDEN & set(attributes)
        assert "href" not in attributes or tag == "a"
        assert attributes.get("href", "#").lower().startswith(LINKS)
        assert attributes.get("src", PICTURES[0]).lower().startswith(PICTURES)
        assert tag != "img" or "alt" in attributes
    assert [name for name, count in Counter(page.ids()).items() if count > 1] == []
    return page
