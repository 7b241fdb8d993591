//! MAVLink messages by the names of their fields: values in, payload and frame out, and back.
//!
//! The layouts are data (`fields.txt`: id, name, CRC_EXTRA, fields in the order of the wire, extensions last), because the
//! rig must do what a typed dialect cannot: put any value into any field, send extension fields, read a message in spite of
//! an enum value that it does not know. They were written out of pymavlink's dialect `ardupilotmega`, and a witness test
//! compares them with it. Sources: mavlink.io, "Packet Serialization" and "Field Reordering".
//!
//! Values that a field cannot hold are brought to its nearest one (`as` saturates); a field that a message does not have is
//! an error of the rig itself and panics.

use mavlink::dialects::ardupilotmega as dialect;
use mavlink::{MavlinkVersion, Message as _};
use std::sync::LazyLock;

const MAGIC_2: u8 = 0xFD;
const HEADER_BYTES: usize = 10;
/// Longest payload.
const PAYLOAD_BYTES_MAX: usize = 255;

static LAYOUTS: LazyLock<Vec<Layout>> =
    LazyLock::new(|| include_str!("fields.txt").lines().map(Layout::read).collect());

/// A message's form on the wire.
#[derive(Debug)]
pub struct Layout {
    /// Message id.
    pub id: u32,
    /// Its name.
    pub name: &'static str,
    /// Its fields, in the order of the wire.
    pub fields: Vec<Field>,
    crc_extra: u8,
}

/// A field of a message.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    kind: Kind,
    offset: usize,
    /// Elements of an array; 1 = none.
    count: usize,
}

#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Kind {
    Unsigned(usize),
    Signed(usize),
    Float,
}

impl Kind {
    fn bytes(self) -> usize {
        match self {
            Kind::Unsigned(bytes) | Kind::Signed(bytes) => bytes,
            Kind::Float => 4,
        }
    }
}

impl Layout {
    fn read(line: &'static str) -> Layout {
        let mut words = line.split(' ');
        let mut word = || words.next().expect("a layout begins with id, name, CRC_EXTRA");
        let (id, name, crc_extra) = (number(word()), word(), number(word()));
        let (mut fields, mut offset) = (Vec::new(), 0);
        for word in words {
            let (name, form) = word.split_once(':').expect("a field is name:type");
            let (kind, count) = match form.split_once('[') {
                Some((kind, count)) => (kind, number(count.trim_end_matches(']')) as usize),
                None => (form, 1),
            };
            let kind = match kind {
                "f32" => Kind::Float,
                "char" => Kind::Unsigned(1),
                _ => {
                    let bytes = number(&kind[1..]) as usize / 8;
                    if kind.starts_with('u') { Kind::Unsigned(bytes) } else { Kind::Signed(bytes) }
                }
            };
            fields.push(Field { name, kind, offset, count });
            offset += kind.bytes() * count;
        }
        Layout { id, name, fields, crc_extra: crc_extra as u8 }
    }

    /// The layout of message `id`, if it is one of ours.
    pub fn of(id: u32) -> Option<&'static Layout> {
        LAYOUTS.iter().find(|layout| layout.id == id)
    }

    /// The layout of the message with this name, if it is one of ours.
    pub fn named(name: &str) -> Option<&'static Layout> {
        LAYOUTS.iter().find(|layout| layout.name == name)
    }

    fn field(&self, name: &str) -> &Field {
        let found = self.fields.iter().find(|field| field.name == name);
        found.unwrap_or_else(|| panic!("{} has no field {name}", self.name))
    }
}

fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` in fields.txt is no number"))
}

/// A value on its way into a field.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Value {
    /// Of an integer field, exact.
    Whole(i128),
    /// Of a float field; rounded for an integer one.
    Real(f64),
}

macro_rules! whole {
    ($($kind:ty)*) => {$(
        impl From<$kind> for Value {
            fn from(value: $kind) -> Value {
                Value::Whole(value as i128)
            }
        }
    )*};
}
whole!(u8 i8 u16 i16 u32 i32 u64 i64 bool);

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Real(value)
    }
}

/// A message: its layout and its payload.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its form.
    pub layout: &'static Layout,
    payload: [u8; PAYLOAD_BYTES_MAX],
}

impl Message {
    /// One with all fields zero.
    pub fn new(name: &str) -> Message {
        let layout = Layout::named(name).unwrap_or_else(|| panic!("{name} is not in fields.txt"));
        Message { layout, payload: [0; PAYLOAD_BYTES_MAX] }
    }

    /// One as it came; what MAVLink 2 cut off is zero. `None` when it is not one of ours.
    pub fn read(id: u32, payload: &[u8]) -> Option<Message> {
        let mut message = Message { layout: Layout::of(id)?, payload: [0; PAYLOAD_BYTES_MAX] };
        let count = payload.len().min(PAYLOAD_BYTES_MAX);
        message.payload[..count].copy_from_slice(&payload[..count]);
        Some(message)
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.layout.name
    }

    /// Its payload, with the zeros at its end.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// With `value` in field `name` (of an array, in its first element).
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Message {
        self.put(self.layout.field(name), 0, value.into());
        self
    }

    /// With `values` in the first elements of the array `name`.
    #[must_use]
    pub fn with_all<V: Into<Value> + Copy>(mut self, name: &str, values: &[V]) -> Message {
        for (index, value) in values.iter().enumerate() {
            self.put(self.layout.field(name), index, (*value).into());
        }
        self
    }

    /// With each of `values` in the field whose name stands in its place.
    #[must_use]
    pub fn with_each<V: Into<Value>, const N: usize>(self, names: [&str; N], values: [V; N]) -> Message {
        names.iter().zip(values).fold(self, |message, (name, value)| message.with(name, value))
    }

    /// With `value` in field `name`, if the message has one.
    #[must_use]
    pub fn with_if_there(mut self, name: &str, value: impl Into<Value>) -> Message {
        if let Some(field) = self.layout.fields.iter().find(|field| field.name == name) {
            self.put(field, 0, value.into());
        }
        self
    }

    /// With the first bytes of `text`, as many as fit, in field `name`.
    #[must_use]
    pub fn with_text(self, name: &str, text: &str) -> Message {
        let count = text.len().min(self.layout.field(name).count);
        self.with_all(name, &text.as_bytes()[..count])
    }

    /// Puts `value` into an element of a field.
    pub fn put(&mut self, field: &Field, index: usize, value: Value) {
        assert!(index < field.count, "{}.{} has {} elements", self.layout.name, field.name, field.count);
        let bytes = field.kind.bytes();
        let at = field.offset + index * bytes;
        let into = &mut self.payload[at..at + bytes];
        let (real, whole) = match value {
            Value::Whole(whole) => (whole as f32, whole),
            Value::Real(real) => (real as f32, real.round() as i128),
        };
        let (least, most) = range(field.kind);
        match field.kind {
            Kind::Float => into.copy_from_slice(&real.to_le_bytes()),
            _ => into.copy_from_slice(&whole.clamp(least, most).to_le_bytes()[..bytes]),
        }
    }

    /// Puts the absurd `value` of an integer field, or of a float field, into every element.
    pub fn spoil(&mut self, field: &Field, real: f64, whole: fn(i128, i128) -> i128) {
        let (least, most) = range(field.kind);
        let value = match field.kind {
            Kind::Float => Value::Real(real),
            _ => Value::Whole(whole(least, most)),
        };
        for index in 0..field.count {
            self.put(field, index, value);
        }
    }

    /// The number in an integer field; of an array, element `index`.
    pub fn whole_at(&self, name: &str, index: usize) -> i64 {
        let field = self.layout.field(name);
        let bytes = field.kind.bytes();
        let at = field.offset + index * bytes;
        let mut wide = [0; 8];
        wide[..bytes].copy_from_slice(&self.payload[at..at + bytes]);
        let unused_bits = 64 - 8 * bytes;
        match field.kind {
            Kind::Unsigned(_) => u64::from_le_bytes(wide) as i64,
            Kind::Signed(_) => (i64::from_le_bytes(wide) << unused_bits) >> unused_bits,
            Kind::Float => self.real(name) as i64,
        }
    }

    /// The number in an integer field.
    pub fn whole(&self, name: &str) -> i64 {
        self.whole_at(name, 0)
    }

    /// The number in any field.
    pub fn real(&self, name: &str) -> f64 {
        let field = self.layout.field(name);
        match field.kind {
            Kind::Float => f64::from(f32::from_le_bytes(self.raw(name))),
            _ => self.whole(name) as f64,
        }
    }

    /// The number in a byte field.
    pub fn byte(&self, name: &str) -> u8 {
        self.whole(name) as u8
    }

    /// The four bytes of a field as they are, for values that are bytes in a float's place.
    pub fn raw(&self, name: &str) -> [u8; 4] {
        let at = self.layout.field(name).offset;
        std::array::from_fn(|index| self.payload[at + index])
    }

    /// With four bytes as they are in a float's place.
    #[must_use]
    pub fn with_raw(mut self, name: &str, bytes: [u8; 4]) -> Message {
        let at = self.layout.field(name).offset;
        self.payload[at..at + 4].copy_from_slice(&bytes);
        self
    }

    /// The text in a field, up to its first NUL; empty when it is no UTF-8.
    pub fn text(&self, name: &str) -> &str {
        let field = self.layout.field(name);
        let bytes = &self.payload[field.offset..field.offset + field.count];
        let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
        std::str::from_utf8(&bytes[..end]).unwrap_or_default()
    }

    /// With its addressee, if the message has room for one.
    #[must_use]
    pub fn to(self, to: (u8, u8)) -> Message {
        self.with_if_there("target_system", to.0).with_if_there("target_component", to.1)
    }

    /// The MAVLink 2 frame, from (system, component).
    pub fn frame(&self, from: (u8, u8), sequence: u8) -> Vec<u8> {
        framed(self.layout.id, &self.payload, self.layout.crc_extra, from, sequence)
    }
}

/// The MAVLink 2 frame of a message of any kind that the dialect has; `None` when it has not.
pub fn frame(id: u32, payload: &[u8], from: (u8, u8), sequence: u8) -> Option<Vec<u8>> {
    let known = Layout::of(id).map(|layout| layout.crc_extra);
    let crc_extra = known.or_else(|| Some(dialect::MavMessage::extra_crc(id)).filter(|&crc| crc != 0))?;
    Some(framed(id, payload, crc_extra, from, sequence))
}

fn framed(id: u32, payload: &[u8], crc_extra: u8, from: (u8, u8), sequence: u8) -> Vec<u8> {
    let length = payload.iter().rposition(|&byte| byte != 0).map_or(1, |last| last + 1);
    let id = id.to_le_bytes();
    let mut frame = vec![MAGIC_2, length as u8, 0, 0, sequence, from.0, from.1, id[0], id[1], id[2]];
    frame.extend_from_slice(payload.get(..length).unwrap_or(&[0]));
    let crc = mavlink::calculate_crc(&frame[1..HEADER_BYTES + length], crc_extra);
    frame.extend_from_slice(&crc.to_le_bytes());
    frame
}

/// Target system and component of a message, where it has such fields.
pub fn targets(id: u32, payload: &[u8]) -> (Option<u8>, Option<u8>) {
    if let Some(message) = Message::read(id, payload) {
        let target = |name: &str| {
            let has = message.layout.fields.iter().any(|field| field.name == name);
            has.then(|| message.byte(name))
        };
        return (target("target_system"), target("target_component"));
    }
    dialect::MavMessage::parse(MavlinkVersion::V2, id, payload)
        .map_or((None, None), |message| (message.target_system_id(), message.target_component_id()))
}

fn range(kind: Kind) -> (i128, i128) {
    match kind {
        Kind::Unsigned(bytes) => (0, (1 << (8 * bytes)) - 1),
        Kind::Signed(bytes) => (-(1 << (8 * bytes - 1)), (1 << (8 * bytes - 1)) - 1),
        Kind::Float => (i128::MIN, i128::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dialect's own decoder reads what we write, and its CRC_EXTRA and lengths are ours.
    #[test]
    fn the_dialect_agrees() {
        let beat =
            Message::new("HEARTBEAT").with("custom_mode", 4u8).with("type", 2u8).with("autopilot", 3u8);
        let frame = beat.with("base_mode", 0x81u8).with("system_status", 4u8).frame((7, 1), 9);
        let read = dialect::MavMessage::parse(MavlinkVersion::V2, 0, &frame[10..frame.len() - 2]).unwrap();
        let dialect::MavMessage::HEARTBEAT(read) = read else { panic!("{read:?}") };
        assert_eq!(read.custom_mode, 4);
        assert_eq!(read.mavtype, dialect::MavType::MAV_TYPE_QUADROTOR);
        assert!(read.base_mode.contains(dialect::MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED));
        for layout in LAYOUTS.iter() {
            assert_eq!(dialect::MavMessage::extra_crc(layout.id), layout.crc_extra, "{}", layout.name);
            let id = dialect::MavMessage::message_id_from_name(layout.name);
            assert_eq!(id, Some(layout.id), "{}", layout.name);
        }
    }

    #[test]
    fn values_come_back_and_extremes_saturate() {
        let message = Message::new("GPS_RAW_INT").with("lat", -473_977_420).with("eph", 1e9);
        let message = message.with("yaw", 36_000u16).with("time_usec", u64::MAX);
        assert_eq!(message.whole("lat"), -473_977_420);
        assert_eq!(message.whole("eph"), 65_535);
        assert_eq!(message.whole("yaw"), 36_000);
        assert_eq!(message.whole("time_usec") as u64, u64::MAX);
        let mut spoiled = Message::new("ATTITUDE");
        let field = &spoiled.layout.fields[1];
        spoiled.spoil(field, f64::NAN, |_, most| most);
        assert!(spoiled.real("roll").is_nan() && spoiled.real("pitch") == 0.0);
        let sync = Message::new("TIMESYNC").with("ts1", i64::MAX - 1);
        assert_eq!(sync.whole("ts1"), i64::MAX - 1);
        let text = Message::new("STATUSTEXT").with_text("text", &"x".repeat(60));
        assert_eq!(text.text("text").len(), 50);
    }
}
