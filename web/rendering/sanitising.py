"""The lists of elements and attributes that may leave this package, and the cleaners for them.

Everything else is dropped by nh3: scripts, styles, forms, frames, ids, event handlers. Addresses
may only be absolute links that a reader follows by a click; pictures must lie inside the page.
"""

from __future__ import annotations

import re
from html import unescape

import nh3

_INLINE = "a abbr b bdi br cite code del em i img ins kbd mark q s samp small span strong sub sup"
_BLOCKS = "blockquote dd details div dl dt figcaption figure hr li ol p pre summary tt u ul var wbr"
_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
_HEADINGS = "h1 h2 h3 h4 h5 h6"
HTML_ELEMENTS = frozenset(f"{_INLINE} {_BLOCKS} {_TABLES} {_HEADINGS}".split())
_HTML_ATTRIBUTES = {
    "a": {"href"},
    "abbr": {"title"},
    "bdi": {"dir"},
    "img": {"src", "width", "height"},
    "li": {"value"},
    "ol": {"start", "reversed"},
    "col": {"span"},
    "colgroup": {"span"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
# What latex2mathml writes, but for links, classes and styles, which a formula may ask it for.
_MATHML_NAMES = (
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow"
    " mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover"
)
MATHML_ELEMENTS = frozenset(_MATHML_NAMES.split())
_MATHML_ATTRIBUTES = (
    "accent columnalign columnlines columnspacing depth display displaystyle fence form height"
    " linebreak linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize"
    " movablelimits notation rowlines rowspacing rspace scriptlevel separator stretchy voffset"
    " width"
)
_MATHML = {element: set(_MATHML_ATTRIBUTES.split()) for element in MATHML_ELEMENTS}
# What our own rules for Markdown add: there every class and role is ours.
_OWN_ATTRIBUTES = {
    "code": {"class"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "img": {"src", "alt"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "td": {"class", *_HTML_ATTRIBUTES["td"]},
    "th": {"class", *_HTML_ATTRIBUTES["th"]},
}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_NUMBERS = {"colspan", "height", "rowspan", "span", "start", "value", "width"}
_SMALL_NUMBER = re.compile(r"\d{1,4}%?")


def is_picture(address: str) -> bool:
    """Whether an address holds its picture itself, in a format that cannot contain scripts."""
    return _PICTURE.fullmatch(address) is not None


def _attribute(element: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if is_picture(value) else None
    # "data" is among the schemes for the sake of pictures; as a link it would be a page of its own.
    if name == "href":
        return value if _LINK.match(value) else None
    if name in _NUMBERS and element in HTML_ELEMENTS:
        return value if _SMALL_NUMBER.fullmatch(value) else None
    return value


def _cleaner(
    elements: frozenset[str],
    attributes: dict[str, set[str]],
    always: dict[str, dict[str, str]] | None = None,
) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(elements),
        clean_content_tags={"script", "style", "title", "template", "iframe", "object", "svg"},
        attributes=attributes,
        attribute_filter=_attribute,
        set_tag_attribute_values=always or {},
        url_schemes={"http", "https", "mailto", "data"},
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


# A text for every picture: most programs give none, and one that is dropped leaves its place empty.
_STRANGE = _cleaner(HTML_ELEMENTS, _HTML_ATTRIBUTES, {"img": {"alt": "[picture]"}})
_OWN = _cleaner(HTML_ELEMENTS | MATHML_ELEMENTS, _HTML_ATTRIBUTES | _MATHML | _OWN_ATTRIBUTES)
_TEXT = _cleaner(frozenset(), {})


def clean_html(html: str) -> str:
    """Clean HTML that a student's program wrote."""
    return _STRANGE.clean(html)


def clean_own(html: str) -> str:
    """Clean HTML that our rules for Markdown and formulas made of a stranger's text."""
    return _OWN.clean(html)


def text_of(html: str) -> str:
    """The text of a piece of HTML, which must not be taken for HTML again."""
    return unescape(_TEXT.clean(html))
