// The map on which a search is drawn: its area by corners that can be tapped, dragged and taken away, and the route over it.

import L from "leaflet";
import type { Door } from "../door.ts";
import { el } from "../dom.ts";
import type { Place } from "../geo.ts";
import type { FenceArea, Picture } from "../picture.ts";
import { colour, on_theme } from "../theme.ts";
import { base_map } from "./base.ts";
import { draw_grid } from "./grid.ts";
import { Layers } from "./layers.ts";
import { Overlay } from "./overlay.ts";
import { draw_route } from "./route.ts";
import { wind_rose } from "./wind.ts";
import { Tiles } from "./tiles.ts";

const FIRST_ZOOM = 15;

export interface PlanEvents {
  tapped: (place: Place) => void;
  /** A corner came to lie elsewhere. */
  dragged: (index: number, place: Place) => void;
}

export class PlanMap {
  readonly node: HTMLElement;
  private readonly map: L.Map;
  private readonly layers: Layers;
  private readonly area = L.layerGroup();
  private readonly corners = L.layerGroup();
  private readonly route: Overlay;
  private shown: FenceArea | null = null;
  private is_whole = false;
  private line: [number, number][] = [];
  private is_old = false;
  private origin: Place | null = null;
  private is_placed = false;
  private fit_due = false;

  constructor(door: Door, private readonly picture: Picture, private readonly events: PlanEvents) {
    const host = el("div", { class: "map", "aria-label": "Map; arrows move it, + and − zoom; corners are typed beside it", role: "application" });
    const wind = wind_rose();
    const tools = el("div", { class: "maptools" }, el("button", { type: "button", title: "Show the whole area", click: () => this.fit() }, "All"));
    this.node = el("section", { class: "panel mapping", "aria-label": "Map of the search" }, host, tools,
      el("div", { class: "corner-marks" }, el("div", { class: "north", role: "img", "aria-label": "North is up" }, el("span", {}, "▲"), el("span", {}, "N")), wind.node));
    picture.on(["state"], () => wind.show(picture.status?.vehicle));
    this.map = base_map(host);
    const grid = new Overlay(draw_grid(() => this.picture.home ?? this.origin), "grid").addTo(this.map);
    // what flies here now: its fence, its home, where the beacon is believed to be
    this.layers = new Layers(this.map, picture);
    this.area.addTo(this.map);
    this.route = new Overlay(draw_route(() => this.line, () => this.is_old), "route").addTo(this.map);
    this.corners.addTo(this.map);
    const tiles = new Tiles(door, this.map, tools);
    void tiles.look();
    this.map.on("click", ({ latlng }: L.LeafletMouseEvent) => events.tapped({ lat_deg: latlng.lat, lon_deg: latlng.wrap().lng }));
    new ResizeObserver(() => {
      this.map.invalidateSize({ animate: false });
      if (this.fit_due) this.fit();
      else this.begin(null);
    }).observe(host);
    on_theme(() => {
      this.layers.paint();
      this.draw_area();
      for (const overlay of [grid, this.route]) overlay.redraw();
      tiles.paint();
    });
    picture.on(["home"], () => {
      this.layers.show_home();
      this.begin(picture.home);
      grid.redraw();
    });
    picture.on(["state", "track"], () => this.layers.show_aircraft());
    picture.on(["fence"], () => this.layers.show_fence());
    picture.on(["estimate", "chosen"], () => this.layers.show_estimate());
  }

  /** Where the map begins, once, where nothing is drawn on it yet. */
  begin(place: Place | null): void {
    this.origin ??= place;
    if (this.is_placed || !this.origin || this.map.getSize().x === 0) return;
    this.is_placed = true;
    this.map.setView([this.origin.lat_deg, this.origin.lon_deg], FIRST_ZOOM, { animate: false });
  }

  /** The area as far as it is drawn; `whole`: it is one already. */
  show_area(area: FenceArea | null, whole: boolean): void {
    const first = !this.is_whole && whole;
    [this.shown, this.is_whole] = [area, whole];
    this.origin ??= area?.corners[0] ?? null;
    this.draw_area();
    // one that is typed, or comes from the settings, may lie where nobody looks
    if (first && !this.is_seen()) this.fit();
    else if (area && !this.is_placed) this.begin(area.corners[0]!);
  }

  show_route(route: [number, number][], is_old: boolean): void {
    [this.line, this.is_old] = [route, is_old];
    this.route.redraw();
  }

  fit(): void {
    const bounds = this.bounds();
    if (!bounds) return;
    this.map.invalidateSize({ animate: false });
    // a map that is not to be seen yet has no size to fit into
    this.fit_due = this.map.getSize().x === 0;
    if (this.fit_due) return;
    this.is_placed = true;
    // not under the buttons and the scale
    this.map.fitBounds(bounds, { maxZoom: 19, animate: false, paddingTopLeft: [64, 64], paddingBottomRight: [28, 40] });
  }

  private bounds(): L.LatLngBounds | null {
    if (!this.shown) return null;
    const bounds = L.latLngBounds(this.shown.corners.map(({ lat_deg, lon_deg }) => [lat_deg, lon_deg]));
    const [middle] = this.shown.corners;
    return this.shown.radius_m === null || !middle ? bounds : L.latLng(middle.lat_deg, middle.lon_deg).toBounds(2 * this.shown.radius_m);
  }

  private is_seen(): boolean {
    const bounds = this.bounds();
    return this.is_placed && this.map.getSize().x > 0 && !!bounds && this.map.getBounds().contains(bounds);
  }

  private draw_area(): void {
    this.area.clearLayers();
    this.corners.clearLayers();
    const area = this.shown;
    if (!area) return;
    const places = area.corners.map(({ lat_deg, lon_deg }): L.LatLngTuple => [lat_deg, lon_deg]);
    const style: L.PathOptions = { color: colour("estimate"), weight: 2.5, interactive: false, fillOpacity: 0.1, dashArray: this.is_whole ? "" : "6 6" };
    if (area.radius_m !== null) L.circle(places[0]!, { ...style, radius: area.radius_m }).addTo(this.area);
    else (this.is_whole ? L.polygon(places, style) : L.polyline(places, style)).addTo(this.area);
    places.forEach((place, index) => this.corner(place, area.radius_m === null ? String(index + 1) : "+", index));
  }

  private corner(place: L.LatLngTuple, word: string, index: number): void {
    const icon = L.divIcon({ className: "corner", html: el("span", {}, word), iconSize: [28, 28], iconAnchor: [14, 14] });
    const marker = L.marker(place, { icon, draggable: true, keyboard: false, title: `${word === "+" ? "The middle" : `Corner ${word}`}: drag it` }).addTo(this.corners);
    marker.on("dragend", () => {
      const { lat, lng } = marker.getLatLng();
      this.events.dragged(index, { lat_deg: lat, lon_deg: lng });
    });
  }
}
