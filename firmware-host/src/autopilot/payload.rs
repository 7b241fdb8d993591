//! Little-endian fields of a payload, by their offset on the wire.
//!
//! Read here and not by the dialect's decoder, because that refuses the whole message for one enum value it does not
//! know: a newer autopilot's heartbeat must still stop us. What MAVLink 2 cut off at the end reads as zero.

/// A message's payload as it came.
#[derive(Copy, Clone)]
pub struct Payload<'a>(pub &'a [u8]);

impl<'a> Payload<'a> {
    fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        let mut bytes = [0; N];
        let there = self.0.get(at..).unwrap_or_default();
        let count = there.len().min(N);
        bytes[..count].copy_from_slice(&there[..count]);
        bytes
    }

    /// One byte.
    pub fn u8(self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// One signed byte.
    pub fn i8(self, at: usize) -> i8 {
        self.u8(at) as i8
    }

    /// Two bytes.
    pub fn u16(self, at: usize) -> u16 {
        u16::from_le_bytes(self.bytes(at))
    }

    /// Two bytes, signed.
    pub fn i16(self, at: usize) -> i16 {
        i16::from_le_bytes(self.bytes(at))
    }

    /// Four bytes.
    pub fn u32(self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    /// Four bytes, signed.
    pub fn i32(self, at: usize) -> i32 {
        i32::from_le_bytes(self.bytes(at))
    }

    /// Eight bytes.
    pub fn u64(self, at: usize) -> u64 {
        u64::from_le_bytes(self.bytes(at))
    }

    /// Eight bytes, signed.
    pub fn i64(self, at: usize) -> i64 {
        i64::from_le_bytes(self.bytes(at))
    }

    /// A float; `None` when it is not finite.
    pub fn finite(self, at: usize) -> Option<f64> {
        let value = f32::from_le_bytes(self.bytes(at));
        value.is_finite().then_some(f64::from(value))
    }

    /// The bytes of a text field of at most `bytes` bytes, up to its first NUL.
    pub fn text(self, at: usize, bytes: usize) -> &'a [u8] {
        let field = self.0.get(at..self.0.len().min(at + bytes)).unwrap_or_default();
        field.split(|&byte| byte == 0).next().unwrap_or_default()
    }
}
