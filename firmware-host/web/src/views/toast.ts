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

/** What a dialog keeps from being used while it is open. Not slide and Stop: Stop is at hand, whatever is asked. */
const BEHIND = ["bar", "flying", "view"];

/** Opens a dialog over all but Stop; answers what it was closed with. Escape closes it. */
function open(dialog: HTMLDialogElement): Promise<string> {
  const before = document.activeElement as HTMLElement | null;
  const behind = BEHIND.map((id) => by_id(id));
  const escape = (event: KeyboardEvent) => event.key === "Escape" && dialog.close("no");
  document.body.append(dialog);
  document.body.classList.add("is-asked");
  for (const part of behind) part.inert = true;
  addEventListener("keydown", escape);
  dialog.show();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    removeEventListener("keydown", escape);
    for (const part of behind) part.inert = false;
    document.body.classList.remove("is-asked");
    dialog.remove();
    before?.focus();
    resolve(dialog.returnValue);
  }));
}

interface Question {
  title: string;
  text: string;
  label: string;
  value?: string;
  type?: "text" | "password";
  /** An empty line is no answer. */
  required?: boolean;
  yes: string;
}

/** Asks for a line; null = given up. */
export async function ask(question: Question): Promise<string | null> {
  const input = el("input", { type: question.type ?? "text", id: "asked", autocomplete: "off", maxlength: 400, required: question.required ?? true, autofocus: true });
  input.value = question.value ?? "";
  const dialog = el("dialog", { "aria-labelledby": "ask-title" },
    el("form", { method: "dialog" },
      el("h2", { id: "ask-title" }, question.title), el("p", {}, question.text), el("label", { for: "asked" }, question.label), input,
      el("div", { class: "row end" },
        el("button", { type: "button", click: () => dialog.close("no") }, "Cancel"),
        el("button", { type: "submit", value: "yes", class: "main" }, question.yes))));
  return (await open(dialog)) === "yes" ? input.value.trim() : null;
}

export async function tell(title: string, body: Node): Promise<void> {
  await open(el("dialog", { "aria-labelledby": "tell-title" },
    el("form", { method: "dialog" }, el("h2", { id: "tell-title" }, title), body,
      el("div", { class: "row end" }, el("button", { type: "submit", class: "main", autofocus: true }, "Close")))));
}
