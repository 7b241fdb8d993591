// The time of a replay: play, pause, seek, step, speed. By the page's clock, pure.

export const SPEEDS = [1, 2, 5, 10, 20, 50, 100];

export class ReplayClock {
  speed = 1;
  is_playing = false;
  private base_us: number;
  private since_ms = 0;

  constructor(readonly first_us: number, readonly last_us: number) {
    this.base_us = first_us;
  }

  at_us(now_ms: number): number {
    const gone_us = this.is_playing ? (now_ms - this.since_ms) * 1000 * this.speed : 0;
    return Math.max(this.first_us, Math.min(this.last_us, this.base_us + gone_us));
  }

  play(now_ms: number): void {
    // played to its end, it begins anew
    if (this.at_us(now_ms) >= this.last_us) this.base_us = this.first_us;
    [this.is_playing, this.since_ms] = [true, now_ms];
  }

  pause(now_ms: number): void {
    this.base_us = this.at_us(now_ms);
    this.is_playing = false;
  }

  /** Stops the clock where it comes to the end; whether it did. */
  ends(now_ms: number): boolean {
    if (!this.is_playing || this.at_us(now_ms) < this.last_us) return false;
    this.pause(now_ms);
    return true;
  }

  seek(at_us: number, now_ms: number): void {
    this.base_us = Math.max(this.first_us, Math.min(this.last_us, at_us));
    this.since_ms = now_ms;
  }

  /** By so much, paused. */
  step(by_us: number, now_ms: number): void {
    this.pause(now_ms);
    this.seek(this.base_us + by_us, now_ms);
  }

  set_speed(speed: number, now_ms: number): void {
    this.base_us = this.at_us(now_ms);
    this.since_ms = now_ms;
    this.speed = speed;
  }
}

/** Index of the last row that is not after a time; -1 where there is none. Rows lie in order of time. */
export function last_until<T>(rows: T[], at_us: number, time: (row: T) => number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time(rows[middle]!) <= at_us) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
