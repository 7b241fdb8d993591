//! The way from an emitter to the antenna, a scenario's `[world.propagation]`; and classes of country, each by its source, of which one
//! sets what the section's own keys do not.
//!
//! Share in sight, excess loss and spread: Al-Hourani et al. 2014 ([`Clutter`]), at 700 MHz, the lowest of their frequencies. The
//! distance over which shadowing decorrelates and Rician K at the horizon: 3GPP TR 38.901, table 7.5-6. K overhead, and that it rises
//! straight in decibels: M. M. Azari, F. Rosas, K.-C. Chen & S. Pollin, "Ultra reliable UAV communication using altitude and cooperation
//! diversity", IEEE Trans. Commun. 66 (2018).

use super::clutter::{Clutter, Group, Sight};
use serde::Deserialize;
use skyhound::propagation::Model;

/// The way from an emitter to the antenna.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Written")]
pub struct Propagation {
    pub model: PathLoss,
    /// Exponent of the log-distance law; 2 = free space.
    pub exponent: f64,
    /// Loss beyond that law, and the spread of log-normal shadowing. As written: `class`, or `shadow_sigma_db` for one at every angle.
    pub clutter: Clutter,
    /// Distance at which its autocorrelation has fallen to 1/e (Gudmundson 1991).
    pub shadow_decorrelation_m: f64,
    pub fading: Fading,
    /// K with the aircraft at the horizon; between there and overhead it rises straight with the angle.
    pub rician_k_db: f64,
    pub rician_k_overhead_db: f64,
    /// Magnitude of the ground's reflection coefficient in the two-ray model; its phase is π.
    pub ground_reflection: f64,
}

impl Default for Propagation {
    /// As rough as the AERPAW rover search of SKYHOUND_DATA (residuals of 9.5 dB, correlated over some 50 m; these settings give
    /// 8 dB over 27 m on its path, 7 to 10 dB on the four collar tracks' paths). Those collar tracks themselves are smooth, 1.7 to
    /// 4.4 dB: [`Class::Open`] gives 1.5 to 3.1 dB. `world::tests::tracks` holds both.
    fn default() -> Propagation {
        Propagation {
            model: PathLoss::LogDistance,
            exponent: 2.2,
            clutter: Clutter::Even { sigma_db: 10.0 },
            shadow_decorrelation_m: 35.0,
            fading: Fading::Rician,
            rician_k_db: 9.0,
            rician_k_overhead_db: 9.0,
            ground_reflection: 0.7,
        }
    }
}

impl Propagation {
    /// Mean path loss as the engine knows it.
    pub fn law(&self) -> Model {
        match self.model {
            PathLoss::FreeSpace => Model::FreeSpace,
            PathLoss::LogDistance => Model::LogDistance(self.exponent),
            PathLoss::TwoRay => Model::TwoRay(self.ground_reflection),
        }
    }
}

/// Mean path loss.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathLoss {
    /// Friis.
    FreeSpace,
    /// Friis to 1 m, then 10·n·log10(d).
    LogDistance,
    /// Direct ray and one reflected by the ground.
    TwoRay,
}

/// Small-scale fading. Its Doppler is the aircraft's speed over the wavelength (Clarke's spectrum).
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fading {
    None,
    /// A direct ray and scatter.
    Rician,
    /// Scatter only.
    Rayleigh,
}

/// A class of country.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Fields and bare hillsides: always in sight. Spread: A. Al-Hourani & K. Gomez, "Modeling cellular-to-UAV path-loss for suburban
    /// environments", IEEE Wireless Commun. Lett. 7 (2018); K 12 dB at every angle (D. W. Matolak & R. Sun, "Air-ground channel
    /// characterization for unmanned aircraft systems", IEEE Trans. Veh. Technol. 66, 2017: 12 to 14 dB in the L band).
    Open,
    /// Woods and hills: what stands there is as dense and as high as in a suburb (a tenth of the land, 8 m).
    Rolling,
    /// Streets.
    Urban,
    /// The worst case: the same spread at every angle, also straight overhead.
    RoughCountry,
}

