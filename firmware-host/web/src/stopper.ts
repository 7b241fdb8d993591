// Stop until it arrived: a try each half second, each given up after a second and a half, for a minute.

import type { Answer } from "./api.ts";

export type StopState =
  | { kind: "idle" }
  | { kind: "sending"; tries: number; why: string }
  | { kind: "stopped"; took_ms: number }
  | { kind: "failed"; why: string };

export const STOP_FOR_MS = 60_000;
const EVERY_MS = 500;

export class Stopper {
  state: StopState = { kind: "idle" };
  private press = 0;
  private was_off = false;

  constructor(
    private readonly send: () => Promise<Answer>,
    private readonly changed: () => void,
    private readonly now: () => number = () => performance.now(),
    private readonly wait: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  ) {}

  /** Sends at once, whatever is under way; a later press takes over from an earlier one. */
  async stop(): Promise<void> {
    const press = ++this.press;
    const began = this.now();
    let why = "";
    for (let tries = 1; this.now() - began < STOP_FOR_MS; tries += 1) {
      this.set({ kind: "sending", tries, why });
      try {
        const answer = await this.send();
        if (answer.ok) {
          if (press === this.press) this.set({ kind: "stopped", took_ms: this.now() - began });
          return;
        }
        why = answer.said ?? "refused";
      } catch (cause) {
        why = cause instanceof Error ? cause.message : String(cause);
      }
      if (press !== this.press) return;
      this.set({ kind: "sending", tries, why });
      await this.wait(EVERY_MS);
      if (press !== this.press) return;
    }
    this.set({ kind: "failed", why });
  }

  /** What the flight says: that Stop was taken stands until homing is enabled anew, not until a state from before it comes. */
  sees(homing_enabled: boolean): void {
    if (this.state.kind !== "stopped") return;
    if (!homing_enabled) this.was_off = true;
    else if (this.was_off) this.set({ kind: "idle" });
  }

  private set(state: StopState): void {
    this.state = state;
    this.was_off = false;
    this.changed();
  }
}
