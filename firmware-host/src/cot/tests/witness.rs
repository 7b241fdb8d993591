//! takproto and pytak, which nobody here wrote, read what we send; lxml holds it to a schema of the event. Needs `python3` (or
//! `SKYHOUND_PYTHON`) with them; without, the test says so and is ignored.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use super::peers::{sends, settings};
use super::*;
use crate::witness::python;

/// After MITRE's base schema (what must be there, and in which form), with corners and colours of drawings as TAK's clients read them.
const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:simpleType name="lat"><xs:restriction base="xs:decimal"><xs:minInclusive value="-90"/><xs:maxInclusive value="90"/></xs:restriction></xs:simpleType>
<xs:simpleType name="lon"><xs:restriction base="xs:decimal"><xs:minInclusive value="-180"/><xs:maxInclusive value="180"/></xs:restriction></xs:simpleType>
<xs:simpleType name="kind"><xs:restriction base="xs:string"><xs:pattern value="\w+(-\w+)*"/></xs:restriction></xs:simpleType>
<xs:simpleType name="how"><xs:restriction base="xs:string"><xs:pattern value="[hm](-\w)*"/></xs:restriction></xs:simpleType>
<xs:simpleType name="corner"><xs:restriction base="xs:string"><xs:pattern value="-?\d+(\.\d+)?,-?\d+(\.\d+)?(,-?\d+(\.\d+)?)?"/></xs:restriction></xs:simpleType>
<xs:complexType name="coloured"><xs:attribute name="value" type="xs:int" use="required"/></xs:complexType>
<xs:element name="event"><xs:complexType><xs:all>
  <xs:element name="point"><xs:complexType>
    <xs:attribute name="lat" type="lat" use="required"/><xs:attribute name="lon" type="lon" use="required"/>
    <xs:attribute name="hae" type="xs:decimal" use="required"/><xs:attribute name="ce" type="xs:decimal" use="required"/>
    <xs:attribute name="le" type="xs:decimal" use="required"/></xs:complexType></xs:element>
  <xs:element name="detail" minOccurs="0"><xs:complexType><xs:choice minOccurs="0" maxOccurs="unbounded">
    <xs:element name="contact"><xs:complexType><xs:attribute name="callsign" type="xs:string" use="required"/></xs:complexType></xs:element>
    <xs:element name="track"><xs:complexType><xs:attribute name="course" type="xs:decimal" use="required"/>
      <xs:attribute name="speed" type="xs:decimal" use="required"/></xs:complexType></xs:element>
    <xs:element name="takv"><xs:complexType><xs:attribute name="platform" type="xs:string"/><xs:attribute name="version" type="xs:string"/></xs:complexType></xs:element>
    <xs:element name="status"><xs:complexType><xs:attribute name="battery" type="xs:unsignedByte"/></xs:complexType></xs:element>
    <xs:element name="remarks" type="xs:string"/>
    <xs:element name="link"><xs:complexType><xs:attribute name="point" type="corner"/><xs:attribute name="uid" type="xs:NMTOKEN"/>
      <xs:attribute name="type" type="kind"/><xs:attribute name="relation" type="xs:NCName"/><xs:attribute name="parent_callsign" type="xs:string"/></xs:complexType></xs:element>
    <xs:element name="strokeColor" type="coloured"/><xs:element name="fillColor" type="coloured"/>
    <xs:element name="strokeWeight"><xs:complexType><xs:attribute name="value" type="xs:decimal" use="required"/></xs:complexType></xs:element>
    <xs:element name="labels_on"><xs:complexType><xs:attribute name="value" type="xs:boolean" use="required"/></xs:complexType></xs:element>
    <xs:element name="color"><xs:complexType><xs:attribute name="argb" type="xs:int" use="required"/></xs:complexType></xs:element>
    <xs:element name="archive"/><xs:element name="__forcedelete"/>
  </xs:choice></xs:complexType></xs:element></xs:all>
  <xs:attribute name="version" type="xs:decimal" use="required"/><xs:attribute name="uid" type="xs:NMTOKEN" use="required"/>
  <xs:attribute name="type" type="kind" use="required"/><xs:attribute name="how" type="how" use="required"/>
  <xs:attribute name="time" type="xs:dateTime" use="required"/><xs:attribute name="start" type="xs:dateTime" use="required"/>
  <xs:attribute name="stale" type="xs:dateTime" use="required"/></xs:complexType></xs:element></xs:schema>"#;

