//! Which bins belong to whom, against the plain reading of the rules.

use super::*;
use crate::config::{ChannelConfig, Emission};
use proptest::prelude::*;

fn config(fft_len: usize, channels: &[(f64, f64)]) -> SenseConfig {
    let channel = |&(frequency_hz, bandwidth_hz): &(f64, f64)| ChannelConfig {
        name: "beacon".into(),
        frequency_hz,
        bandwidth_hz,
        emission: Emission::Continuous,
        pulse_width_min_us: 1_000,
        pulse_width_max_us: 100_000,
        pulse_bridge_us: 0,
        pulse_trigger_db: 10.0,
    };
    SenseConfig {
        sample_rate_sps: 256e3,
        center_hz: 0.0,
        more_centers_hz: Vec::new(),
        own_noise: Vec::new(),
        fft_len,
        hop_us: 10_000,
        dc_exclude_hz: Some(1e3),
        spectrum_interval_us: 0,
        false_alarms_per_hour: 0.05,
        channels: channels.iter().map(channel).collect(),
    }
}

fn bins(runs: &[Run]) -> Vec<u32> {
    runs.iter().flat_map(|&(first, length)| first..first + length).collect()
}

#[test]
fn a_channel_collects_its_bins_and_the_spread_of_its_edges() {
    // 1 kHz bins, bin 128 at 0 Hz: 20 to 30 kHz is bins 148 to 158; 1.5 bins beyond are 147 and 159.
    let layout = &channel_bins(&config(256, &[(25e3, 10e3)])).unwrap()[0];
    assert_eq!((layout.collected.clone(), layout.collected_count), (vec![(147, 13)], 13.0));
    assert_eq!((layout.noise_bins, layout.imaged.len()), (10.0, 0));
    let quiet = bins(&layout.quiet);
    // Away from the channel by 6, from its image and DC by 2, within ±115.2 kHz.
    let expected =
        |at: i32| at.abs() <= 115 && at.abs() > 3 && !(14..=36).contains(&at) && !(-32..=-18).contains(&at);
    assert_eq!(quiet, (0..256).filter(|bin| expected(*bin as i32 - 128)).collect::<Vec<_>>());
}

#[test]
fn dc_is_left_out_and_a_band_edge_wraps() {
    let layout = channel_bins(&config(256, &[(4e3, 12e3), (-123e3, 10e3)])).unwrap();
    let own: Vec<i32> = bins(&layout[0].collected).iter().map(|bin| *bin as i32 - 128).collect();
    assert_eq!(own, [-3, -2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    // −128 kHz is also +128 kHz: the guard below it is the band's upper end.
    assert_eq!(bins(&layout[1].collected), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255]);
}

#[test]
fn images_and_neighbours_are_told_apart() {
    let layout = channel_bins(&config(256, &[(40e3, 10e3), (-38e3, 10e3), (50e3, 10e3)])).unwrap();
    // The first reaches 35–45 kHz, beside the third from 45 on: no guard there.
    assert!(bins(&layout[0].collected).iter().all(|bin| *bin < 128 + 46));
    let (first, source) = layout[1].imaged[0];
    assert_eq!(first + source, 256);
    let both: Vec<u32> =
        bins(&layout[1].collected).into_iter().chain(layout[1].imaged.iter().map(|i| i.0)).collect();
    assert_eq!(both.len() as f64, layout[1].collected_count);
}

#[test]
fn a_wide_channel_in_a_coarse_spectrum_still_finds_quiet_bins() {
    let layout = &channel_bins(&config(64, &[(-75e3, 100e3)])).unwrap()[0];
    assert!(count(&layout.quiet) as usize >= QUIET_BINS_MIN);
    let whole = &channel_bins(&config(64, &[(0.0, 256e3)])).unwrap()[0];
    assert!(whole.quiet.is_empty() && whole.groups.is_empty());
}

proptest! {
    #[test]
    fn quiet_bins_are_nobodys_and_groups_are_equal(
        fft_log2 in 6_u32..13,
        middle_khz in -110_f64..110.0,
        width_khz in 0.1_f64..30.0,
        other_khz in -110_f64..110.0,
    ) {
        let config = config(1 << fft_log2, &[(middle_khz * 1e3, width_khz * 1e3), (other_khz * 1e3, 5e3)]);
        prop_assume!(config.check().is_ok());
        let Ok(layout) = channel_bins(&config) else { return Ok(()) };
        for channel in &layout {
            let quiet = bins(&channel.quiet);
            prop_assert!(quiet.is_empty() || (QUIET_BINS_MIN..=QUIET_BINS_MAX).contains(&quiet.len()));
            for other in &layout {
                prop_assert!(bins(&other.collected).iter().all(|bin| !quiet.contains(bin)));
            }
            prop_assert!(channel.groups.len() <= GROUPS_MAX);
            prop_assert!(channel.groups.windows(2).all(|two| two[0].1 == two[1].1));
            prop_assert!(bins(&channel.groups).iter().all(|bin| quiet.contains(bin)));
            prop_assert_eq!(channel.groups.is_empty(), quiet.is_empty());
            prop_assert!(channel.collected_count >= 1.0);
        }
    }
}