impl Class {
    fn propagation(self) -> Propagation {
        let rough = Propagation::default();
        let by_sight = |sight, decorrelation_m, rician_k_db: [f64; 2]| Propagation {
            exponent: 2.0,
            clutter: Clutter::Sight(sight),
            shadow_decorrelation_m: decorrelation_m,
            rician_k_db: rician_k_db[0],
            rician_k_overhead_db: rician_k_db[1],
            ..rough.clone()
        };
        match self {
            Class::Open => by_sight(IN_SIGHT, 37.0, [12.0, 12.0]),
            Class::Rolling => by_sight(SUBURBAN, 37.0, [7.0, 15.0]),
            Class::Urban => by_sight(URBAN, 13.0, [5.0, 15.0]),
            Class::RoughCountry => rough,
        }
    }
}

/// The suburban and the urban environment at 700 MHz; their rays were traced from 15° of elevation on.
const SUBURBAN: Sight = Sight {
    a_deg: 4.88,
    b_per_deg: 0.43,
    from_deg: 15.0,
    clear: Group { excess_db: 0.0, sigma_db: 11.53, sigma_per_deg: 0.06 },
    hidden: Group { excess_db: 18.0, sigma_db: 26.53, sigma_per_deg: 0.03 },
};
const URBAN: Sight = Sight {
    a_deg: 9.61,
    b_per_deg: 0.16,
    from_deg: 15.0,
    clear: Group { excess_db: 0.6, sigma_db: 10.98, sigma_per_deg: 0.05 },
    hidden: Group { excess_db: 17.0, sigma_db: 23.31, sigma_per_deg: 0.03 },
};
/// Measured from the ground up at 850 MHz: 5.86 dB at the horizon, 0.41 dB less a degree; here by the exponential through 0° and 10°.
const IN_SIGHT: Sight = Sight {
    a_deg: 0.0,
    b_per_deg: 0.0,
    from_deg: 0.0,
    clear: Group { excess_db: 0.0, sigma_db: 5.86, sigma_per_deg: 0.12 },
    hidden: SUBURBAN.hidden,
};

/// `[world.propagation]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Written {
    class: Option<Class>,
    model: Option<PathLoss>,
    exponent: Option<f64>,
    shadow_sigma_db: Option<f64>,
    shadow_decorrelation_m: Option<f64>,
    fading: Option<Fading>,
    rician_k_db: Option<f64>,
    ground_reflection: Option<f64>,
}

impl From<Written> for Propagation {
    fn from(written: Written) -> Propagation {
        let class = written.class.map_or_else(Propagation::default, Class::propagation);
        Propagation {
            model: written.model.unwrap_or(class.model),
            exponent: written.exponent.unwrap_or(class.exponent),
            clutter: written.shadow_sigma_db.map_or(class.clutter, |sigma_db| Clutter::Even { sigma_db }),
            shadow_decorrelation_m: written.shadow_decorrelation_m.unwrap_or(class.shadow_decorrelation_m),
            fading: written.fading.unwrap_or(class.fading),
            rician_k_db: written.rician_k_db.unwrap_or(class.rician_k_db),
            rician_k_overhead_db: written.rician_k_db.unwrap_or(class.rician_k_overhead_db),
            ground_reflection: written.ground_reflection.unwrap_or(class.ground_reflection),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Propagation {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_class_sets_what_its_own_keys_do_not() {
        let same = |one: &Propagation, other: &Propagation| format!("{one:?}") == format!("{other:?}");
        assert!(same(&read(""), &Propagation::default()));
        assert!(same(&read("class = 'rough_country'"), &Propagation::default()));
        let urban = read("class = 'urban'\nexponent = 2.5\nrician_k_db = 3");
        assert_eq!([urban.exponent, urban.rician_k_db, urban.rician_k_overhead_db], [2.5, 3.0, 3.0]);
        assert!(!urban.clutter.is_even() && read("class = 'urban'\nshadow_sigma_db = 3").clutter.is_even());
        let told = toml::from_str::<Propagation>("sigma = 3").unwrap_err().to_string();
        assert!(told.contains("unknown field `sigma`"), "{told}");
    }

    #[test]
    fn from_open_to_urban_it_is_rougher_and_none_is_rougher_overhead_than_low() {
        let [open, rolling, urban] =
            ["open", "rolling", "urban"].map(|name| read(&format!("class = '{name}'")).clutter);
        for deg in [15.0, 30.0, 45.0] {
            let [a, b, c] = [open, rolling, urban].map(|clutter| clutter.sigma_db(deg));
            assert!(a < b && b < c, "{deg}°: {a} {b} {c}");
        }
        for clutter in [open, rolling, urban] {
            assert!(clutter.sigma_db(70.0) < 0.5 * clutter.sigma_db(15.0) && clutter.excess_db(90.0) < 1.0);
        }
    }
}