const SCRIPT: &str = r#"
import asyncio, socket, sys
from lxml import etree
import pytak, takproto
schema = etree.XMLSchema(etree.fromstring(sys.argv[1]))
count = int(sys.argv[2])
def judged(way, raw):
    schema.assertValid(etree.fromstring(raw))
    told = takproto.parse_proto(bytearray(raw)).cotEvent
    again = takproto.parse_proto(takproto.xml2proto(raw)).cotEvent
    assert again == told
    print(way, told.uid, told.type, told.how, told.sendTime, told.staleTime - told.startTime, round(told.lat, 4), told.ce, told.le,
        repr(told.detail.contact.callsign), told.detail.track.course, told.detail.track.speed, told.detail.status.battery,
        told.detail.xmlDetail.count('<link point='))
class Reader(pytak.RXWorker):
    async def handle_data(self, data): pass
async def main():
    plain = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    plain.bind(('127.0.0.1', 0))
    group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    group.bind(('239.255.77.32', 0))
    group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton('239.255.77.32') + socket.inet_aton('127.0.0.1'))
    got = asyncio.Queue()
    async def taken(reader, writer):
        worker = Reader(got, {}, reader)
        for _ in range(count):
            await got.put((await worker.readcot()).strip())
    server = await asyncio.start_server(taken, '127.0.0.1', 0)
    print(plain.getsockname()[1], group.getsockname()[1], server.sockets[0].getsockname()[1], flush=True)
    for way, heard in [('one', plain), ('group', group)]:
        heard.settimeout(60)
        for _ in range(count):
            judged(way, await asyncio.to_thread(heard.recv, 65536))
    for _ in range(count):
        judged('stream', await asyncio.wait_for(got.get(), 60))
asyncio.run(main())
"#;

#[test]
fn pytak_and_takproto_read_what_we_send() {
    let Some(mut python) = python("lxml, pytak, takproto") else { return };
    let mut live = live();
    // A region of three pieces becomes one of one.
    let before = live.events(NOW_US, &status(), &picture(1, 3));
    let events = live.events(NOW_US, &status(), &picture(98_000_000, 1)).unwrap();
    let count = events.len();
    assert_eq!((before.unwrap().len(), count), (5, 5));
    let mut child = python
        .args(["-c", SCRIPT, SCHEMA, &count.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut ports = String::new();
    out.read_line(&mut ports).unwrap();
    let to: Vec<String> = ports
        .split_whitespace()
        .zip(["udp:127.0.0.1", "udp:239.255.77.32", "tcp:127.0.0.1"])
        .map(|(port, to)| format!("{to}:{port}"))
        .collect();
    assert_eq!(to.len(), 3, "{ports}");
    let sender = sends(&settings(&to), move || Some(events.clone()), |_| {});
    let mut said = String::new();
    out.read_to_string(&mut said).unwrap();
    drop(sender);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    let id = "skyhound.20251009T085320Z-0123abcd";
    // Times in ms since 1970.
    let (now, day, fox) = (1_760_000_100_500_u64, 86_402_500, "'fox <\"&\\'> 🦊'");
    let expected = |way: &str| {
        [
            format!(
                "{way} {id} a-f-A-M-H-Q m-g {now} 30000 47.3 9999999.0 9999999.0 'hound <1>' 271.5 4.25 87 0"
            ),
            format!("{way} {id}.0 a-u-G m-f {now} {day} 47.301 22.4 9999999.0 {fox} 0.0 0.0 0 0"),
            format!(
                "{way} {id}.0.region.0 u-d-f m-f {now} {day} 47.301 9999999.0 9999999.0 'fox <\"&\\'> 🦊 95 %' 0.0 0.0 0 5"
            ),
            format!(
                "{way} {id}.0.region.1.gone t-x-d-d m-g {now} 86400000 0.0 9999999.0 9999999.0 '' 0.0 0.0 0 0"
            ),
            format!(
                "{way} {id}.0.region.2.gone t-x-d-d m-g {now} 86400000 0.0 9999999.0 9999999.0 '' 0.0 0.0 0 0"
            ),
        ]
    };
    let expected = ["one", "group", "stream"].map(expected).concat();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}
