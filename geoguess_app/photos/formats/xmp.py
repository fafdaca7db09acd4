"""XMP packets and sidecars, changed by inserting and cutting text: what is not ours stays as it is.

Rewriting a packet through an XMP library changes its formatting, its toolkit and, in old files,
even identifiers. Source: XMP specification part 1 (ISO 16684-1), 7, RDF serialisation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pyexpat import ExpatError
from typing import NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from geoguess_app.photos.formats.edits import Edit, order_edits

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
EXIF = "http://ns.adobe.com/exif/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
IPTC_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
LIGHTROOM = "http://ns.adobe.com/lightroom/1.0/"
OURS = "https://geoguess.invalid/xmp/1.0/"
"""Our own marks; the host cannot exist, so nothing is ever asked for there."""
_PREFIXES = {
    EXIF: "exif",
    DC: "dc",
    PHOTOSHOP: "photoshop",
    IPTC_CORE: "Iptc4xmpCore",
    LIGHTROOM: "lr",
    OURS: "geoguess",
}
_ATTRIBUTE = re.compile(rb"""\s+([\w.-]+):([\w.-]+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_END = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_ENCODING = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)""")
_PROPERTY, _LIST, _ITEM = 2, 3, 4
"""How deep below rdf:RDF a property, the list in it, and the list's entries stand."""
_CONTAINERS = (f"{RDF} Bag", f"{RDF} Seq", f"{RDF} Alt")


class XmpError(Exception):
    """The packet cannot be changed safely; the text completes "… because"."""


class PropertyName(NamedTuple):
    """A property: the URI of its schema and its name there."""

    uri: str
    local: str

    def __str__(self) -> str:
        return f"{_PREFIXES.get(self.uri, self.uri)}:{self.local}"


def known_name(text: str) -> PropertyName | None:
    """``photoshop:City`` and the like, for the schemas that we write."""
    prefix, _, local = text.partition(":")
    uri = next((uri for uri, name in _PREFIXES.items() if name == prefix), None)
    return PropertyName(uri, local) if uri is not None and local else None


@dataclass(slots=True)
class Item:
    """One entry of a list; bytes from ``start`` to ``end``."""

    start: int
    end: int = 0
    text: str = ""


@dataclass(slots=True)
class Property:
    """One top-level property; bytes from ``start`` to ``end``."""

    name: PropertyName
    start: int
    end: int = 0
    text: str = ""
    items: list[Item] = field(default_factory=list)
    list_close: int | None = None
    """Where the closing tag of its list stands."""


@dataclass(frozen=True, slots=True)
class PacketChanges:
    """The changes to make to a packet."""

    values: Mapping[PropertyName, str] = field(default_factory=dict)
    """Set, whatever was there."""
    items: Mapping[PropertyName, Sequence[str]] = field(default_factory=dict)
    """Added to lists unless they are there already."""
    remove: Collection[PropertyName] = ()
    remove_items: Mapping[PropertyName, Collection[str]] = field(default_factory=dict)


