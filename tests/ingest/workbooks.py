"""Workbooks written by hand, in the formats that no library here writes: ods, xls, xlsb."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from html import escape

Cell = str | float | None


def ods(rows: Sequence[Sequence[Cell]]) -> bytes:
    """OpenDocument: each value with its type."""

    def cell(value: Cell) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content{spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="Answers">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>'
    )
    return zipped({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


def xlsb(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Excel binary: BIFF12 records within a zip archive ([MS-XLSB] 2.1.4)."""
    sheet = _record(0x81) + _record(0x94, struct.pack("<4I", 0, len(rows) - 1, 0, max(map(len, rows)) - 1))
    sheet += _record(0x91)
    for i, row in enumerate(rows):
        sheet += _record(0x00, struct.pack("<I", i) + bytes(13))
        for j, value in enumerate(row):
            where = struct.pack("<2I", j, 0)
            if isinstance(value, str):
                sheet += _record(0x06, where + struct.pack("<I", len(value)) + value.encode("utf-16-le"))
            elif value is not None:
                sheet += _record(0x05, where + struct.pack("<d", value))
    sheet += _record(0x92) + _record(0x82)
    name, key = "Answers".encode("utf-16-le"), "rId1".encode("utf-16-le")
    bundle = struct.pack("<2I", 0, 1) + struct.pack("<I", 4) + key + struct.pack("<I", 7) + name
    book = _record(0x83) + _record(0x8F) + _record(0x9C, bundle) + _record(0x90) + _record(0x84)
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    return zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{types}"><Default Extension="bin" ContentType="a/b"/></Types>',
            "_rels/.rels": _related(f"{relation}/officeDocument", "xl/workbook.bin"),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": _related(f"{relation}/worksheet", "worksheets/sheet1.bin"),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def xls(rows: Sequence[Sequence[Cell]]) -> bytes:
    """Excel 97: BIFF8 records ([MS-XLS]) as the one stream of a compound file."""

    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<2H", kind, len(content)) + content

    def beginning(kind: int) -> bytes:
        return record(0x0809, struct.pack("<4H2I", 0x0600, kind, 0, 0, 0, 6))

    sheet = beginning(0x10) + record(0x0200, struct.pack("<2I3H", 0, len(rows), 0, max(map(len, rows)), 0))
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            where = struct.pack("<3H", i, j, 0)
            if isinstance(value, str):
                sheet += record(0x0204, where + struct.pack("<HB", len(value), 1) + value.encode("utf-16-le"))
            elif value is not None:
                sheet += record(0x0203, where + struct.pack("<d", value))
    sheet += record(0x0A)
    name = struct.pack("<BB", 7, 0) + b"Answers"
    start = len(beginning(0x05)) + len(record(0x85, bytes(6) + name)) + len(record(0x0A))
    book = beginning(0x05) + record(0x85, struct.pack("<IBB", start, 0, 0) + name) + record(0x0A) + sheet
    return compound("Workbook", book)


def compound(stream: str, content: bytes) -> bytes:
    """A compound file ([MS-CFB]) with one stream: header, allocation table, directory, content."""
    content = content.ljust(4096, b"\0")  # shorter ones are kept elsewhere
    sectors = -(-len(content) // 512)
    chain = [*range(3, sectors + 2), 0xFFFFFFFE]
    table = [0xFFFFFFFD, 0xFFFFFFFE, *chain]
    assert len(table) <= 128
    fat = struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    header = header.ljust(512, b"\xff")

    def entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0" if name else b""
        known = text.ljust(64, b"\0") + struct.pack("<H2B3I", len(text), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return known + bytes(36) + struct.pack("<IQ", first, size)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry(stream, 2, 0xFFFFFFFF, 2, len(content))
    folder += 2 * entry("", 0, 0xFFFFFFFF, 0, 0)
    return header + fat + folder + content.ljust(sectors * 512, b"\0")


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip archive of these parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    """The parts of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _record(kind: int, content: bytes = b"") -> bytes:
    """A BIFF12 record; its type and size in 7 bits a byte."""
    code = bytes([kind]) if kind < 0x80 else bytes([kind, 0x01])
    size, length = b"", len(content)
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return code + size + content


def _related(kind: str, target: str) -> str:
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    one = f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{package}">{one}</Relationships>'
