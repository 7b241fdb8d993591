//! The ring alone: bytes as they came, and nothing torn.

use super::*;

#[test]
fn each_form_of_samples_comes_out_of_the_ring_as_it_went_in() {
    for format in [SampleFormat::Cu8, SampleFormat::Cs8, SampleFormat::Cs16, SampleFormat::Cf32] {
        let (mut history, reader) = history(&stream(format), 0.05).unwrap();
        let mut bytes = Vec::new();
        assert!(reader.head(0).is_none() && reader.read(0, &mut bytes).is_none());
        // Of a block that is not full, the rest of the last word is nobody's.
        for number in 0..9_u64 {
            let count = 100 - number as usize;
            let samples = (0..count * format.sample_bytes()).map(|n| (n as u64 * 7 + number) as u8).collect();
            let samples: Vec<u8> = match format {
                // Any bits but those that are no number.
                SampleFormat::Cf32 => (0..2 * count).flat_map(|n| (n as f32 - 7.5).to_le_bytes()).collect(),
                _ => samples,
            };
            history.push(&block(format, number * 100, number, AT_433, &samples));
            let head = reader.read(number, &mut bytes).unwrap();
            assert_eq!((head.count, head.tuned, head.stamp.lost_samples), (count, AT_433, number));
            assert_eq!(bytes, samples, "{format:?}");
        }
        assert_eq!((reader.oldest(), reader.end(), reader.is_closed()), (4, 9, false));
        assert!(reader.read(2, &mut bytes).is_none() && reader.read(9, &mut bytes).is_none());
        assert!(reader.head(4).is_some_and(|head| head.stamp.sample_index == 400));
        drop(history);
        assert!(reader.is_closed());
    }
}

#[test]
fn a_reader_that_is_overtaken_reads_nothing_rather_than_half() {
    let (mut history, reader) = history(&stream(SampleFormat::Cs16), 0.02).unwrap();
    let writer = std::thread::spawn(move || {
        for number in 0..60_000_u64 {
            let bytes = [(number as u32).to_le_bytes(); BLOCK].concat();
            history.push(&block(SampleFormat::Cs16, number, 0, AT_433, &bytes));
        }
    });
    let (mut bytes, mut read, mut missed) = (Vec::new(), 0, 0);
    while !reader.is_closed() || read == 0 {
        let number = reader.oldest();
        match reader.read(number, &mut bytes) {
            Some(head) => {
                let expected = [(number as u32).to_le_bytes(); BLOCK].concat();
                assert!(head.stamp.sample_index == number && bytes == expected, "torn at {number}");
                read += 1;
            }
            None => missed += 1,
        }
    }
    writer.join().unwrap();
    assert!(read > 0 && missed > 0, "{read} read, {missed} missed: the two never met");
}