class Packet:
    """A parsed packet; raises XmpError where it is none that we can change."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        parser = _Parser(data)
        self.properties = parser.properties
        self._about, self._close = parser.about, parser.close

    def value(self, name: PropertyName) -> str | None:
        """The text of a simple property."""
        found = self._found(name)
        return found.text if found is not None else None

    def texts(self, name: PropertyName) -> list[str]:
        """The entries of a list."""
        found = self._found(name)
        return [item.text for item in found.items] if found is not None else []

    def _found(self, name: PropertyName) -> Property | None:
        return next((p for p in self.properties if p.name == name), None)

    def edits(self, changes: PacketChanges) -> list[Edit]:
        """The edits that make the changes."""
        if self._close is None:
            raise XmpError("its XMP has no place for properties")
        edits = [self._cut(p.start, p.end) for p in self.properties if self._goes(p, changes)]
        fresh: dict[PropertyName, list[str]] = {}
        for name, texts in changes.items.items():
            there = self._found(name)
            if there is None:
                fresh[name] = list(texts)
            elif there.list_close is not None:
                edits += self._appended(there, texts)
        for name, unwanted in changes.remove_items.items():
            edits += self._thinned(name, unwanted)
        if changes.values or fresh:
            # Several properties set about one thing may stand in several descriptions.
            text = _description(self._about, changes.values, fresh)
            edits.append(Edit(self._close, b"", self._encoded(text)))
        return order_edits(edits)

    def _goes(self, one: Property, changes: PacketChanges) -> bool:
        if one.name in changes.values or one.name in changes.remove:
            return True
        unwanted = changes.remove_items.get(one.name)
        return (
            unwanted is not None
            and bool(one.items)
            and all(item.text in unwanted for item in one.items)
        )

    def _cut(self, start: int, end: int) -> Edit:
        if self.data[start : start + 1] == b"<":
            # An element takes the white space before it along, as an attribute always does.
            before = self.data[:start].rstrip()
            start = len(before) if before.endswith(b">") else start
        return Edit(start, self.data[start:end], b"")

    def _appended(self, there: Property, texts: Sequence[str]) -> list[Edit]:
        present = {item.text for item in there.items}
        new = "".join(f"<rdf:li>{escape(text)}</rdf:li>" for text in texts if text not in present)
        if not new or there.list_close is None:
            return []
        if b"xmlns:rdf=" not in self.data:
            raise XmpError("its XMP uses unsupported names")
        return [Edit(there.list_close, b"", self._encoded(new))]

    def _encoded(self, text: str) -> bytes:
        """Text for this packet; where it declares another encoding than UTF-8, as ASCII with
        references, which means the same in all that XMP may have here."""
        declared = _ENCODING.match(self.data)
        if declared is None or declared[1].lower() in (b"utf-8", b"utf8"):
            return text.encode("utf-8")
        return text.encode("ascii", "xmlcharrefreplace")

    def _thinned(self, name: PropertyName, unwanted: Collection[str]) -> list[Edit]:
        there = self._found(name)
        if there is None or all(item.text in unwanted for item in there.items):
            return []  # the whole property goes
        return [self._cut(item.start, item.end) for item in there.items if item.text in unwanted]

    @property
    def is_empty(self) -> bool:
        """Tell whether it says nothing at all."""
        return not self.properties


def new_packet(
    values: Mapping[PropertyName, str], items: Mapping[PropertyName, Sequence[str]]
) -> bytes:
    """Write a packet that makes a whole sidecar."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="GeoGuess">\n'
        f' <rdf:RDF xmlns:rdf="{RDF}">\n'
        f"{_description('', values, items)}"
        " </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>\n'
    ).encode()


def _description(
    about: str, values: Mapping[PropertyName, str], items: Mapping[PropertyName, Sequence[str]]
) -> str:
    schemas = sorted({name.uri for name in (*values, *items)}, key=lambda uri: _PREFIXES[uri])
    names = "".join(f'\n    xmlns:{_PREFIXES[uri]}="{uri}"' for uri in schemas)
    lines = [f'  <rdf:Description xmlns:rdf="{RDF}" rdf:about={quoteattr(about)}{names}>']
    lines += [f"   <{name}>{escape(text)}</{name}>" for name, text in values.items()]
    for name, texts in items.items():
        entries = "".join(f"<rdf:li>{escape(text)}</rdf:li>" for text in dict.fromkeys(texts))
        lines.append(f"   <{name}><rdf:Bag>{entries}</rdf:Bag></{name}>")
    lines.append("  </rdf:Description>\n")
    return "\n".join(lines)


