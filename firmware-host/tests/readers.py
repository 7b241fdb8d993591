"""Reads reports of every form with readers that nobody here wrote; prints what is in each as JSON, or says what is wrong and ends with 1.

KML against the schemas of OGC KML 2.2 (fastkml has them), GPX 1.1 by gpxpy and the order of its schema, GeoJSON by the rules of RFC 7946,
XLSX by openpyxl, MCAP by mcap, CSV, JSON, HTML and ZIP by Python's own.
"""

import csv
import io
import json
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

import gpxpy
import openpyxl
from fastkml.validator import validate
from lxml import etree
from mcap.reader import make_reader
from pygeoif.geometry import LinearRing

KML = "{http://www.opengis.net/kml/2.2}"
GPX = "{http://www.topografix.com/GPX/1/1}"
# Elements in the order of the schema of GPX 1.1.
POINT = "ele time magvar geoidheight name cmt desc src link sym type fix sat hdop vdop pdop ageofdgpsdata dgpsid extensions".split()
WAY = "name cmt desc src link number type extensions".split()
ORDER = {
    "gpx": "metadata wpt rte trk extensions".split(),
    "metadata": "name desc author copyright link time keywords bounds extensions".split(),
    "wpt": POINT, "trkpt": POINT, "rtept": POINT, "trk": WAY + ["trkseg"], "rte": WAY + ["rtept"], "trkseg": ["trkpt", "extensions"],
}
# HTML elements without an end.
VOID = {"meta", "br", "input", "img", "link", "hr", "col", "wbr"}


def need(holds, why):
    if not holds:
        raise ValueError(why)


def no_constant(word):
    raise ValueError(f"{word} is no JSON")


def strict_json(text):
    return json.loads(text, parse_constant=no_constant)


def kml(path):
    need(validate(file_to_validate=str(path)) is True, "not valid by the schemas of KML 2.2")
    return {"names": sorted({name.text for name in etree.parse(str(path)).findall(f".//{KML}Placemark/{KML}name")})}


def kmz(path):
    with zipfile.ZipFile(path) as packed, TemporaryDirectory() as folder:
        need(packed.testzip() is None and packed.namelist()[0] == "doc.kml", "doc.kml is not its first file, or broken")
        return kml(Path(packed.extract("doc.kml", folder)))


def gpx(path):
    root = etree.parse(str(path)).getroot()
    need(root.tag == f"{GPX}gpx" and root.get("version") == "1.1" and root.get("creator"), "no GPX 1.1")
    for element in root.iter(f"{GPX}*"):
        order = ORDER.get(etree.QName(element).localname)
        if order is not None:
            places = [order.index(etree.QName(child).localname) for child in element]
            need(places == sorted(places), f"{element.tag}: its elements are not in the order of the schema")
    with open(path, encoding="utf-8") as file:
        read = gpxpy.parse(file, version="1.1")
    return {"waypoints": len(read.waypoints), "tracks": len(read.tracks), "points": read.get_track_points_no()}


def geojson(path):
    read = strict_json(path.read_text("utf-8"))
    need(read["type"] == "FeatureCollection" and "crs" not in read, "no collection, or a crs, which RFC 7946 leaves out")

    def position(at):
        need(2 <= len(at) <= 3 and abs(at[0]) <= 180 and abs(at[1]) <= 90, f"{at} is no longitude and latitude")

    def polygon(rings):
        for index, ring in enumerate(rings):
            for at in ring:
                position(at)
            need(len(ring) >= 4 and ring[0] == ring[-1], "a ring is not closed")
            # 3.1.6: outer rings run counterclockwise, holes clockwise
            need(LinearRing([at[:2] for at in ring]).is_ccw == (index == 0), f"ring {index} runs the wrong way round")

    for feature in read["features"]:
        need(feature["type"] == "Feature" and isinstance(feature["properties"], dict), "no feature, or without properties")
        # 3.2: null where a feature has no place, as a folder of CalTopo's
        if feature["geometry"] is None:
            continue
        kind, told = feature["geometry"]["type"], feature["geometry"]["coordinates"]
        if kind == "Point":
            position(told)
        elif kind == "LineString":
            need(len(told) >= 2, "a line of one place")
            for at in told:
                position(at)
        elif kind == "Polygon":
            polygon(told)
        elif kind == "MultiPolygon":
            for one in told:
                polygon(one)
        else:
            raise ValueError(f"a {kind} is not expected")
    return {"names": sorted({feature["properties"]["title"] for feature in read["features"] if feature["geometry"]})}


def table(path):
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"), newline=""), strict=True))
    need(all(len(row) == len(rows[0]) for row in rows), "rows of different lengths")
    kinds = [row[rows[0].index("kind")] for row in rows[1:]]
    return {"rows": len(kinds), "estimates": kinds.count("estimate"), "detections": kinds.count("detection")}


def xlsx(path):
    book = openpyxl.load_workbook(path)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    need(not any(cell.data_type in "fe" for cell in cells), "a text became a formula or an error")
    return {"sheets": len(book.sheetnames), "cells": len(cells)}


def mcap(path):
    with open(path, "rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary, count, last = reader.get_summary(), 0, {}
        for schema, channel, message in reader.iter_messages():
            need(schema.encoding == "jsonschema" and channel.message_encoding == "json", "not JSON by a schema")
            strict_json(message.data)
            need(message.log_time >= last.get(channel.id, 0), f"{channel.topic} goes back in time")
            last[channel.id], count = message.log_time, count + 1
        need(summary.statistics.message_count == count, "its summary counts other messages")
        return {"messages": count, "topics": sorted(channel.topic for channel in summary.channels.values())}


class Page(HTMLParser):
    """Whether what begins ends, and how many tables there are."""

    def __init__(self):
        super().__init__()
        self.open, self.tables = [], 0

    def handle_starttag(self, tag, attrs):
        self.tables += tag == "table"
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            need(name not in ("src", "href") or value.startswith("#"), f"it needs {value}")

    def handle_endtag(self, tag):
        need(self.open and self.open.pop() == tag, f"</{tag}> ends what did not begin last")


def html(path):
    page = Page()
    page.feed(path.read_text("utf-8"))
    need(not page.open, f"{page.open} do not end")
    return {"tables": page.tables}


def told(path):
    read = strict_json(path.read_text("utf-8"))
    return {"flights": len(read.get("flights", [read]))}


READERS = {".kml": kml, ".kmz": kmz, ".gpx": gpx, ".geojson": geojson, ".csv": table, ".xlsx": xlsx, ".mcap": mcap, ".html": html, ".json": told}
found = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    if path.suffix in READERS:
        try:
            found[path.name] = READERS[path.suffix](path)
        except Exception as error:
            sys.exit(f"{path.name}: {type(error).__name__}: {error}")
print(json.dumps(found))
