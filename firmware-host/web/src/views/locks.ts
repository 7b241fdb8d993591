// What keeps homing locked, each with its mend; what stopped it.

import type { Status } from "../api.ts";
import { el, mark, say, swap } from "../dom.ts";
import type { Picture } from "../picture.ts";

/** A sentence as what and mend: they are told with a colon between. */
export function parted(reason: string): [string, string] {
  const at = reason.indexOf(": ");
  return at < 0 ? [reason, ""] : [reason.slice(0, at), reason.slice(at + 2)];
}

function item(reason: string, kind: string): HTMLElement {
  const [what, mend] = parted(reason);
  return el("li", { class: kind }, el("strong", {}, what), mend !== "" && el("span", {}, mend));
}

/** Of a past moment only that is known which the commands tell. */
function past_words(status: Status | null, reasons: number): string {
  if (reasons > 0) return "Homing was enabled, and nothing was commanded, for:";
  return status?.homing_enabled ? "Homing was enabled, and no interlock held it back." : "Homing was not enabled.";
}

export function locks_panel(picture: Picture): HTMLElement {
  const head = el("p", { class: "lockhead" });
  const list = el("ul", { class: "locks" });
  const stopped = el("ul", { class: "locks" });
  const node = el("div", {}, stopped, head, list);
  let shown = "";
  picture.on(["state"], () => {
    const status = picture.status;
    const reasons = status ? (status.missing.length > 0 ? status.missing : status.locked ? [status.locked] : []) : [];
    const key = JSON.stringify([reasons, status?.latched, status?.homing_enabled, status === null]);
    if (key === shown) return;
    shown = key;
    mark(node, "data-locked", reasons.length > 0 || !status || (picture.is_replay && !status.homing_enabled));
    say(head, picture.is_replay ? past_words(picture.status, reasons.length) : !status ? "Nothing is known of the interlocks."
      : status.homing_enabled && reasons.length === 0 ? "Homing is enabled and every interlock holds."
        : reasons.length === 0 ? "Every interlock holds: homing can be enabled."
          : `Homing ${status.homing_enabled ? "is enabled but commands nothing" : "stays locked"}, for ${reasons.length === 1 ? "one reason" : `${reasons.length} reasons`}:`);
    swap(stopped, status?.latched ? item(`Stopped homing: ${status.latched}`, "latched") : null);
    swap(list, ...reasons.map((reason) => item(reason, "missing")));
  });
  return node;
}
