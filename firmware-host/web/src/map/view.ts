// The map of a picture. Without a map file it is a grid in metres; it never goes blank for want of a network.

import type L from "leaflet";
import type { Door } from "../door.ts";
import { el, mark, say } from "../dom.ts";
import type { Picture } from "../picture.ts";
import { age } from "../format.ts";
import type { Other } from "../replay/other.ts";
import { on_theme } from "../theme.ts";
import type { KeptPlace } from "../kept_place.ts";
import { base_map } from "./base.ts";
import { draw_coverage, draw_other_regions, draw_regions } from "./cells.ts";
import { draw_grid } from "./grid.ts";
import { Layers } from "./layers.ts";
import { Overlay } from "./overlay.ts";
import { wind_rose } from "./wind.ts";
import { Tiles } from "./tiles.ts";

const FIRST_ZOOM = 17;

/** What the areas on the map mean, and from when the regions are: the record has them once a minute. */
function legend_words(picture: Picture, other: Other | null): string {
  const regions = [...picture.regions.values()].filter((region) => region.beacon === picture.beacon);
  const at_us = Math.max(...regions.map((region) => region.at_us));
  const old_s = picture.at_us === null ? 0 : Math.max(0, (picture.at_us - at_us) / 1e6);
  return [regions.length > 0 ? `beacon: 50 % full, 95 % hatched, ${age(Math.floor(old_s))} old` : "",
    picture.coverage.some((row) => row.pod > 0) ? "green: listened to in vain" : "",
    other ? "what if: ◇, 50 % dotted, 95 % hatched the other way" : ""].filter((part) => part !== "").join(" · ");
}

export class MapView {
  readonly node: HTMLElement;
  private readonly map: L.Map;
  private readonly layers: Layers;
  private follows = true;
  private is_placed = false;
  private readonly legend = el("p", { class: "legend", hidden: true });
  private readonly nowhere = el("p", { class: "nowhere" }, "No position yet: the map begins where the aircraft or its home is.");
  private fit_due = false;
  private other: Other | null = null;
  private readonly cells: Overlay;
  private readonly follow_button: HTMLButtonElement;

  constructor(door: Door, private readonly picture: Picture, private readonly watcher: KeptPlace, private readonly truth: KeptPlace) {
    const host = el("div", { class: "map", "aria-label": "Map; arrows move it, + and − zoom", role: "application" });
    this.follow_button = this.button("Follow", "The map follows the aircraft (f)", () => this.turn_follow());
    const tools = el("div", { class: "maptools" }, this.follow_button, this.button("All", "Show all of the flight", () => this.fit()));
    const north = el("div", { class: "north", role: "img", "aria-label": "North is up" }, el("span", {}, "▲"), el("span", {}, "N"));
    const wind = wind_rose();
    this.node = el("section", { class: "panel mapping", "aria-label": "Map" }, host, tools, el("div", { class: "corner-marks" }, north, wind.node), this.nowhere, this.legend);
    this.map = base_map(host);
    const grid = new Overlay(draw_grid(() => picture.home ?? picture.track[0] ?? null), "grid").addTo(this.map);
    this.cells = new Overlay((ctx, map, size) => {
      draw_coverage(() => picture.coverage)(ctx, map, size);
      draw_regions(() => [...picture.regions.values()].filter((region) => region.beacon === picture.beacon))(ctx, map, size);
      draw_other_regions(() => (this.other?.regions ?? []).filter((region) => region.beacon === picture.beacon))(ctx, map, size);
    }, "cells").addTo(this.map);
    this.layers = new Layers(this.map, picture);
    const tiles = new Tiles(door, this.map, tools);
    tiles.look();
    this.map.on("dragstart", () => this.set_follow(false));
    new ResizeObserver(() => {
      this.map.invalidateSize({ animate: false });
      if (this.fit_due) this.fit();
      else this.place();
    }).observe(host);
    on_theme(() => {
      this.layers.paint();
      grid.redraw();
      this.cells.redraw();
      tiles.paint();
    });
    picture.on(["state", "home"], () => this.place());
    picture.on(["state", "track"], () => this.layers.show_aircraft());
    picture.on(["state"], () => wind.show(picture.status?.vehicle));
    picture.on(["track"], () => this.layers.show_track());
    picture.on(["estimate", "chosen"], () => this.layers.show_estimate());
    picture.on(["detections", "chosen"], () => this.layers.show_says());
    picture.on(["home"], () => {
      this.layers.show_home();
      grid.redraw();
    });
    // estimate and regions may be there before it is known whose channel is looked at
    let beacon: string | null = null;
    picture.on(["state"], () => {
      if (picture.beacon === beacon) return;
      beacon = picture.beacon;
      this.layers.show_estimate();
      this.layers.show_says();
      this.cells.redraw();
    });
    picture.on(["state", "region", "coverage"], () => this.show_legend());
    picture.on(["fence"], () => this.layers.show_fence());
    picture.on(["region", "coverage", "chosen"], () => this.cells.redraw());
    watcher.on(() => this.layers.show_watcher(watcher.place));
    truth.on(() => this.layers.show_truth(truth.place));
    this.set_follow(!picture.is_replay);
  }

  /** What a flight with other settings believed, over what was believed; null: nothing is compared. */
  show_other(other: Other | null): void {
    this.other = other;
    this.layers.show_other(other?.estimate ?? null);
    this.cells.redraw();
    this.show_legend();
  }

  private show_legend(): void {
    const words = legend_words(this.picture, this.other);
    say(this.legend, words);
    this.legend.hidden = words === "";
  }

  turn_follow(): void {
    this.set_follow(!this.follows);
  }

  fit(): void {
    const bounds = this.layers.bounds([this.watcher.place, this.truth.place]);
    if (!bounds) return;
    this.set_follow(false);
    this.is_placed = this.nowhere.hidden = true;
    this.map.invalidateSize({ animate: false });
    // a map that is not to be seen yet has no size to fit into
    this.fit_due = this.map.getSize().x === 0;
    if (this.fit_due) return;
    this.map.fitBounds(bounds.pad(0.1), { maxZoom: 19, animate: false });
  }

  remove(): void {
    this.map.remove();
  }

  private button(word: string, title: string, click: () => void): HTMLButtonElement {
    return el("button", { type: "button", title, click }, word);
  }

  private set_follow(follows: boolean): void {
    this.follows = follows;
    mark(this.follow_button, "aria-pressed", String(follows));
    if (follows) this.place();
  }

  /** Where nobody has looked yet, at the aircraft or home; later only where it follows, and not at each metre. */
  private place(): void {
    const vehicle = this.picture.status?.vehicle;
    const at = vehicle && vehicle.lat_deg !== null && vehicle.lon_deg !== null ? { lat_deg: vehicle.lat_deg, lon_deg: vehicle.lon_deg } : this.picture.home;
    if (!at || this.map.getSize().x === 0) return;
    this.nowhere.hidden = true;
    if (!this.is_placed) {
      this.is_placed = true;
      this.map.setView([at.lat_deg, at.lon_deg], FIRST_ZOOM, { animate: false });
    } else if (this.follows) {
      const size = this.map.getSize();
      const point = this.map.latLngToContainerPoint([at.lat_deg, at.lon_deg]);
      const away = Math.max(Math.abs(point.x / size.x - 0.5), Math.abs(point.y / size.y - 0.5));
      if (away > 0.25) this.map.panTo([at.lat_deg, at.lon_deg], { animate: false });
    }
  }
}
