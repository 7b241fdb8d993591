// What is drawn on the map of a picture: aircraft, track, estimate, fence, home, detections, the watcher's place, the truth.

import L from "leaflet";
import { el, mark, svg } from "../dom.ts";
import { ellipse, type Place } from "../geo.ts";
import { heading_of, type Heading } from "../heading.ts";
import type { FenceArea, Picture } from "../picture.ts";
import { colour } from "../theme.ts";

const WHOLE_EVERY_MS = 500;

const latlng = (place: Place): L.LatLngTuple => [place.lat_deg, place.lon_deg];

function icon(shape: SVGElement, size: number): L.DivIcon {
  const picture = svg("svg", { viewBox: "-12 -12 24 24", width: size, height: size, "aria-hidden": "true" }, shape);
  return L.divIcon({ className: "mark", html: el("div", {}, picture), iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
}

const SHAPES = {
  aircraft: () => svg("g", {}, svg("path", { class: "aircraft", d: "M0 -10 L7 8 L0 4 L-7 8 Z" }), svg("circle", { class: "aircraft round", r: 6 })),
  home: () => svg("path", { class: "home", d: "M-9 0 L0 -9 L9 0 M-6 -2 V8 H6 V-2" }),
  estimate: () => svg("path", { class: "estimate", d: "M-9 0 H-3 M3 0 H9 M0 -9 V-3 M0 3 V9 M-6 0 A6 6 0 1 1 6 0 A6 6 0 1 1 -6 0" }),
  other: () => svg("path", { class: "other", d: "M0 -9 L9 0 L0 9 L-9 0 Z M-3 0 H3 M0 -3 V3" }),
  says: () => svg("path", { class: "says", d: "M-7 -7 H7 V7 H-7 Z M-7 -7 L7 7 M7 -7 L-7 7" }),
  truth: () => svg("path", { class: "truth", d: "M0 -11 L3 -3 L11 -3 L5 2 L7 10 L0 5 L-7 10 L-5 2 L-11 -3 L-3 -3 Z" }),
  watcher: () => svg("path", { class: "watcher", d: "M0 9 C-7 0 -7 -3 -7 -4 A7 7 0 0 1 7 -4 C7 -3 7 0 0 9 Z M-2.5 -4 A2.5 2.5 0 1 0 2.500 -4 A2.5 2.5 0 1 0 -2.5 -4" }),
};

/** A marker that is on the map while it has a place. */
class Mark {
  private readonly marker: L.Marker;

  constructor(private readonly map: L.Map, kind: keyof typeof SHAPES, title: string, size = 26) {
    this.marker = L.marker([0, 0], { icon: icon(SHAPES[kind](), size), title, alt: title, keyboard: false, interactive: false });
  }

  put(place: Place | null, turn_deg?: number | null): void {
    if (!place) return void this.marker.remove();
    this.marker.setLatLng(latlng(place));
    if (!this.map.hasLayer(this.marker)) this.marker.addTo(this.map);
    const shape = this.marker.getElement()?.querySelector("svg");
    if (shape && turn_deg !== undefined && turn_deg !== null) shape.style.transform = `rotate(${turn_deg}deg)`;
  }

  /** A word for the style sheet: full where the nose is known, hollow by the course, round where neither is. */
  show_as(what: string): void {
    const node = this.marker.getElement();
    if (node) mark(node, "data-heading", what);
  }
}

export class Layers {
  private readonly track: L.Polyline;
  private readonly ellipses: L.Polygon[];
  private readonly fence: L.LayerGroup;
  private readonly aircraft: Mark;
  private readonly home: Mark;
  private readonly estimate: Mark;
  private readonly other: Mark;
  private readonly says: Mark;
  private readonly truth: Mark;
  private readonly watcher: Mark;
  private readonly tail: L.Polyline;
  private heading: Heading = { deg: null, of: "course" };
  private drawn = { points: 0, first_us: -1, ms: -Infinity };

  constructor(map: L.Map, private readonly picture: Picture) {
    const plain = { interactive: false, fill: false };
    this.fence = L.layerGroup().addTo(map);
    this.track = L.polyline([], { ...plain, weight: 3, opacity: 0.9 }).addTo(map);
    this.tail = L.polyline([], { ...plain, weight: 3, opacity: 0.9 }).addTo(map);
    this.ellipses = [0, 1].map((index) => L.polygon([], { ...plain, weight: 2, dashArray: index === 0 ? "7 5" : "" }).addTo(map));
    this.estimate = new Mark(map, "estimate", "Estimate of the beacon");
    this.other = new Mark(map, "other", "Estimate with other settings");
    this.says = new Mark(map, "says", "Where the beacon says it is", 22);
    this.truth = new Mark(map, "truth", "Where the beacon truly was", 22);
    this.home = new Mark(map, "home", "Home");
    this.watcher = new Mark(map, "watcher", "Your place", 30);
    this.aircraft = new Mark(map, "aircraft", "Aircraft", 30);
    this.paint();
  }

  /** Colours of the theme. */
  paint(): void {
    for (const line of [this.track, this.tail]) line.setStyle({ color: colour("track") });
    for (const line of this.ellipses) line.setStyle({ color: colour("estimate") });
    this.show_fence();
  }

  show_aircraft(): void {
    const vehicle = this.picture.status?.vehicle;
    if (!vehicle || vehicle.lat_deg === null || vehicle.lon_deg === null) return this.aircraft.put(null);
    const heading = heading_of(vehicle, this.picture.track);
    // one that stands keeps the course that it had
    if (heading.deg !== null || heading.of !== this.heading.of) this.heading = heading;
    this.aircraft.put({ lat_deg: vehicle.lat_deg, lon_deg: vehicle.lon_deg }, this.heading.deg);
    this.aircraft.show_as(this.heading.deg === null ? "unknown" : this.heading.of);
  }

  /** The whole way twice a second, and what came since at each picture: a long way costs too much for more. */
  show_track(): void {
    const track = this.picture.track;
    const first_us = track[0]?.at_us ?? -1;
    const goes_on = first_us === this.drawn.first_us && track.length >= this.drawn.points;
    if (goes_on && performance.now() - this.drawn.ms < WHOLE_EVERY_MS) {
      this.tail.setLatLngs(track.slice(Math.max(0, this.drawn.points - 1)).map(latlng));
      return;
    }
    // the newest point of a replay lies between two of its way: it is always part of the tail
    this.drawn = { points: Math.max(0, track.length - 1), first_us, ms: performance.now() };
    this.track.setLatLngs(track.slice(0, this.drawn.points).map(latlng));
    this.tail.setLatLngs(track.slice(Math.max(0, this.drawn.points - 1)).map(latlng));
  }

  show_estimate(): void {
    const estimate = this.picture.estimate;
    this.estimate.put(estimate);
    [0.95, 0.5].forEach((share, index) => {
      const spread = estimate ? [estimate.variance_north_m2, estimate.covariance_m2, estimate.variance_east_m2] : [];
      const line = estimate && spread.every(Number.isFinite)
        ? ellipse(estimate, estimate.variance_north_m2, estimate.covariance_m2, estimate.variance_east_m2, share).map(latlng)
        : [];
      this.ellipses[index]!.setLatLngs(line);
    });
  }

  show_other(estimate: Place | null): void {
    this.other.put(estimate);
  }

  show_says(): void {
    const message = this.picture.message;
    this.says.put(message && message.says_lat_deg !== null && message.says_lon_deg !== null ? { lat_deg: message.says_lat_deg, lon_deg: message.says_lon_deg } : null);
  }

  show_home(): void {
    this.home.put(this.picture.home);
  }

  show_truth(place: Place | null): void {
    this.truth.put(place);
  }

  show_watcher(place: Place | null): void {
    this.watcher.put(place);
  }

  show_fence(): void {
    this.fence.clearLayers();
    for (const area of this.picture.fence) outline(area, "fence").addTo(this.fence);
    if (this.picture.search_area) outline(this.picture.search_area, "coverage").addTo(this.fence);
  }

  /** All that is worth being seen at once. */
  bounds(typed: (Place | null)[]): L.LatLngBounds | null {
    const places: Place[] = [...this.picture.track, ...this.picture.extent, ...this.picture.estimates.values()];
    if (this.picture.home) places.push(this.picture.home);
    for (const place of typed) if (place) places.push(place);
    for (const area of [...this.picture.fence, this.picture.search_area]) if (area?.inside) places.push(...area.corners);
    for (const row of this.picture.coverage) if (row.pod > 0) places.push(row);
    return places.length > 0 ? L.latLngBounds(places.map(latlng)) : null;
  }
}

/** Stay inside: dashed. Stay outside: dotted and filled. The area of a search: dots. */
function outline(area: FenceArea, ink: "fence" | "coverage"): L.Path {
  const style: L.PathOptions = { color: colour(ink), weight: 2, interactive: false, fill: !area.inside, fillOpacity: 0.18, dashArray: ink === "coverage" ? "1 6" : area.inside ? "10 6" : "2 5" };
  if (area.radius_m !== null) return L.circle(latlng(area.corners[0]!), { ...style, radius: area.radius_m });
  return L.polygon(area.corners.map(latlng), style);
}
