// A place that is typed, or that the browser finds: where the one who looks stands; where the beacon of a flight truly was.

import { degrees_text, type Place } from "./geo.ts";
import { keep, kept, type Keeper } from "./kept.ts";
import { read_place } from "./place.ts";

/** Under which the truth of a flight is kept. */
export const truth_key = (flight: string): string => `truth-${flight}`;

export class KeptPlace {
  place: Place | null = null;
  /** How the place came here, or why not. */
  told = "";
  private viewers: (() => void)[] = [];
  private watch: number | null = null;

  constructor(private readonly key: string, private readonly keeper: Keeper) {
    const before = kept(key, keeper);
    if (before) this.type(before);
  }

  on(show: () => void): void {
    this.viewers.push(show);
    show();
  }

  /** A place as typed; throws what is wrong with it. */
  type(text: string): void {
    this.leave();
    if (text.trim() === "") return this.set(null, "");
    const read = read_place(text);
    this.set(read.place, read.size_m !== null && read.size_m > 1 ? `typed as ${read.as}, middle of ${read.size_m} m` : `typed as ${read.as}`);
  }

  /** By the browser's own position, from now on. */
  locate(): void {
    this.leave();
    if (!isSecureContext || !navigator.geolocation) {
      return this.set(this.place, "a browser gives its position only over https or on this computer itself: type it");
    }
    this.set(this.place, "asking the browser…");
    this.watch = navigator.geolocation.watchPosition(
      ({ coords }) => this.set({ lat_deg: coords.latitude, lon_deg: coords.longitude }, `by this device, ± ${coords.accuracy.toFixed(0)} m`),
      (error) => this.set(this.place, `the browser gives no position (${error.message || "refused"}): type it`),
      { enableHighAccuracy: true, maximumAge: 5000 });
  }

  private leave(): void {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    this.watch = null;
  }

  private set(place: Place | null, told: string): void {
    [this.place, this.told] = [place, told];
    keep(this.key, place && degrees_text(place), this.keeper);
    for (const show of this.viewers) show();
  }
}
