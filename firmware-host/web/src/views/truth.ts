// Where the beacon truly was, typed by hand once it is known, and how far the estimate is from it.

import type { Estimate, Region } from "../api.ts";
import { el, mark, say } from "../dom.ts";
import { metres } from "../format.ts";
import { compass_point, degree_m, way, type Place } from "../geo.ts";
import type { KeptPlace } from "../kept_place.ts";
import type { Picture } from "../picture.ts";
import { place_form } from "./place_form.ts";

/** Whether one of the region's squares holds the place. */
export function holds(region: Region, place: Place): boolean {
  return region.rows.some((row) => {
    const degree = degree_m(row.lat_deg);
    const [north_m, east_m] = [(place.lat_deg - row.lat_deg) * degree.north, (place.lon_deg - row.lon_deg) * degree.east];
    const half_m = row.size_m / 2;
    return Math.abs(north_m) <= half_m && east_m >= -half_m && east_m <= (row.square_count - 0.5) * row.size_m;
  });
}

/** How far the estimate lies from the truth, and the smallest region that holds it. */
export function truth_text(truth: Place, estimate: Estimate | null, regions: Region[]): string {
  if (!estimate) return "no estimate to compare with";
  const { distance_m, bearing_deg } = way(estimate, truth);
  const holding = regions.filter((region) => holds(region, truth)).sort((a, b) => a.percent - b.percent)[0];
  const where = regions.length === 0 ? "" : holding ? `, in the region of ${holding.percent} %` : ", outside its regions";
  return `truth ${metres(distance_m)} from the estimate, to ${bearing_deg.toFixed(0).padStart(3, "0")}° (${compass_point(bearing_deg)})${where}`;
}

export function truth_part(picture: Picture, truth: KeptPlace): HTMLElement {
  const told = el("span", { class: "untrue" });
  const node = el("details", { class: "truth" }, el("summary", { title: "Where the beacon truly was, once that is known" }, "Truth"),
    place_form("Where the beacon truly was", truth, told));
  const show = () => {
    const regions = [...picture.regions.values()].filter((region) => region.beacon === picture.beacon);
    say(told, truth.place ? truth_text(truth.place, picture.estimate, regions) : truth.told);
    mark(node, "data-known", truth.place !== null);
  };
  if (truth.place) node.open = true;
  picture.on(["estimate", "region", "chosen", "state"], show);
  truth.on(show);
  return node;
}
