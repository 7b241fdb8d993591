// Short words that go again by themselves, and dialogs that ask.

import { by_id, el } from "../dom.ts";

export function toast(text: string, is_bad = false): void {
  const node = el("div", { class: is_bad ? "toast bad" : "toast" }, text);
  by_id("toasts").append(node);
  setTimeout(() => node.remove(), is_bad ? 12_000 : 5000);
}

export function failed(what: string, cause: unknown): void {
  toast(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, true);
}

interface Question {
  title: string;
  text: string;
  label?: string;
  value?: string;
  type?: "text" | "password";
  yes: string;
}

/** Asks for a line, or for yes or no (then the answer is ""); null = given up. */
export function ask(question: Question): Promise<string | null> {
  const input = question.label ? el("input", { type: question.type ?? "text", id: "asked", autocomplete: "off", maxlength: 200, required: true }) : null;
  if (input) input.value = question.value ?? "";
  const dialog = el("dialog", { "aria-labelledby": "ask-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "ask-title" }, question.title),
      el("p", {}, question.text),
      input && el("label", { for: "asked" }, question.label!),
      input,
      el("div", { class: "row end" },
        el("button", { type: "button", value: "no", click: () => dialog.close("no") }, "Cancel"),
        el("button", { type: "submit", value: "yes", class: "main" }, question.yes))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes" ? (input?.value.trim() ?? "") : null);
  }));
}

export function tell(title: string, body: Node): void {
  const dialog = el("dialog", { "aria-labelledby": "tell-title" },
    el("form", { method: "dialog" }, el("h2", { id: "tell-title" }, title), body,
      el("div", { class: "row end" }, el("button", { type: "submit", class: "main" }, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
