// `text/event-stream` out of fetch(): an EventSource cannot send a token. Pure parsing, and the loop that stays connected.

import type { StreamEvents } from "./api.ts";
import type { Door } from "./door.ts";

/** One event of a stream: its name, its text. */
export interface StreamEvent {
  name: string;
  text: string;
}

/** Takes a stream in pieces of any length; gives each event once it is whole. */
export class StreamParser {
  private rest = "";
  private name = "";
  private lines: string[] = [];

  push(piece: string): StreamEvent[] {
    const found: StreamEvent[] = [];
    const whole = (this.rest + piece).replaceAll("\r\n", "\n");
    const lines = whole.split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.lines.length > 0) found.push({ name: this.name || "message", text: this.lines.join("\n") });
        this.name = "";
        this.lines = [];
      } else if (line.startsWith("event:")) {
        this.name = line.slice(6).trim();
      } else if (line.startsWith("data:")) {
        this.lines.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      }
    }
    return found;
  }
}

/** How long to wait before the next try, after so many in vain. */
export function backoff_ms(failures: number): number {
  return Math.min(5000, 400 * 2 ** Math.min(failures, 5));
}

export type LinkState = "connecting" | "open" | "lost";

type Told = <K extends keyof StreamEvents>(name: K, told: StreamEvents[K]) => void;

/** Silence after which a connection is taken for dead; the server speaks at least each second. */
const SILENCE_MS = 3000;

/** The stream, kept open: connects, reads, reconnects from the last log entry seen. */
export class Link {
  state: LinkState = "connecting";
  /** Why it was lost, in words. */
  reason = "";
  heard_ms = 0;
  last_id = 0;
  private failures = 0;
  private stopped = false;
  private current: AbortController | null = null;

  constructor(private readonly door: Door, private readonly told: Told, private readonly changed: () => void) {}

  /** Time since anything came. */
  silent_ms(): number {
    return performance.now() - this.heard_ms;
  }

  stop(): void {
    this.stopped = true;
    this.current?.abort();
  }

  /** Tries again at once (the tablet woke up, or is online again). */
  hurry(): void {
    if (this.state !== "open" || this.silent_ms() > SILENCE_MS) this.current?.abort();
    this.failures = 0;
  }

  /** Reads from `last_id` on anew. */
  restart(): void {
    this.current?.abort();
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.once();
        this.reason = "the server closed the stream";
      } catch (cause) {
        this.reason = cause instanceof Error && cause.name !== "AbortError" ? cause.message : "nothing came for 3 s";
      }
      this.set("lost");
      this.failures += 1;
      await new Promise((resolve) => setTimeout(resolve, backoff_ms(this.failures - 1)));
    }
  }

  private set(state: LinkState): void {
    this.state = state;
    this.changed();
  }

  private async once(): Promise<void> {
    const ended = new AbortController();
    this.current = ended;
    this.heard_ms = performance.now();
    const watch = setInterval(() => this.silent_ms() > SILENCE_MS && ended.abort(), 500);
    try {
      const response = await this.door.request(`/live?events_from=${this.last_id}`, { signal: ended.signal }, 0);
      const reader = response.body?.getReader();
      if (!reader) throw new Error("the server sent no stream");
      const [parser, text] = [new StreamParser(), new TextDecoder()];
      this.set("open");
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        this.heard_ms = performance.now();
        this.failures = 0;
        for (const event of parser.push(text.decode(value, { stream: true }))) {
          try {
            this.pass(event);
          } catch (cause) {
            // what one event says wrong costs that event, not the link
            console.error(event.name, cause);
          }
        }
      }
    } finally {
      clearInterval(watch);
      ended.abort();
    }
  }

  private pass(event: StreamEvent): void {
    const told: unknown = JSON.parse(event.text);
    switch (event.name) {
      case "log":
        for (const entry of [told as StreamEvents["log"]].flat()) this.last_id = Math.max(this.last_id, entry.id);
        return this.told("log", told as StreamEvents["log"]);
      case "state": return this.told("state", told as StreamEvents["state"]);
      case "spectrum": return this.told("spectrum", told as StreamEvents["spectrum"]);
      case "estimate": return this.told("estimate", told as StreamEvents["estimate"]);
      case "behind": return this.told("behind", told as StreamEvents["behind"]);
      case "region": return this.told("region", told as StreamEvents["region"]);
    }
  }
}
