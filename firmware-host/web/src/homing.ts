// Why homing cannot be enabled now; and enabling it.

import type { State } from "./api.ts";
import type { SlideState } from "./views/slide.ts";

/** What the slide shows of a state; `is_stale`: it is too old to act on. */
export function slide_state(state: State | null, is_stale: boolean): SlideState {
  const status = state?.status;
  if (is_stale || !state) return { is_on: false, reasons: ["no link: what is shown is old"] };
  if (!state.live || !status) return { is_on: false, reasons: ["no flight goes on here"] };
  if (status.homing_enabled) return { is_on: true, reasons: [] };
  const reasons = [...status.missing];
  if (reasons.length === 0 && status.locked) reasons.push(status.locked);
  if (!state.you_control) {
    reasons.unshift(state.controlled_by ? `${state.controlled_by} controls: take over first` : "you do not control: take control first");
  }
  return { is_on: false, reasons };
}
