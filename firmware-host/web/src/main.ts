// Starts the page. Stop is wired first and depends on nothing that comes later.

import { stay_awake } from "./awake.ts";
import { Door } from "./door.ts";
import { by_id, el } from "./dom.ts";
import { slide_state } from "./homing.ts";
import { KeptPlace } from "./kept_place.ts";
import { KEYS, listen } from "./keys.ts";
import { Live } from "./live.ts";
import { Picture } from "./picture.ts";
import { Stopper } from "./stopper.ts";
import { follow_system, turn_theme } from "./theme.ts";
import { Chips } from "./views/chips.ts";
import { FlightsView } from "./views/flights.ts";
import { flying_strip } from "./views/flying.ts";
import { PlanView } from "./views/plan.ts";
import { ReplayView } from "./views/replay.ts";
import { SettingsView } from "./views/settings.ts";
import { Slide } from "./views/slide.ts";
import { SqlView } from "./views/sql.ts";
import { stop_button } from "./views/stop.ts";
import { tabs } from "./views/tabs.ts";
import { ask, failed, tell, toast } from "./views/toast.ts";
import { WatchView } from "./views/watch.ts";

const door = new Door();
const stopper: Stopper = new Stopper(() => door.homing(false), () => stop.show());
const stop = stop_button(stopper);
by_id("act").append(stop.node);
follow_system();

let asking: Promise<string | null> | null = null;
door.on_token = () => {
  asking ??= ask({ title: "Token", text: "This server wants a token: the line in its token file.", label: "Token", type: "password", yes: "Go on" }).finally(() => (asking = null));
  return asking;
};

const picture = new Picture("live", false);
const watcher = new KeptPlace("place", "tab");
const watch = new WatchView(door, picture, watcher);
const show_strip = flying_strip(by_id("flying"), "State of the flight");
const slide = new Slide(async () => {
  try {
    const answer = await door.homing(true);
    if (answer.ok) toast(answer.said ?? "Homing is enabled");
    else failed("homing", new Error(answer.said ?? "refused"));
  } catch (cause) {
    failed("homing", cause);
  }
}, () => {
  show("live");
  watch.explain();
});
by_id("act").prepend(slide.node);

let is_first = true;
const live = new Live(door, picture, (state) => {
  // where no flight goes on there is nothing to see but past ones
  if (is_first && !state.live && document.body.dataset["view"] === "live") show("flights");
  is_first = false;
  if (state.live) stay_awake();
  if (state.status) stopper.sees(state.status.homing_enabled);
});
const chips = new Chips(door, live, by_id("chips"), show_keys);
picture.on(["state", "link"], () => {
  show_strip(picture);
  slide.show(slide_state(picture.state, live.is_stale()));
});

const replay = new ReplayView(door, watcher);
const sql = new SqlView(door);
const flights = new FlightsView(door, {
  replay: (flight) => {
    show("replay");
    void replay.open(flight);
  },
  ask: (flight) => {
    show("sql");
    sql.choose(flight);
  },
});
const settings = new SettingsView(door, picture);
const plan = new PlanView(door, picture);
const views = [
  { id: "live", title: "Live", panel: el("div", { class: "page" }, watch.node) },
  { id: "replay", title: "Replay", panel: replay.node },
  { id: "flights", title: "Flights", panel: flights.node },
  { id: "sql", title: "SQL", panel: sql.node },
  { id: "settings", title: "Settings", panel: settings.node },
  { id: "plan", title: "Plan", panel: plan.node },
];
by_id("view").append(...views.map(({ panel }) => panel));
const show_view = tabs(by_id("tabs"), views, (id) => {
  document.body.dataset["view"] = id;
  if (location.hash !== `#${id}`) history.replaceState(null, "", `#${id}`);
  if (id === "flights") void flights.look();
  if (id === "sql") void sql.look();
  if (id === "settings") void settings.look();
  if (id === "plan") void plan.look();
});

function show(id: string): void {
  show_view(views.some((view) => view.id === id) ? id : "live");
}

function show_keys(): void {
  void tell("Keys", el("dl", { class: "keylist" }, ...KEYS.map(([key, does]) => el("div", {}, el("dt", {}, key), el("dd", {}, does)))));
}

listen(new Map<string, () => void>([
  ...views.map(({ id }, index): [string, () => void] => [String(index + 1), () => show(id)]),
  ["c", () => void chips.turn_control()],
  ["d", turn_theme],
  ["f", () => (document.body.dataset["view"] === "replay" ? replay.turn_follow() : watch.map.turn_follow())],
  ["?", show_keys],
  [" ", () => replay.key(" ")],
  ...["ArrowLeft", "ArrowRight", ",", "."].map((key): [string, () => void] => [key, () => replay.key(key)]),
]));
addEventListener("hashchange", () => show(location.hash.slice(1)));
show(location.hash.slice(1) || "live");
void live.link.run();
