// Places on the WGS84 ellipsoid: UTM and MGRS (Karney's series), distance and bearing (Vincenty), metres about an origin.

import Mgrs, { LatLon as Ellipsoidal, Utm } from "geodesy/mgrs.js";
import Vincenty from "geodesy/latlon-ellipsoidal-vincenty.js";

export interface Place {
  lat_deg: number;
  lon_deg: number;
}

/** Grids of UTM and MGRS end at these latitudes. */
export const UTM_SOUTH_DEG = -80;
export const UTM_NORTH_DEG = 84;

/** `32T 465403 5247151`, the letter being the latitude band; null beyond 84° N and 80° S. */
export function utm_text(place: Place): string | null {
  const mgrs = mgrs_of(place);
  if (!mgrs) return null;
  const utm = new Ellipsoidal(place.lat_deg, place.lon_deg).toUtm();
  return `${utm.zone}${mgrs.band} ${utm.easting.toFixed(0)} ${utm.northing.toFixed(0)}`;
}

/** `32T MT 65403 47150`: the square metre in which the place lies; null beyond 84° N and 80° S. */
export function mgrs_text(place: Place): string | null {
  return mgrs_of(place)?.toString(10) ?? null;
}

function mgrs_of(place: Place): Mgrs | null {
  if (!(place.lat_deg >= UTM_SOUTH_DEG && place.lat_deg <= UTM_NORTH_DEG)) return null;
  return new Ellipsoidal(place.lat_deg, place.lon_deg).toUtm().toMgrs();
}

/** `47.376900, 8.541700`: to about a decimetre, finer than anything here is known. */
export function degrees_text(place: Place): string {
  return `${place.lat_deg.toFixed(6)}, ${place.lon_deg.toFixed(6)}`;
}

export function place_of_utm(zone: number, hemisphere: "N" | "S", easting_m: number, northing_m: number): Place {
  const { lat, lon } = new Utm(zone, hemisphere, easting_m, northing_m).toLatLon();
  return { lat_deg: lat, lon_deg: lon };
}

/** The middle of the square that a reference names, and the square's edge. */
export function place_of_mgrs(reference: string): { place: Place; size_m: number } {
  const [, zone, band, square, digits] = /^(\d{1,2})([C-HJ-NP-X])([A-Z]{2})(\d*)$/.exec(reference) ?? [];
  if (!zone || !band || !square || digits === undefined) throw new RangeError("not an MGRS reference");
  const half = digits.length / 2;
  if (!Number.isInteger(half) || half < 1 || half > 5) throw new RangeError("an MGRS reference has 2, 4, 6, 8 or 10 digits");
  const size_m = 10 ** (5 - half);
  const [east, north] = [digits.slice(0, half), digits.slice(half)].map((part) => (Number(part) + 0.5) * size_m);
  const corner = new Mgrs(Number(zone), band, square[0]!, square[1]!, east!, north!).toUtm();
  return { place: place_of_utm(corner.zone, corner.hemisphere, corner.easting, corner.northing), size_m };
}

/** Along the shortest way; bearing from true north, 0 to 360 degrees. */
export function way(from: Place, to: Place): { distance_m: number; bearing_deg: number } {
  const [start, end] = [from, to].map((place) => new Vincenty(place.lat_deg, place.lon_deg));
  const distance_m = start!.distanceTo(end!);
  const bearing_deg = distance_m === 0 ? 0 : start!.initialBearingTo(end!);
  return { distance_m, bearing_deg: ((bearing_deg % 360) + 360) % 360 };
}

/** Metres of a degree of latitude and of longitude at this latitude, by the ellipsoid's radii of curvature. */
export function degree_m(lat_deg: number): { north: number; east: number } {
  const [a, e2] = [6378137, 0.00669437999014];
  const lat = (lat_deg * Math.PI) / 180;
  const w2 = 1 - e2 * Math.sin(lat) ** 2;
  const rad = Math.PI / 180;
  return { north: (rad * a * (1 - e2)) / w2 ** 1.5, east: (rad * a * Math.cos(lat)) / Math.sqrt(w2) };
}

/** The place that lies so far north and east of an origin; for some kilometres. */
export function moved(origin: Place, north_m: number, east_m: number): Place {
  const degree = degree_m(origin.lat_deg);
  return { lat_deg: origin.lat_deg + north_m / degree.north, lon_deg: origin.lon_deg + east_m / degree.east };
}

export function offset_m(origin: Place, place: Place): { north_m: number; east_m: number } {
  const degree = degree_m(origin.lat_deg);
  return { north_m: (place.lat_deg - origin.lat_deg) * degree.north, east_m: (place.lon_deg - origin.lon_deg) * degree.east };
}

/** Outline of the ellipse that holds `share` of a normal distribution with this covariance, as places. */
export function ellipse(centre: Place, north_m2: number, covariance_m2: number, east_m2: number, share: number): Place[] {
  // of two dimensions the squared radius that holds a share p is -2 ln(1 - p)
  const scale = Math.sqrt(-2 * Math.log(1 - share));
  const [mean, half] = [(north_m2 + east_m2) / 2, (north_m2 - east_m2) / 2];
  const root = Math.hypot(half, covariance_m2);
  const [long, short] = [Math.sqrt(Math.max(0, mean + root)), Math.sqrt(Math.max(0, mean - root))];
  const turn = Math.atan2(covariance_m2, half) / 2;
  return Array.from({ length: 72 }, (_, step) => {
    const angle = (step * 2 * Math.PI) / 72;
    const [u, v] = [scale * long * Math.cos(angle), scale * short * Math.sin(angle)];
    return moved(centre, u * Math.cos(turn) - v * Math.sin(turn), u * Math.sin(turn) + v * Math.cos(turn));
  });
}

const POINTS = ["N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"];

/** The point of the compass nearest a bearing. */
export function compass_point(bearing_deg: number): string {
  return POINTS[Math.round((((bearing_deg % 360) + 360) % 360) / 22.5) % 16]!;
}
