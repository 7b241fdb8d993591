//! `[search]`: what is searched before anything is heard, and what the engine is told of it.

use std::path::PathBuf;

use crate::polygons;
use skyhound::config::{Config, ConfigError, PriorRegion, SearchArea, SearchConfig, SearchPattern, Sought};
use skyhound::geo::Wgs84;
use skyhound::propagation::Surroundings;
use skyhound::sense::reach::{limits, noise_bandwidth_hz};

/// Noise figure of a receiver of which nothing is told, dB, in fields.
const RECEIVER_DB: f64 = 6.0;

/// A prior of no search.
const PRIOR_ALONE: &str = "says where the beacon may lie, and nothing says where it is searched; write search.polygon, or search.centre_lat_deg, centre_lon_deg and radius_m";

/// `[search]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchSettings {
    /// Corners; empty = none.
    pub polygon: Vec<Wgs84>,
    /// Middle of a disc, degrees.
    pub centre_lat_deg: Option<f64>,
    /// See `centre_lat_deg`.
    pub centre_lon_deg: Option<f64>,
    /// Its radius, m.
    pub radius_m: Option<f64>,
    /// File of where the beacon may lie; `None` = evenly over the area.
    pub prior: Option<PathBuf>,
    /// By which pattern.
    pub pattern: SearchPattern,
    /// Track spacing, m; `None` = by what is heard.
    pub spacing_m: Option<f64>,
    /// First heading from true north, rad; `None` = along the polygon.
    pub heading_rad: Option<f64>,
    /// Ground speed, m/s; `None` = `homing.speed_mps`.
    pub speed_mps: Option<f64>,
    /// Height over home that the spacing is reckoned for, m.
    pub height_m: f64,
    /// Fly the route by our own velocities.
    pub flies: bool,
    /// The beacon, dBm.
    pub power_dbm: f64,
    /// What is not known of it, dB.
    pub unsure_db: f64,
    /// Path-loss exponent.
    pub exponent: f64,
    /// Deviation of shadowing, dB.
    pub sigma_db: f64,
    /// Time of one listening, s.
    pub listen_s: f64,
    /// Noise at the antenna, dBm/Hz; `None` = by ITU-R P.372.
    pub floor_dbm_hz: Option<f64>,
    /// Power at the antenna that is 0 dBFS, dBm.
    pub full_scale_dbm: Option<f64>,
}

impl SearchSettings {
    /// What the engine is told, for the first of the channels of `config`; `None` without an area.
    ///
    /// # Errors
    /// No place, or a beacon that cannot be heard in the time given.
    pub(super) fn engine(&self, config: &Config) -> Result<Option<SearchConfig>, ConfigError> {
        let Some(area) = self.area()? else {
            return match self.prior {
                None => Ok(None),
                Some(_) => Err(ConfigError::new("search.prior", PRIOR_ALONE)),
            };
        };
        let (sense, channel) = (&config.sense, &config.sense.channels[0]);
        let needed = limits(sense, &config.analytics, 0, self.listen_s);
        let weakest = needed.first().ok_or_else(|| {
            let mend = format!(
                "{} is not heard within {} s, however strong; write more",
                channel.name, self.listen_s
            );
            ConfigError::new("search.listen_s", mend)
        })?;
        let told = || Surroundings::Rural.noise_dbm_hz(channel.frequency_hz.max(1e5), RECEIVER_DB);
        let sought = Sought {
            power_dbm: self.power_dbm,
            unsure_db: self.unsure_db,
            exponent: self.exponent,
            sigma_db: self.sigma_db,
            cn0_db_hz: weakest.cn0_db_hz,
            listen_s: self.listen_s,
            floor_dbm_hz: self.floor_dbm_hz.unwrap_or_else(told),
            full_scale_dbm: self.full_scale_dbm,
            noise_bandwidth_hz: noise_bandwidth_hz(sense, channel),
        };
        Ok(Some(SearchConfig {
            area,
            prior: self.prior()?,
            pattern: self.pattern,
            spacing_m: self.spacing_m,
            heading_rad: self.heading_rad,
            speed_mps: self.speed_mps.unwrap_or(config.homing.speed_mps),
            height_m: self.height_m,
            sought,
            flies: self.flies,
        }))
    }

    fn prior(&self) -> Result<Vec<PriorRegion>, ConfigError> {
        let Some(path) = &self.prior else { return Ok(Vec::new()) };
        let shown = path.display();
        let refused = |why: String| ConfigError::new("search.prior", why);
        let text = std::fs::read_to_string(path)
            .map_err(|error| refused(format!("{shown} cannot be read: {error}; name a GeoJSON file")))?;
        let polygons = polygons::read(&text)
            .map_err(|polygons::Refused { line, why }| refused(format!("{shown}:{line}: {why}")))?;
        let region =
            |polygon: polygons::Weighted| PriorRegion { corners: polygon.corners, weight: polygon.weight };
        Ok(polygons.into_iter().map(region).collect())
    }

    fn area(&self) -> Result<Option<SearchArea>, ConfigError> {
        let (Some(lat_deg), Some(lon_deg), Some(radius_m)) =
            (self.centre_lat_deg, self.centre_lon_deg, self.radius_m)
        else {
            let polygon = || SearchArea::Polygon(self.polygon.clone());
            return Ok((!self.polygon.is_empty()).then(polygon));
        };
        let center = Wgs84::checked(lat_deg, lon_deg);
        let center =
            center.ok_or_else(|| ConfigError::new("search.centre_lat_deg", "is no place; write one"))?;
        Ok(Some(SearchArea::Disc(center, radius_m)))
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{Flags, Settings};
    use skyhound::config::SearchConfig;

    fn search(more: &[&str]) -> Result<Option<SearchConfig>, skyhound::config::ConfigError> {
        let set: Vec<String> = more.iter().map(ToString::to_string).collect();
        let settings = Settings::load(None, &set, &Flags::default()).unwrap();
        settings.engine(250e3, 433.92e6).map(|config| config.search)
    }

    #[test]
    fn a_prior_is_read_and_what_is_none_is_refused_by_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("poa.geojson");
        let ring = "[[8.5,47.4],[8.501,47.4],[8.501,47.401],[8.5,47.4]]";
        let feature = |poa: f64| {
            format!(
                r#"{{"type":"Feature","properties":{{"poa":{poa}}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
            )
        };
        let all = format!(r#"{{"type":"FeatureCollection","features":[{},{}]}}"#, feature(0.7), feature(0.3));
        std::fs::write(&path, all).unwrap();
        let prior = format!("search.prior={}", path.display());
        let disc = ["search.centre_lat_deg=47.4", "search.centre_lon_deg=8.5", "search.radius_m=200", &prior];
        let read = search(&disc).unwrap().unwrap().prior;
        assert_eq!(read.iter().map(|region| region.weight).collect::<Vec<_>>(), [0.7, 0.3]);
        assert_eq!((read[0].corners.len(), read[0].corners[1].lon_deg), (3, 8.501));
        let refused = |told: &str, set: &[&str]| {
            let error = search(set).unwrap_err();
            assert!(error.key == "search.prior" && error.mend.contains(told), "{error}");
        };
        refused("write search.polygon", &disc[3..]);
        std::fs::write(&path, "{\n\"type\": 3}").unwrap();
        refused("poa.geojson:2: ", &disc);
        std::fs::remove_file(&path).unwrap();
        refused("cannot be read", &disc);
    }
}
