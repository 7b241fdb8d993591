// Map files of the server (PMTiles, raster or vector) under everything else. Their readers are loaded when there is one.

import L from "leaflet";
import type { OfflineMap } from "../api.ts";
import type { Door } from "../door.ts";
import { el } from "../dom.ts";
import { keep, kept } from "../kept.ts";
import { theme } from "../theme.ts";
import { failed } from "../views/toast.ts";

const KEY = "map";
const NONE = "";

export class Tiles {
  private layer: L.Layer | null = null;
  private shown = NONE;
  private turn = 0;

  constructor(private readonly door: Door, private readonly map: L.Map, private readonly tools: HTMLElement) {}

  /** Asks which maps there are, and shows the one that was chosen last, else the first. */
  async look(): Promise<void> {
    let maps: OfflineMap[];
    try {
      maps = await this.door.maps();
    } catch {
      // a server without maps is none of the crew's trouble: the grid is there
      return;
    }
    if (maps.length === 0) return;
    const picker = el("select", { "aria-label": "Map under the flight" }, el("option", { value: NONE }, "grid only"),
      ...maps.map(({ name }) => el("option", { value: name }, name.replace(/\.pmtiles$/, ""))));
    picker.addEventListener("change", () => {
      keep(KEY, picker.value);
      void this.show(picker.value);
    });
    this.tools.append(picker);
    const before = kept(KEY);
    picker.value = before !== null && (before === NONE || maps.some(({ name }) => name === before)) ? before : maps[0]!.name;
    await this.show(picker.value);
  }

  /** In the colours of the theme: a vector map is drawn anew. */
  paint(): void {
    if (this.layer && this.shown !== NONE) void this.show(this.shown);
  }

  private async show(name: string): Promise<void> {
    const turn = ++this.turn;
    this.shown = name;
    let layer: L.Layer | null = null;
    try {
      if (name !== NONE) layer = await this.open(name);
    } catch (cause) {
      failed(`map ${name}`, cause);
    }
    // another one was chosen meanwhile
    if (turn !== this.turn) return;
    this.layer?.remove();
    this.layer = layer?.addTo(this.map) ?? null;
  }

  private async open(name: string): Promise<L.Layer> {
    // both readers know Leaflet only as the global it once was
    (globalThis as { L?: typeof L }).L = L;
    const { FetchSource, PMTiles, TileType, leafletRasterLayer } = await import("pmtiles");
    const token = this.door.token;
    const headers = new Headers(token ? { Authorization: `Bearer ${token}` } : {});
    const file = new PMTiles(new FetchSource(new URL(`/maps/${encodeURIComponent(name)}`, location.href).href, headers));
    const header = await file.getHeader();
    const options = { maxNativeZoom: header.maxZoom, maxZoom: 23, minZoom: 3, bounds: L.latLngBounds([header.minLat, header.minLon], [header.maxLat, header.maxLon]) };
    if (header.tileType === TileType.Mlt) throw new Error("its tiles are MapLibre's (MLT), which nothing here reads: make it with MVT tiles");
    if (header.tileType !== TileType.Mvt) return leafletRasterLayer(file, options) as L.Layer;
    const { leafletLayer } = await import("protomaps-leaflet");
    return leafletLayer({ url: file, flavor: theme(), lang: "en", maxDataZoom: header.maxZoom, noWrap: true }) as unknown as L.Layer;
  }
}
