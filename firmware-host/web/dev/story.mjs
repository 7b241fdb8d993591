// The story of a flight in a real Chromium: control, slide, Stop, keys, loss of link, replay, places, SQL, a phone, a token.
// It starts the fixture server itself (for development only). Ends with 1 where something was not so.
//   node dev/story.mjs --flights FOLDER --skyhound PATH --live NAME
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Browser, Checks, enabled, must, slide, take, text } from "./trial.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2);
const port = 8431;
const url = `http://127.0.0.1:${port}`;
let server = null;
const start = async (...more) => {
  server = spawn(process.execPath, [join(here, "start.mjs"), ...given, "--port", String(port), "--from", "20", ...more], { cwd: join(here, ".."), stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    server.stdout.on("data", (text) => String(text).includes("http://") && resolve());
    server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
};
const stop = () => new Promise((resolve) => {
  server.removeAllListeners("exit");
  server.on("exit", resolve);
  server.kill();
});
const knobs = (told) => fetch(`${url}/api/v1/dev/knobs`, { method: "POST", headers: { "Content-Type": "application/json", "X-Skyhound-Client": "story" }, body: JSON.stringify(told) });
const checks = new Checks();
const check = (what, test) => checks.is(what, test);
const browser = await Browser.start();
const { troubles } = browser;
const open = (options) => browser.open(url, options);

await start();
await knobs({ homing: false });
const anna = await open();
await check("the state is there within a second of the first paint", async () => {
  const began = Date.now();
  await anna.waitForFunction(() => document.querySelector(".state")?.textContent === "IDLE");
  const paint = await anna.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  must(paint < 1000, `first paint after ${paint} ms`);
  console.log(`        first paint ${Math.round(paint)} ms, state ${Date.now() - began} ms after`);
});
await check("the slide tells why it cannot, and that control comes first", async () => {
  await anna.waitForFunction(() => document.querySelector(".why")?.textContent.includes("take control first"));
  must((await anna.getAttribute("#slide", "aria-disabled")) === "true", "it is not disabled");
});
await check("a slide that cannot does nothing", async () => {
  await slide(anna, 1);
  await anna.waitForTimeout(400);
  must((await anna.getAttribute("#slide", "data-slide")) === "cannot", "it went on");
});
await check("control is taken by key and name", () => take(anna, "Anna"));
await check("half a slide is none, a whole one enables", async () => {
  await anna.waitForFunction(() => document.querySelector("#slide").getAttribute("data-slide") === "can");
  await slide(anna, 0.6);
  await anna.waitForTimeout(400);
  must((await anna.getAttribute("#slide", "data-slide")) === "can", "half a slide enabled");
  await slide(anna, 1);
  await enabled(anna, true);
});
await check("Stop by a click is taken, and told", async () => {
  const asked = anna.waitForRequest((request) => request.url().endsWith("/homing"));
  const began = Date.now();
  await anna.click("#stop");
  const body = (await asked).postDataJSON();
  must(body.on === false, "it asked for something else");
  console.log(`        click to request ${Date.now() - began} ms`);
  await enabled(anna, false);
  must(/taken in \d+ ms/.test(await text(anna, "#stop .told")), await text(anna, "#stop .told"));
});
await check("Enter held for a second enables, a shorter one does not", async () => {
  await anna.focus("#slide");
  await anna.keyboard.down("Enter");
  await anna.waitForTimeout(500);
  await anna.keyboard.up("Enter");
  await anna.waitForTimeout(400);
  must((await anna.getAttribute("#slide", "data-slide")) === "can", "half a second enabled");
  await anna.keyboard.down("Enter");
  await anna.waitForTimeout(1300);
  await anna.keyboard.up("Enter");
  await enabled(anna, true);
});
await check("Stop is at hand while something is asked, by touch too", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("?");
  await anna.waitForSelector("dialog[open]");
  await anna.click("#stop");
  await enabled(anna, false);
  await anna.keyboard.press("Escape");
  await anna.waitForSelector("dialog", { state: "detached" });
  await slide(anna, 1);
  await enabled(anna, true);
});
const bert = await open();
await check("another who does not control can stop, by s and by Escape twice, also while writing", async () => {
  await bert.waitForFunction(() => document.querySelector("#chips button").textContent === "Anna controls");
  await bert.keyboard.press("s");
  await enabled(bert, false);
  await slide(anna, 1);
  await enabled(bert, true);
  await bert.getByLabel("Your place").fill("yes, s");
  await bert.waitForTimeout(300);
  must((await bert.getAttribute("#slide", "data-slide")) === "on", "an s in a text stopped");
  await bert.keyboard.press("Escape");
  await bert.keyboard.press("Escape");
  await enabled(bert, false);
});
await check("taking over is told to the one before", async () => {
  await bert.locator("body").click({ position: { x: 400, y: 5 } });
  await bert.evaluate(() => document.activeElement.blur());
  await take(bert, "Bert");
  await anna.waitForFunction(() => document.querySelector("#toasts").textContent.includes("Bert took control"));
});
await check("interlocks stand with their mends, and the slide names the first", async () => {
  await knobs({ missing: ["battery low: 18 % left: land and change it", "fence unknown: wait"] });
  await bert.waitForFunction(() => document.querySelectorAll("#panel-live-locks .missing").length === 2);
  must((await text(bert, ".why")).startsWith("battery low"), await text(bert, ".why"));
  await knobs({ missing: [] });
});
await check("a place is typed as MGRS and the way to the beacon told; a wrong one is refused", async () => {
  await anna.getByLabel("Your place").fill("32TMT6540347150");
  await anna.keyboard.press("Enter");
  await anna.waitForFunction(() => /\d+ k?m to \d{3}° \([NESW]+\)/.test(document.querySelector(".there").textContent));
  console.log(`        ${await text(anna, ".there")} from ${await text(anna, "#standing")}`);
  await anna.getByLabel("Your place").fill("61T 1 2");
  await anna.keyboard.press("Enter");
  must(await anna.getByLabel("Your place").evaluate((input) => !input.checkValidity()), "it was taken");
});
await check("loss of link greys the picture, says its age, keeps Stop trying, and comes back", async () => {
  await stop();
  await anna.waitForFunction(() => document.body.classList.contains("is-stale") && !document.querySelector("#stale").hidden, null, { timeout: 5000 });
  await anna.waitForTimeout(2500);
  must(/picture is [3-9].* old/.test(await text(anna, "#stale")), await text(anna, "#stale"));
  must(/no link/.test(await text(anna, ".why")), await text(anna, ".why"));
  await anna.click("#stop");
  await anna.waitForFunction(() => document.querySelector("#stop .told").textContent.includes("NOT TAKEN") && !document.querySelector("#missed").hidden);
  await anna.screenshot({ path: join(here, "..", ".made", "lost.png") });
  await start();
  await anna.waitForFunction(() => !document.body.classList.contains("is-stale") && document.querySelector("#stale").hidden, null, { timeout: 15_000 });
  await anna.waitForFunction(() => document.querySelector("#stop").getAttribute("data-stop") === "stopped");
});
await check("replay: play, speed, pause, seek, step by keys, and the picture follows", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("3");
  await anna.locator("article", { hasText: given[given.indexOf("--live") + 1] }).getByRole("button", { name: "Replay" }).click();
  await anna.waitForSelector(".timeline input");
  const at = () => anna.locator(".timeline input").inputValue().then(Number);
  await anna.getByLabel("Speed", { exact: true }).selectOption("10");
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press(" ");
  await anna.waitForTimeout(2000);
  await anna.keyboard.press(" ");
  const played = await at();
  must(played > 130 && played < 320, `2 s at 10 × played ${played / 10} s`);
  await anna.waitForTimeout(300);
  must((await at()) === played, "it did not pause");
  await anna.keyboard.press("ArrowRight");
  must(Math.abs((await at()) - played - 100) <= 1, "it did not seek by 10 s");
  await anna.keyboard.press(".");
  must(Math.abs((await at()) - played - 101) <= 1, "it did not step");
  await anna.waitForFunction(() => document.querySelector(".replaying .readout dd").textContent.endsWith("dB"));
  await anna.waitForFunction(() => document.querySelector(".strip .state").textContent === "HOMING");
});
await check("the way from the browser's own position, and a copy as MGRS", async () => {
  const walker = await open({ geolocation: { latitude: 47.39, longitude: 8.54 }, permissions: ["geolocation", "clipboard-read", "clipboard-write"] });
  await walker.getByRole("button", { name: "Here" }).click();
  await walker.waitForFunction(() => document.querySelector("#standing").textContent.includes("by this device"));
  await walker.waitForFunction(() => /m to \d{3}°/.test(document.querySelector(".there").textContent));
  await walker.getByRole("button", { name: "MGRS" }).click();
  await walker.waitForFunction(() => document.querySelector("#toasts").textContent.includes("copied"));
  const copied = await walker.evaluate(() => navigator.clipboard.readText());
  must(/^32T MT \d{5} \d{5}$/.test(copied), copied);
});
await check("flights are filtered, downloaded, and a report that is not there is told", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("3");
  await anna.getByLabel("Find flights").fill("no such flight");
  await anna.waitForFunction(() => document.querySelectorAll(".flight").length === 0);
  await anna.getByLabel("Find flights").fill("");
  const coming = anna.waitForEvent("download");
  await anna.getByRole("link", { name: "File" }).first().click();
  must((await (await coming).suggestedFilename()).endsWith(".duckdb"), "no file came");
  await anna.getByText("Report", { exact: true }).first().click();
  await anna.getByRole("link", { name: "gpx" }).first().click();
  await anna.waitForFunction(() => document.querySelector("#toasts").textContent.includes(".gpx: "));
});
await check("tags and a note are written, filtered by, and found again by the server", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("3");
  const card = anna.locator("article", { hasText: given[given.indexOf("--live") + 1] });
  await card.getByText("Tags, note").click();
  await card.getByLabel(/^Tags of/).fill("night, fox hunt, night");
  await card.getByLabel(/^Note to/).fill("Lost by the lake <b>");
  await card.getByRole("button", { name: "Keep" }).click();
  await anna.waitForFunction(() => document.querySelectorAll(".chip.tag").length === 2 && document.querySelector(".note")?.textContent === "Lost by the lake <b>");
  await anna.getByLabel("Flights with this tag").selectOption("fox hunt");
  must((await anna.locator(".flight").count()) === 1, "the tag does not part the flights");
  await anna.getByLabel("Flights with this tag").selectOption("");
  const asked = anna.waitForRequest((request) => request.url().includes("/flights?text="));
  await anna.getByLabel("Find flights").fill("by the lake");
  must((await asked).url().endsWith("text=by%20the%20lake"), "the server was asked for something else");
  await anna.waitForFunction(() => document.querySelectorAll(".flight").length === 1);
  await anna.getByLabel("Find flights").fill("");
});
await check("wind and nose are told on the map and in words; the course stands in for the nose; unknown is a dash", async () => {
  await anna.keyboard.press("Escape");
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("1");
  await knobs({ wind: { from_deg: 240, mps: 5.23 }, nose: true });
  await anna.waitForFunction(() => document.querySelector("#flying .facts").textContent.includes("5.2 m/s from 240° WSW"));
  must((await anna.locator("#panel-live .wind svg").evaluate((arrow) => arrow.style.transform)) === "rotate(420deg)", "the arrow goes elsewhere");
  await anna.waitForFunction(() => /nose\d{3}°/.test(document.querySelector("#flying .facts").textContent) && document.querySelector("#panel-live [data-heading=nose]"));
  await knobs({ wind: { from_deg: null, mps: null }, nose: false });
  await anna.waitForFunction(() => /wind–/.test(document.querySelector("#flying .facts").textContent) && document.querySelector("#panel-live .wind").textContent === "wind –");
  await anna.waitForFunction(() => /course(\d{3}°|–)/.test(document.querySelector("#flying .facts").textContent) && !document.querySelector("#panel-live [data-heading=nose]"));
  await knobs({ nose: true });
});
const worth = (page) => page.waitForFunction(() => document.querySelectorAll(".worth dd").length > 0 && !document.querySelector(".result").hasAttribute("data-old"));
await check("a search is drawn by taps, weighed as it is edited, and saved", async () => {
  await anna.keyboard.press("6");
  const box = await anna.locator(".planning .map").boundingBox();
  for (const [x, y] of [[0.3, 0.3], [0.7, 0.3], [0.75, 0.7]]) await anna.mouse.click(box.x + box.width * x, box.y + box.height * y);
  await worth(anna);
  const triangle = await text(anna, ".worth");
  await anna.mouse.click(box.x + box.width * 0.3, box.y + box.height * 0.7);
  await anna.waitForFunction((before) => document.querySelector(".worth").innerText !== before && !document.querySelector(".result").hasAttribute("data-old"), triangle);
  must((await anna.getByLabel(/^Corners/).inputValue()).split("\n").length === 4, "a tap was no corner");
  must((await text(anna, ".worth")).includes("–"), "POD is not unknown without a power");
  await anna.getByLabel("Beacon's power").fill("-40");
  await anna.waitForFunction(() => /POD\s*>? ?[\d.]+ %/.test(document.querySelector(".worth").innerText));
  console.log(`        ${(await text(anna, ".worth")).replaceAll(/\s+/g, " ")}`);
  for (const form of ["waypoints", "kml", "geojson"]) {
    const coming = anna.waitForEvent("download");
    await anna.getByRole("button", { name: `.${form}` }).click();
    must((await coming).suggestedFilename() === `search-ps.${form}`, (await coming).suggestedFilename());
  }
});
await check("a corner is dragged, and what the server refuses stands where it belongs", async () => {
  const second = await anna.locator(".corner", { hasText: "2" }).boundingBox();
  const before = await anna.getByLabel(/^Corners/).inputValue();
  await anna.mouse.move(second.x + 14, second.y + 14);
  await anna.mouse.down();
  await anna.mouse.move(second.x + 14, second.y + 60, { steps: 6 });
  await anna.mouse.up();
  await anna.waitForFunction((was) => document.querySelector("#plan-corners").value !== was, before);
  await worth(anna);
  // corners in a row that crosses itself
  const [a, b, c, d] = (await anna.getByLabel(/^Corners/).inputValue()).split("\n");
  await anna.getByLabel(/^Corners/).fill([a, c, b, d].join("\n"));
  await anna.waitForFunction(() => /cross/.test(document.querySelector("fieldset .trouble[role=alert]").textContent));
  must(await anna.getByRole("button", { name: ".kml" }).isDisabled(), "what is no plan can be saved");
  await anna.fill("#plan-speed_mps", "40");
  await anna.waitForFunction(() => document.querySelector("#plan-speed_mps-trouble").textContent.includes("20 m/s"));
});
await check("by keyboard alone a round search is typed and weighed", async () => {
  await anna.reload();
  await anna.waitForSelector("#plan-corners");
  await anna.focus("input[value=polygon]");
  await anna.keyboard.press("ArrowRight");
  const focused = () => anna.evaluate(() => document.activeElement.id);
  const to = async (id) => {
    for (let press = 0; press < 20 && (await focused()) !== id; press += 1) await anna.keyboard.press("Tab");
    must((await focused()) === id, `${id} was not reached by Tab`);
  };
  await to("plan-centre");
  await anna.keyboard.type("32T MT 65750 49450");
  await to("plan-radius_m");
  await anna.keyboard.press("Control+A");
  await anna.keyboard.type("200");
  await to("plan-pattern");
  await anna.keyboard.type("exp");
  await to("plan-speed_mps");
  await anna.keyboard.press("Control+A");
  await anna.keyboard.type("8");
  await worth(anna);
  must((await anna.inputValue("#plan-pattern")) === "ss", "the pattern was not chosen");
});
await check("what if: another setting is computed beside the flown, on one axis and on the map; a wrong one is refused", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("3");
  await anna.locator("article", { hasText: given[given.indexOf("--live") + 1] }).getByRole("button", { name: "Replay" }).click();
  await anna.getByRole("button", { name: "What if" }).click({ timeout: 30_000 });
  const sets = anna.getByLabel("Settings, one a line");
  const said = (words) => anna.waitForFunction((wanted) => document.querySelector("#whatif-told").textContent.includes(wanted), words, { timeout: 60_000 });
  await sets.fill("louder");
  await anna.getByRole("button", { name: "Compute" }).click();
  await said("louder is no setting");
  await sets.fill("recorder.folder=elsewhere");
  await anna.keyboard.press("Control+Enter");
  await said("recorder");
  must((await sets.getAttribute("aria-invalid")) === "true", "the refusal is not marked");
  await sets.fill("analytics.trigger_db=25\nanalytics.ewma_time_constant_s=4");
  await anna.getByRole("button", { name: "Compute" }).click();
  await said("computed in");
  must((await anna.locator(".axes canvas").count()) === 2 && (await anna.locator(".heard .of-flown").count()) > 0, "there are no lines");
  const axes = await anna.locator(".axes").boundingBox();
  const before = await anna.locator(".timeline input").inputValue();
  await anna.mouse.click(axes.x + axes.width * 0.7, axes.y + 40);
  must((await anna.locator(".timeline input").inputValue()) !== before, "a click in the plot does not seek");
  await anna.waitForFunction(() => /now \d/.test(document.querySelector(".apart").textContent));
  await anna.waitForFunction(() => document.querySelector("#panel-replay .legend").textContent.includes("what if"));
  console.log(`        ${await text(anna, ".apart")}`);
  await anna.getByRole("button", { name: "Close" }).click();
  await anna.waitForFunction(() => document.querySelector(".whatif").hidden && !document.querySelector("#panel-replay .legend").textContent.includes("what if"));
});
await check("SQL answers, and a wrong question is told", async () => {
  await anna.keyboard.press("4");
  await anna.getByLabel("Question in SQL").fill("SELECT count(*) AS n FROM reading");
  await anna.keyboard.press("Control+Enter");
  await anna.waitForFunction(() => Number(document.querySelector(".answer td")?.textContent) > 1000);
  await anna.getByLabel("Question in SQL").fill("SELECT nothing FROM nowhere");
  await anna.keyboard.press("Control+Enter");
  await anna.waitForFunction(() => /nowhere/.test(document.querySelector(".answer .bad")?.textContent ?? ""));
});
await check("profiles and settings are there; the profile changes by who controls", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("5");
  await anna.waitForFunction(() => document.querySelector(".toml").textContent.includes("[[beacon]]"));
  must(await anna.getByRole("button", { name: "Fly by it" }).first().isDisabled(), "it may change without control");
  await take(anna, "Anna");
  await anna.getByRole("button", { name: "Fly by it" }).first().click();
  await anna.getByRole("button", { name: "Seek by it" }).click();
  await anna.waitForFunction(() => document.querySelector(".in-force h2")?.textContent === "plb-121");
});
await check("by keyboard alone every part is reached, and the focus is seen", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("1");
  const seen = new Set();
  for (let press = 0; press < 60; press += 1) {
    await anna.keyboard.press("Tab");
    seen.add(await anna.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName));
  }
  for (const wanted of ["slide", "stop", "tab-live", "copy"]) must([...seen].some((id) => String(id).includes(wanted)), `${wanted} was not reached: ${[...seen].join(", ")}`);
});
await check("on a phone upright nothing is wider than the screen, Stop is in reach of the thumb", async () => {
  const phone = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await phone.waitForFunction(() => document.querySelector(".state")?.textContent !== "…");
  must((await phone.evaluate(() => document.documentElement.scrollWidth)) <= 390, "it is wider");
  const box = await phone.locator("#stop").boundingBox();
  must(box.y > 600 && box.y + box.height <= 844, `Stop at ${box.y}`);
  const asked = phone.waitForRequest((request) => request.url().endsWith("/homing"));
  await phone.tap("#stop");
  await asked;
  await phone.getByRole("tab", { name: "Plan" }).tap();
  await phone.locator(".planning .map").tap();
  await phone.waitForFunction(() => document.querySelector("#plan-corners").value !== "" && document.querySelector(".outcome").textContent.includes("2 more corners"));
  must((await phone.evaluate(() => document.documentElement.scrollWidth)) <= 390, "the plan is wider");
});
await stop();
await start("--role", "look");
await check("who may only look is told so where a note was to be kept, and plans all the same", async () => {
  const dora = await open();
  await dora.waitForFunction(() => document.querySelector(".chip.link").textContent === "live");
  await dora.keyboard.press("3");
  await dora.getByText("Tags, note").first().click();
  await dora.getByRole("button", { name: "Keep" }).first().click();
  await dora.waitForFunction(() => /Not kept: .*look/.test(document.querySelector(".about .bad").textContent));
  await dora.evaluate(() => document.activeElement.blur());
  await dora.keyboard.press("6");
  await dora.getByLabel(/^Corners/).fill("47.3990, 8.5440\n47.3990, 8.5500\n32T 465800 5249200");
  await worth(dora);
});
await stop();
await start("--token", "open sesame");
await check("a token is asked for once, refused when wrong, and kept", async () => {
  const clara = await open();
  await clara.getByRole("textbox", { name: "Token" }).fill("wrong");
  await clara.keyboard.press("Enter");
  await clara.waitForTimeout(500);
  await clara.getByRole("textbox", { name: "Token" }).fill("open sesame");
  await clara.keyboard.press("Enter");
  await clara.waitForFunction(() => document.querySelector(".chip.link").textContent === "live");
  await clara.reload();
  await clara.waitForFunction(() => document.querySelector(".chip.link").textContent === "live");
});
await check("no error, no request to anywhere else, nothing against the CSP", async () => must(troubles.length === 0, troubles.join("; ")));
await browser.close();
await stop();
console.log(checks.told());
process.exit(checks.failed > 0 ? 1 : 0);
