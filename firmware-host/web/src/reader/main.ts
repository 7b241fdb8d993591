// The API's document as a page: every address, what it takes and answers. It only reads; nothing is sent from here.

import { Door, Refusal } from "../door.ts";
import { by_id, el, say, swap, table } from "../dom.ts";
import { type Address, type Document, addresses } from "./document.ts";

function shown(address: Address): HTMLElement {
  const part = (title: string, heads: string[], rows: string[][]): HTMLElement | null =>
    rows.length > 0 ? el("div", { class: "wide" }, el("h3", {}, title), table(title, heads, rows)) : null;
  return el("details", {},
    el("summary", {}, el("b", {}, address.method), " ", el("code", {}, address.path), " ", el("span", {}, address.about)),
    part("Parameters", ["name", "in", "type", "what"], address.parameters), part("Body", ["field", "type", "what"], address.body),
    part("Answers", ["code", "form", "what"], address.answers), el("pre", { tabindex: 0 }, el("code", {}, address.example)));
}

function show(document_: Document): void {
  const all = addresses(document_, location.origin);
  const tags = [...new Set(all.map((address) => address.tag))];
  swap(by_id("addresses"), ...tags.map((tag) => el("section", {}, el("h2", {}, tag), ...all.filter((address) => address.tag === tag).map(shown))));
  say(by_id("state"), `${document_.info.title} ${document_.info.version}: ${all.length} addresses.`);
}

const door = new Door();
const form = by_id<HTMLFormElement>("token");
door.on_token = () => new Promise((resolve) => {
  form.hidden = false;
  say(by_id("state"), "This server wants a token.");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.hidden = true;
    resolve(form.querySelector("input")?.value ?? null);
  }, { once: true });
});
door.request("/openapi.json").then(async (response) => show(await response.json() as Document))
  .catch((cause: unknown) => say(by_id("state"), cause instanceof Refusal ? `It cannot be read: ${cause.message}.` : String(cause)));
