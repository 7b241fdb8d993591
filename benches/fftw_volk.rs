//! The peer that people would use for the sense pass: FFTW (single precision, planned by measuring) and VOLK, doing the same
//! work by their own best loops: samples to floats, window, FFT, |X|², hop sums, one channel's sum.
//!
//! Both are looked up when the bench runs, so nothing is linked: without Debian's `libfftw3-dev` and `libvolk-dev` there is no
//! peer. What VOLK has not (unsigned bytes) is turned into what it has by one pass that the compiler makes SIMD.

use std::ffi::{c_int, c_uint, c_void};
use std::slice::from_raw_parts_mut;

use libloading::Library;

/// `FFTW_FORWARD` and `FFTW_MEASURE` of fftw3.h.
const FORWARD: c_int = -1;
const MEASURE: c_uint = 0;

type Convert<T> = unsafe extern "C" fn(*mut f32, *const T, f32, c_uint);
type Multiply = unsafe extern "C" fn(*mut f32, *const f32, *const f32, c_uint);
type Magnitude = unsafe extern "C" fn(*mut f32, *const f32, c_uint);
type Add = unsafe extern "C" fn(*mut f32, *const f32, *const f32, c_uint);
type Accumulate = unsafe extern "C" fn(*mut f32, *const f32, c_uint);

