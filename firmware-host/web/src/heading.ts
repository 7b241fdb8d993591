// Where the aircraft looks: its nose where the autopilot tells it, else its course over the ground. Pure.

import type { VehicleStatus } from "./api.ts";
import { compass_point, offset_m } from "./geo.ts";
import { number, UNKNOWN } from "./format.ts";
import type { TrackPoint } from "./picture.ts";

export interface Heading {
  /** From true north, 0 to 360. */
  deg: number | null;
  of: "nose" | "course";
}

/** A course wants so much way: less is the position's own unrest. */
const WAY_M = 2;
/** Points of the way that are looked back over. */
const BACK = 100;

const turned = (deg: number): number => ((deg % 360) + 360) % 360;

export function heading_of(vehicle: VehicleStatus | undefined, track: TrackPoint[]): Heading {
  if (vehicle && Number.isFinite(vehicle.yaw_deg ?? NaN)) return { deg: turned(vehicle.yaw_deg!), of: "nose" };
  const newest = track.at(-1);
  for (let index = track.length - 2; newest && index >= Math.max(0, track.length - BACK); index -= 1) {
    const { north_m, east_m } = offset_m(track[index]!, newest);
    if (Math.hypot(north_m, east_m) >= WAY_M) return { deg: turned((Math.atan2(east_m, north_m) * 180) / Math.PI), of: "course" };
  }
  return { deg: null, of: "course" };
}

/** `087° E`. */
export function direction_text(deg: number | null): string {
  if (deg === null || !Number.isFinite(deg)) return UNKNOWN;
  return `${String(Math.round(turned(deg)) % 360).padStart(3, "0")}° ${compass_point(deg)}`;
}

/** `5 m/s from 240° WSW`; a wind without a speed or a direction is unknown. */
export function wind_text(vehicle: VehicleStatus): string {
  const { wind_from_deg, wind_mps } = vehicle;
  if (!Number.isFinite(wind_from_deg ?? NaN) || !Number.isFinite(wind_mps ?? NaN)) return UNKNOWN;
  return `${number(wind_mps, wind_mps! < 9.95 ? 1 : 0, "m/s")} from ${direction_text(wind_from_deg)}`;
}
