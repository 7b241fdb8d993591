// A place as people write it: degrees (decimal, minutes, seconds), UTM, MGRS. Refusals say what would do.

import { place_of_mgrs, place_of_utm, UTM_NORTH_DEG, UTM_SOUTH_DEG, type Place } from "./geo.ts";

/** What was read: the place, as what, and how exact the writing is. */
export interface ReadPlace {
  place: Place;
  as: "degrees" | "UTM" | "MGRS";
  /** Edge of the square that the writing names; null of degrees and UTM. */
  size_m: number | null;
}

const EXAMPLES = "write 47.3769, 8.5417 or 47°22'37\"N 8°32'30\"E or 32T 465403 5247151 or 32T MT 65403 47150";

/** Reads a place; throws an Error whose message is for the one who typed it. */
export function read_place(text: string): ReadPlace {
  const line = text.trim().toUpperCase().replaceAll("−", "-").replace(/\s+/g, " ");
  if (line === "") throw new Error(EXAMPLES);
  return read_mgrs(line) ?? read_utm(line) ?? read_degrees(line);
}

function read_mgrs(line: string): ReadPlace | null {
  const tight = line.replace(/[\s-]/g, "");
  if (!/^\d{1,2}[A-Z]{3}\d*$/.test(tight)) return null;
  try {
    const { place, size_m } = place_of_mgrs(tight);
    if (!(Math.abs(place.lat_deg) <= 90)) throw new RangeError("it lies nowhere");
    return { place, as: "MGRS", size_m };
  } catch (cause) {
    throw new Error(`${line} is no MGRS reference: ${(cause as Error).message}; like 32T MT 65403 47150`);
  }
}

const BANDS = "CDEFGHJKLMNPQRSTUVWX";

function read_utm(line: string): ReadPlace | null {
  const parts = /^(\d{1,2}) ?([A-Z]|NORTH|SOUTH),? ?(\d{5,6}(?:\.\d+)?) ?M?E?,? (\d{1,8}(?:\.\d+)?) ?M?N?$/.exec(line);
  if (!parts) return null;
  const [zone, letter, easting_m, northing_m] = [Number(parts[1]), parts[2]!, Number(parts[3]), Number(parts[4])];
  if (zone < 1 || zone > 60) throw new Error(`there is no UTM zone ${zone}: they go from 1 to 60`);
  if (letter.length === 1 && !BANDS.includes(letter)) throw new Error(`there is no UTM band ${letter}: they go from C to X`);
  if (easting_m < 100_000 || easting_m > 900_000) throw new Error("an easting lies between 100000 and 900000 m");
  if (northing_m > 10_000_000) throw new Error("a northing lies between 0 and 10000000 m");
  const north = place_of_utm(zone, "N", easting_m, northing_m);
  const south = () => place_of_utm(zone, "S", easting_m, northing_m);
  const as = "UTM" as const;
  if (letter === "SOUTH") return { place: south(), as, size_m: null };
  if (letter === "NORTH" || letter === "N") return { place: north, as, size_m: null };
  if (letter === "S") {
    // S is a band of the north and a word for the south: only the northing can tell
    if (north.lat_deg < 31.5 || north.lat_deg > 40.5) return { place: south(), as, size_m: null };
    throw new Error(`S may be the band of 32° to 40° north or the southern half: write ${zone} north or ${zone} south`);
  }
  const place = letter > "N" ? north : south();
  const band_south_deg = (BANDS.indexOf(letter) - 10) * 8;
  const band_north_deg = letter === "X" ? UTM_NORTH_DEG : band_south_deg + 8;
  if (place.lat_deg < band_south_deg - 0.5 || place.lat_deg > band_north_deg + 0.5) {
    throw new Error(`this northing does not lie in band ${letter} (${band_south_deg}° to ${band_north_deg}°)`);
  }
  return { place, as, size_m: null };
}

function read_degrees(line: string): ReadPlace {
  const plain = /^([-+]?\d+(?:\.\d+)?)°?(?: ?[,;] ?| )([-+]?\d+(?:\.\d+)?)°?$/.exec(line);
  const [lat_deg, lon_deg] = plain ? [Number(plain[1]), Number(plain[2])] : lettered(line);
  if (Math.abs(lat_deg) > 90) throw new Error(`a latitude of ${lat_deg}° is none: latitude stands first, -90 to 90`);
  if (Math.abs(lon_deg) > 180) throw new Error(`a longitude of ${lon_deg}° is none: -180 to 180`);
  return { place: { lat_deg, lon_deg }, as: "degrees", size_m: null };
}

/** Two angles with N, S, E, W before or behind each. */
function lettered(line: string): [number, number] {
  const angles = line.match(/[NS][^NSEW]*[EW][^NSEW]*$|^[^NSEW]*[NS][^NSEW]*[EW]$/);
  if (!angles) throw new Error(`${line} is no place that is known here: ${EXAMPLES}`);
  const ahead = /^[NS]/.test(line);
  const halves = ahead ? line.split(/(?=[EW])/) : line.split(/(?<=[NS])/);
  const [lat, lon] = halves.map(angle_deg);
  return [lat ?? NaN, lon ?? NaN];
}

function angle_deg(text: string): number {
  const numbers = text.match(/\d+(?:\.\d+)?/g)?.map(Number) ?? [];
  const [degrees = NaN, minutes = 0, seconds = 0] = numbers;
  if (Number.isNaN(degrees) || numbers.length > 3) throw new Error(`${text.trim()} is no angle: ${EXAMPLES}`);
  if (minutes >= 60 || seconds >= 60) throw new Error(`${text.trim()}: minutes and seconds are below 60`);
  const deg = degrees + minutes / 60 + seconds / 3600;
  return /[SW-]/.test(text) ? -deg : deg;
}

/** Whether UTM and MGRS reach this place. */
export function has_grid(place: Place): boolean {
  return place.lat_deg >= UTM_SOUTH_DEG && place.lat_deg <= UTM_NORTH_DEG;
}
