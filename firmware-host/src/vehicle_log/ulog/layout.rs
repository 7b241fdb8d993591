//! How a topic of a ULog is laid out: `uint64_t timestamp;float[4] q;other_topic nested;…` → where each number stands.

use std::collections::HashMap;

/// Topics within topics; PX4 has two.
const DEPTH_MAX: u32 = 8;
/// A sample's size is told in 16 bits.
const BYTES_MAX: usize = u16::MAX as usize;

/// A number in a sample.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Field {
    kind: Kind,
    at: usize,
}

#[derive(Copy, Clone, Debug, PartialEq)]
enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

impl Field {
    /// Its value in a sample; `None` where that is too short.
    pub fn value(self, sample: &[u8]) -> Option<f64> {
        let rest = sample.get(self.at..)?;
        Some(match self.kind {
            Kind::I8 => f64::from(*rest.first()? as i8),
            Kind::U8 => f64::from(*rest.first()?),
            Kind::I16 => f64::from(i16::from_le_bytes(*rest.first_chunk()?)),
            Kind::U16 => f64::from(u16::from_le_bytes(*rest.first_chunk()?)),
            Kind::I32 => f64::from(i32::from_le_bytes(*rest.first_chunk()?)),
            Kind::U32 => f64::from(u32::from_le_bytes(*rest.first_chunk()?)),
            Kind::I64 => i64::from_le_bytes(*rest.first_chunk()?) as f64,
            Kind::U64 => u64::from_le_bytes(*rest.first_chunk()?) as f64,
            Kind::F32 => f64::from(f32::from_le_bytes(*rest.first_chunk()?)),
            Kind::F64 => f64::from_le_bytes(*rest.first_chunk()?),
        })
    }
}

fn kind_of(name: &str) -> Option<(Kind, usize)> {
    Some(match name {
        "int8_t" => (Kind::I8, 1),
        "uint8_t" | "bool" | "char" => (Kind::U8, 1),
        "int16_t" => (Kind::I16, 2),
        "uint16_t" => (Kind::U16, 2),
        "int32_t" => (Kind::I32, 4),
        "uint32_t" => (Kind::U32, 4),
        "int64_t" => (Kind::I64, 8),
        "uint64_t" => (Kind::U64, 8),
        "float" => (Kind::F32, 4),
        "double" => (Kind::F64, 8),
        _ => return None,
    })
}

/// The numbers of `topic` by their names (of an array `q[2]`), and the bytes up to the end of the last one. Padding at the end is not
/// written.
///
/// # Errors
/// A layout that cannot be.
pub fn layout_of(
    formats: &HashMap<String, String>,
    topic: &str,
) -> Result<(HashMap<String, Field>, usize), String> {
    let mut fields = HashMap::new();
    size(formats, topic, 0, &mut |name, kind, at| {
        fields.insert(name, Field { kind, at });
    })?;
    let bytes = fields.iter().filter(|(name, _)| !name.starts_with("_padding"));
    let bytes = bytes.map(|(_, field)| field.at + width(field.kind)).max().unwrap_or(0);
    Ok((fields, bytes))
}

fn width(kind: Kind) -> usize {
    match kind {
        Kind::I8 | Kind::U8 => 1,
        Kind::I16 | Kind::U16 => 2,
        Kind::I32 | Kind::U32 | Kind::F32 => 4,
        Kind::I64 | Kind::U64 | Kind::F64 => 8,
    }
}

/// Bytes of `topic`, and to `each` its own numbers; of topics within it only the size counts.
fn size(
    formats: &HashMap<String, String>,
    topic: &str,
    depth: u32,
    each: &mut dyn FnMut(String, Kind, usize),
) -> Result<usize, String> {
    let fields = formats.get(topic).ok_or_else(|| format!("the layout of {topic} is told nowhere"))?;
    if depth > DEPTH_MAX {
        return Err(format!("{topic} holds itself"));
    }
    let mut at = 0;
    for field in fields.split(';').filter(|field| !field.is_empty()) {
        let wrong = || format!("the layout of {topic} has a field {field:?}");
        let (kind, name) = field.split_once(' ').ok_or_else(wrong)?;
        let (kind, count) = match kind.strip_suffix(']').and_then(|kind| kind.split_once('[')) {
            Some((kind, count)) => (kind, Some(count.parse::<usize>().map_err(|_| wrong())?)),
            None => (kind, None),
        };
        let (of, bytes) = match kind_of(kind) {
            Some((of, bytes)) => (Some(of), bytes),
            None => (None, size(formats, kind, depth + 1, &mut |_, _, _| {})?),
        };
        let total = bytes.saturating_mul(count.unwrap_or(1));
        if at + total > BYTES_MAX {
            return Err(format!("the layout of {topic} is longer than a message can be"));
        }
        match (of, count) {
            (Some(of), None) => each(name.to_string(), of, at),
            (Some(of), Some(count)) => {
                (0..count).for_each(|n| each(format!("{name}[{n}]"), of, at + n * bytes))
            }
            (None, _) => {}
        }
        at += total;
    }
    Ok(at)
}
