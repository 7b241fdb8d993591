// Enable homing by a slide to the end, or by Enter held for a second. It tells why it cannot where it cannot.

import { el, mark, say } from "../dom.ts";

const HOLD_MS = 1000;

export interface SlideState {
  is_on: boolean;
  /** Why it cannot, each with its mend; empty: it can. */
  reasons: string[];
}

export class Slide {
  readonly node: HTMLElement;
  private readonly knob = el("span", { class: "knob", "aria-hidden": "true" }, "»");
  private readonly words = el("span", { class: "words" });
  private readonly why = el("span", { class: "why" });
  private readonly track: HTMLElement;
  private state: SlideState = { is_on: false, reasons: ["there is no picture yet"] };
  private busy = false;
  private drag: { id: number; from_x: number; room: number } | null = null;
  private hold: { began: number; frame: number } | null = null;

  constructor(private readonly enable: () => Promise<void>, private readonly explain: () => void) {
    this.track = el("div", { id: "slide", class: "slide", role: "button", tabindex: 0, "aria-describedby": "slide-why",
      title: "Slide to the end, or hold Enter for a second" }, this.knob, this.words);
    this.why.id = "slide-why";
    this.node = el("div", { class: "sliding" }, this.track, this.why);
    this.track.addEventListener("pointerdown", (event) => this.begin_drag(event));
    this.track.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"] as const) this.track.addEventListener(name, (event) => this.end_drag(event));
    this.track.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["keyup", "blur"]) this.track.addEventListener(name, () => this.release());
    this.why.addEventListener("click", () => this.explain());
  }

  show(state: SlideState): void {
    this.state = state;
    const can = !state.is_on && state.reasons.length === 0;
    if (!can) this.rest();
    mark(this.track, "data-slide", state.is_on ? "on" : can ? "can" : "cannot");
    mark(this.track, "aria-disabled", String(!can));
    mark(this.track, "aria-pressed", String(state.is_on));
    say(this.words, this.busy ? "asking…" : state.is_on ? "Homing is enabled" : can ? "Slide to enable homing" : "Homing is locked");
    const [first = "", ...others] = state.is_on ? [] : state.reasons;
    say(this.why, others.length > 0 ? `${first} (and ${others.length} more)` : first || (can ? "or hold Enter for a second" : ""));
    mark(this.why, "title", state.reasons.join("\n") || null);
  }

  private can(): boolean {
    return !this.busy && !this.state.is_on && this.state.reasons.length === 0;
  }

  private begin_drag(event: PointerEvent): void {
    if (!this.can()) return this.explain();
    const room = this.track.clientWidth - this.knob.offsetWidth - 8;
    const at_knob = event.clientX - this.track.getBoundingClientRect().left;
    // a press elsewhere on the track is no slide
    if (at_knob > this.knob.offsetWidth + 24) return;
    this.drag = { id: event.pointerId, from_x: event.clientX, room };
    this.track.setPointerCapture(event.pointerId);
  }

  private move(event: PointerEvent): void {
    if (!this.drag || event.pointerId !== this.drag.id) return;
    const x = Math.max(0, Math.min(this.drag.room, event.clientX - this.drag.from_x));
    this.place(x / this.drag.room);
  }

  private end_drag(event: PointerEvent): void {
    if (!this.drag || event.pointerId !== this.drag.id) return;
    const share = (event.clientX - this.drag.from_x) / this.drag.room;
    this.drag = null;
    if (event.type === "pointerup" && share >= 0.97) void this.confirm();
    else this.rest();
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.repeat || this.hold) return;
    if (!this.can()) return this.explain();
    const began = performance.now();
    const step = () => {
      if (!this.hold) return;
      const share = (performance.now() - began) / HOLD_MS;
      this.place(Math.min(1, share));
      if (share < 1) this.hold.frame = requestAnimationFrame(step);
      else {
        this.hold = null;
        void this.confirm();
      }
    };
    this.hold = { began, frame: requestAnimationFrame(step) };
  }

  private release(): void {
    if (!this.hold) return;
    cancelAnimationFrame(this.hold.frame);
    this.hold = null;
    this.rest();
  }

  private place(share: number): void {
    const room = this.track.clientWidth - this.knob.offsetWidth - 8;
    this.knob.style.transform = `translateX(${share * room}px)`;
    this.track.style.setProperty("--share", String(share));
  }

  private rest(): void {
    this.drag = null;
    this.place(0);
  }

  private async confirm(): Promise<void> {
    // what became of it meanwhile counts, not what was shown when the slide began
    if (!this.can()) return this.rest();
    this.busy = true;
    this.show(this.state);
    try {
      await this.enable();
    } finally {
      this.busy = false;
      this.rest();
      this.show(this.state);
    }
  }
}
