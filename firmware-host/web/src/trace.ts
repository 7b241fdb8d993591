// What a channel's power, floor and SNR were over the last minute.

export const TRACE_S = 60;

/** Columns of equal length, oldest first; times only rise. */
export class Trace {
  readonly at_s: number[] = [];
  readonly power_dbfs: (number | null)[] = [];
  readonly floor_dbfs: (number | null)[] = [];
  readonly snr_db: (number | null)[] = [];

  /** Takes a point unless it is no newer than the newest; drops what is older than a minute. */
  push(at_s: number, power_dbfs: number | null, floor_dbfs: number | null, snr_db: number | null): void {
    const newest = this.at_s.at(-1);
    if (newest !== undefined && at_s <= newest) return;
    // a hole is drawn as one, not bridged
    if (newest !== undefined && at_s - newest > 2) this.append((newest + at_s) / 2, null, null, null);
    this.append(at_s, power_dbfs, floor_dbfs, snr_db);
    let old = 0;
    while (old < this.at_s.length && this.at_s[old]! < at_s - TRACE_S) old += 1;
    if (old > 0) for (const column of [this.at_s, this.power_dbfs, this.floor_dbfs, this.snr_db]) column.splice(0, old);
  }

  clear(): void {
    for (const column of [this.at_s, this.power_dbfs, this.floor_dbfs, this.snr_db]) column.length = 0;
  }

  private append(at_s: number, power: number | null, floor: number | null, snr: number | null): void {
    this.at_s.push(at_s);
    this.power_dbfs.push(power);
    this.floor_dbfs.push(floor);
    this.snr_db.push(snr);
  }
}
