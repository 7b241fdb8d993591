// A canvas over the whole map that draws itself anew when the map moves: for what would be thousands of Leaflet's paths.

import L from "leaflet";

export type Draw = (ctx: CanvasRenderingContext2D, map: L.Map, size: L.Point) => void;

export class Overlay extends L.Layer {
  private readonly canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide");
  private shown: L.Map | null = null;

  constructor(private readonly paint: Draw, private readonly pane: string) {
    super();
    this.canvas.setAttribute("aria-hidden", "true");
  }

  override onAdd(map: L.Map): this {
    this.shown = map;
    map.getPane(this.pane)!.append(this.canvas);
    map.on("move zoom viewreset resize", this.redraw, this);
    this.redraw();
    return this;
  }

  override onRemove(map: L.Map): this {
    this.shown = null;
    this.canvas.remove();
    map.off("move zoom viewreset resize", this.redraw, this);
    return this;
  }

  redraw(): void {
    const map = this.shown;
    if (!map) return;
    const [size, scale] = [map.getSize(), devicePixelRatio || 1];
    const [width, height] = [Math.round(size.x * scale), Math.round(size.y * scale)];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      [this.canvas.width, this.canvas.height] = [width, height];
      this.canvas.style.width = `${size.x}px`;
      this.canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
    const ctx = this.canvas.getContext("2d")!;
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    ctx.clearRect(0, 0, size.x, size.y);
    this.paint(ctx, map, size);
  }
}