/// Samples, I and Q in turn.
#[derive(Copy, Clone)]
pub enum Interleaved<'a> {
    /// Offset bytes.
    U8(&'a [u8]),
    /// Signed bytes.
    I8(&'a [i8]),
    /// Signed 16 bits.
    I16(&'a [i16]),
    /// Floats.
    F32(&'a [f32]),
}

/// Both libraries.
pub struct Libraries {
    fftw: Library,
    volk: Library,
}

impl Libraries {
    /// Opens both; `None` where one is not there.
    pub fn open() -> Option<Libraries> {
        // SAFETY: both libraries are plain C, and their initialisers ask nothing of the process.
        let [fftw, volk] = ["libfftw3f.so", "libvolk.so"].map(|name| unsafe { Library::new(name) }.ok());
        Some(Libraries { fftw: fftw?, volk: volk? })
    }

    /// VOLK's dispatcher of that name: a variable, which its first call points to the best kernel of this machine.
    fn kernel<F: Copy>(&self, name: &str) -> *const F {
        // SAFETY: volk.h declares each such name as a variable that holds a pointer to a function of this type.
        let symbol = unsafe { self.volk.get::<*const F>(name.as_bytes()) };
        *symbol.unwrap_or_else(|error| panic!("VOLK's {name}: {error}"))
    }

    fn fftw<F: Copy>(&self, name: &str) -> F {
        // SAFETY: `F` is the type that fftw3.h declares for this name.
        let symbol = unsafe { self.fftw.get::<F>(name.as_bytes()) };
        *symbol.unwrap_or_else(|error| panic!("FFTW's {name}: {error}"))
    }
}

/// Memory of FFTW's own, aligned as it likes it.
struct Floats {
    start: *mut f32,
    len: usize,
    free: unsafe extern "C" fn(*mut c_void),
}

impl Floats {
    fn new(libraries: &Libraries, len: usize) -> Floats {
        let allocate: unsafe extern "C" fn(usize) -> *mut c_void = libraries.fftw("fftwf_malloc");
        // SAFETY: FFTW's malloc takes any size.
        let start = unsafe { allocate(len * size_of::<f32>()) }.cast::<f32>();
        assert!(!start.is_null(), "no memory for {len} floats");
        // SAFETY: `start` has room for `len` floats, and zero bytes are a float.
        unsafe { start.write_bytes(0, len) };
        Floats { start, len, free: libraries.fftw("fftwf_free") }
    }

    fn slice(&mut self) -> &mut [f32] {
        // SAFETY: `new` made and filled `len` floats there, and nobody else has them.
        unsafe { from_raw_parts_mut(self.start, self.len) }
    }
}

impl Drop for Floats {
    fn drop(&mut self) {
        // SAFETY: it came from FFTW's malloc, and is freed once.
        unsafe { (self.free)(self.start.cast()) };
    }
}

/// VOLK's dispatchers, looked up once.
struct Kernels {
    from_i8: *const Convert<i8>,
    from_i16: *const Convert<i16>,
    multiply: *const Multiply,
    magnitude: *const Magnitude,
    add: *const Add,
    accumulate: *const Accumulate,
}

/// The pass of FFTW and VOLK for one FFT length. The library handle lives as long, so its code stays mapped.
pub struct Pass<'l> {
    libraries: &'l Libraries,
    kernels: Kernels,
    fft_len: usize,
    plan: *mut c_void,
    execute: unsafe extern "C" fn(*mut c_void),
    window: Floats,
    floats: Floats,
    windowed: Floats,
    spectrum: Floats,
    power: Floats,
    sums: Floats,
    bytes: Vec<i8>,
}

impl<'l> Pass<'l> {
    /// Plans, by FFTW's own measuring.
    pub fn new(libraries: &'l Libraries, fft_len: usize) -> Pass<'l> {
        type Plan = unsafe extern "C" fn(c_int, *mut f32, *mut f32, c_int, c_uint) -> *mut c_void;
        let plan_dft: Plan = libraries.fftw("fftwf_plan_dft_1d");
        let floats = |count: usize| Floats::new(libraries, count);
        let (windowed, spectrum) = (floats(2 * fft_len), floats(2 * fft_len));
        // SAFETY: both have room for `fft_len` complex floats, and outlive the plan, which this value owns with them.
        let plan = unsafe { plan_dft(fft_len as c_int, windowed.start, spectrum.start, FORWARD, MEASURE) };
        let mut window = floats(fft_len);
        for (at, weight) in window.slice().iter_mut().enumerate() {
            let turn = std::f32::consts::TAU * at as f32 / fft_len as f32;
            *weight = (0.5 - 0.5 * turn.cos()) / fft_len as f32;
        }
        let kernels = Kernels {
            from_i8: libraries.kernel("volk_8i_s32f_convert_32f"),
            from_i16: libraries.kernel("volk_16i_s32f_convert_32f"),
            multiply: libraries.kernel("volk_32fc_32f_multiply_32fc"),
            magnitude: libraries.kernel("volk_32fc_magnitude_squared_32f"),
            add: libraries.kernel("volk_32f_x2_add_32f"),
            accumulate: libraries.kernel("volk_32f_accumulator_s32f"),
        };
        Pass {
            libraries,
            kernels,
            fft_len,
            plan,
            execute: libraries.fftw("fftwf_execute"),
            window,
            floats: floats(2 * fft_len),
            windowed,
            spectrum,
            power: floats(fft_len),
            sums: floats(fft_len),
            bytes: vec![0; 2 * fft_len],
        }
    }

    /// A block's frames: the sum of the powers of bins `first..first + count` over all of them.
    pub fn run(&mut self, block: Interleaved<'_>, first: usize, count: usize) -> f32 {
        let values = 2 * self.fft_len;
        let mut sum = 0.0;
        match block {
            Interleaved::U8(block) => {
                for frame in block.chunks_exact(values) {
                    for (byte, offset) in self.bytes.iter_mut().zip(frame) {
                        *byte = (offset ^ 0x80) as i8;
                    }
                    self.convert(self.kernels.from_i8, self.bytes.as_ptr(), 128.0);
                    sum += self.transform(self.floats.start, first, count);
                }
            }
            Interleaved::I8(block) => {
                for frame in block.chunks_exact(values) {
                    self.convert(self.kernels.from_i8, frame.as_ptr(), 128.0);
                    sum += self.transform(self.floats.start, first, count);
                }
            }
            Interleaved::I16(block) => {
                for frame in block.chunks_exact(values) {
                    self.convert(self.kernels.from_i16, frame.as_ptr(), 32_768.0);
                    sum += self.transform(self.floats.start, first, count);
                }
            }
            Interleaved::F32(block) => {
                for frame in block.chunks_exact(values) {
                    sum += self.transform(frame.as_ptr(), first, count);
                }
            }
        }
        sum
    }

    fn convert<T>(&self, kernel: *const Convert<T>, from: *const T, scale: f32) {
        // SAFETY: one frame is read from `from`, and `floats` holds one.
        unsafe { (*kernel)(self.floats.start, from, scale, 2 * self.fft_len as c_uint) };
    }

    /// One frame of floats, from its window to its channel's power.
    fn transform(&mut self, frame: *const f32, first: usize, count: usize) -> f32 {
        let len = self.fft_len as c_uint;
        let Kernels { multiply, magnitude, add, accumulate, .. } = self.kernels;
        let mut channel = 0.0;
        assert!(first + count <= self.fft_len, "the channel's bins lie in the spectrum");
        // SAFETY: each buffer holds `fft_len` values of its kind, the channel's bins lie in it, and the plan is of these buffers.
        unsafe {
            (*multiply)(self.windowed.start, frame, self.window.start, len);
            (self.execute)(self.plan);
            (*magnitude)(self.power.start, self.spectrum.start, len);
            (*add)(self.sums.start, self.sums.start, self.power.start, len);
            (*accumulate)(&mut channel, self.power.start.add(first), count as c_uint);
        }
        channel
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let destroy: unsafe extern "C" fn(*mut c_void) = self.libraries.fftw("fftwf_destroy_plan");
        // SAFETY: the plan is ours, and is not used after this.
        unsafe { destroy(self.plan) };
    }
}