class _Parser:
    """Finds every top-level property and where its bytes stand."""

    def __init__(self, data: bytes) -> None:
        self.properties: list[Property] = []
        self.about = ""
        self.close: int | None = None
        self._data = data
        self._open: list[str] = []
        self._empty_ends: list[int | None] = []
        self._rdf_depth = 0
        self._scopes: dict[str, list[str]] = {}
        self._property: Property | None = None
        self._item: Item | None = None
        if data.lstrip()[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:2].count(0):
            raise XmpError("its XMP is not in UTF-8")
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartNamespaceDeclHandler = self._open_scope
        parser.EndNamespaceDeclHandler = self._close_scope
        # A packet needs no document type, and one could hide entities that explode.
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser = parser
        try:
            # Padding behind the packet may end in zeros.
            parser.Parse(data.rstrip(b"\0"), True)
        except ExpatError as problem:
            raise XmpError("its XMP is not valid XML") from problem

    def _refuse_doctype(self, *_: object) -> None:
        raise XmpError("its XMP has a document type declaration, which is not allowed")

    def _open_scope(self, prefix: str | None, uri: str | None) -> None:
        self._scopes.setdefault(prefix or "", []).append(uri or "")

    def _close_scope(self, prefix: str | None) -> None:
        self._scopes[prefix or ""].pop()

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        at = self._parser.CurrentByteIndex
        self._open.append(name)
        end = self._behind(at)
        self._empty_ends.append(end if self._data[end - 2 : end] == b"/>" else None)
        if name == f"{RDF} RDF" and not self._rdf_depth:
            self._rdf_depth = len(self._open)
        below = len(self._open) - self._rdf_depth if self._rdf_depth else 0
        if below == 1 and name == f"{RDF} Description":
            self.about = attributes.get(f"{RDF} about", self.about)
            self._attributes(at, attributes)
        elif below == _PROPERTY and self._open[-2] == f"{RDF} Description":
            uri, _, local = name.rpartition(" ")
            self._property = Property(PropertyName(uri, local), at)
        elif below == _ITEM and name == f"{RDF} li" and self._open[-2] in _CONTAINERS:
            self._item = Item(at)

    def _attributes(self, at: int, attributes: Mapping[str, str]) -> None:
        found = _TAG_END.match(self._data, at)
        if found is None:
            raise XmpError("its XMP is not valid XML")
        for match in _ATTRIBUTE.finditer(self._data, at, found.end()):
            prefix, local = match[1].decode(), match[2].decode()
            uri = (self._scopes.get(prefix) or [""])[-1]
            if prefix == "xmlns" or uri in ("", RDF):
                continue
            text = attributes.get(f"{uri} {local}", "")
            self.properties.append(
                Property(PropertyName(uri, local), match.start(), match.end(), text)
            )

    def _end(self, name: str) -> None:
        at = self._parser.CurrentByteIndex
        below = len(self._open) - self._rdf_depth
        self._open.pop()
        # For an empty element the parser reports a place behind it.
        empty_end = self._empty_ends.pop()
        closes = empty_end is None
        end = empty_end if empty_end is not None else self._behind(at)
        if name == f"{RDF} RDF" and below == 0 and closes:
            self.close = self._line_start(at)
        elif self._item is not None and below == _ITEM:
            self._item.end = end
            if self._property is not None:
                self._property.items.append(self._item)
            self._item = None
        elif self._property is not None and below == _LIST and name in _CONTAINERS and closes:
            self._property.list_close = at
        elif self._property is not None and below == _PROPERTY:
            self._property.end = end
            self._property.text = self._property.text.strip()
            self.properties.append(self._property)
            self._property = None

    def _behind(self, at: int) -> int:
        """The byte behind the tag at ``at``."""
        found = _TAG_END.match(self._data, at)
        if found is None:
            raise XmpError("its XMP is not valid XML")
        return found.end()

    def _line_start(self, at: int) -> int:
        begin = self._data.rfind(b"\n", 0, at) + 1
        return begin if not self._data[begin:at].strip() else at

    def _text(self, text: str) -> None:
        if self._item is not None:
            self._item.text += text
        elif self._property is not None:
            self._property.text += text
