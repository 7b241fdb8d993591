// The story of a flight in a real Chromium against the real daemon on the simulated rig, and its replay by `skyhound ground`.
// Screenshots go to a folder, to be looked at. Ends with 1 where something was not so.
//   node dev/real.mjs --rig PATH --skyhound PATH [--screens FOLDER] [--own-page]
// --own-page: the page of dist/ instead of the one in the binary.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Ground, OwnPage, Rig, sleep } from "./flown.mjs";
import { Browser, Checks, enabled, must, slide, slides, take, text } from "./trial.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values: given } = parseArgs({ options: { rig: { type: "string" }, skyhound: { type: "string" }, screens: { type: "string" }, "own-page": { type: "boolean" } } });
if (!given.rig || !given.skyhound) {
  console.error("use: node dev/real.mjs --rig PATH-OF-SKYHOUND-RIG --skyhound PATH-OF-SKYHOUND [--screens FOLDER] [--own-page]");
  process.exit(2);
}
const screens = resolve(given.screens ?? join(web, ".made", "screens"));
mkdirSync(screens, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "skyhound-page-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const began = Date.now();
const checks = new Checks();
const check = (what, test) => checks.is(what, test);
const shoot = (page, name, options = {}) => page.screenshot({ path: join(screens, `${name}.png`), ...options });
const shown = (page, states, timeout = 30_000) =>
  page.waitForFunction((wanted) => wanted.includes(document.querySelector("#flying .state")?.textContent), [states].flat(), { timeout });
const before = async (page) => {
  if (!given["own-page"]) return page;
  return new OwnPage(page).page();
};

const rig = new Rig(given.rig, folder);
const browser = await Browser.start();
const daemon_url = await rig.page();
const url = await before(daemon_url);
console.log(`        the daemon's page is at ${daemon_url}, ${((Date.now() - began) / 1000).toFixed(1)} s after the start`);
const status = async () => (await (await fetch(`${daemon_url}/api/v1/state`)).json()).status;
const ask = async (sql) => {
  const asked = await fetch(`${daemon_url}/api/v1/flights/live/query`, { method: "POST", headers: { "Content-Type": "application/json", "X-Skyhound-Client": "story" }, body: JSON.stringify({ sql, format: "json" }) });
  must(asked.ok, await asked.clone().text());
  return asked.json();
};
const anna = await browser.open(url);

await check("the live picture comes: state, aircraft, power, spectrum, map", async () => {
  await shown(anna, "IDLE", 10_000);
  const paint = await anna.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  console.log(`        first paint ${Math.round(paint)} ms`);
  await anna.waitForFunction(() => document.querySelector(".chip.link").textContent === "live");
  await anna.waitForFunction(() => document.querySelector("#flying .facts").textContent.includes("AUTO"), null, { timeout: 20_000 });
  await anna.waitForFunction(() => document.querySelector(".readout dd").textContent.endsWith("dB"), null, { timeout: 20_000 });
});
await check("the picture is told ten times a second", async () => {
  const rate_hz = await anna.evaluate(async () => {
    const answer = await fetch("api/v1/live", { headers: { Accept: "text/event-stream" } });
    const reader = answer.body.getReader();
    let told = 0;
    const words = new TextDecoder();
    const until = performance.now() + 2000;
    while (performance.now() < until) told += words.decode((await reader.read()).value).split("event: state").length - 1;
    await reader.cancel();
    return told / 2;
  });
  console.log(`        ${rate_hz} Hz`);
  must(rate_hz > 7 && rate_hz < 13, `${rate_hz} Hz`);
});
await check("locked homing tells why, with the mend, and a slide does nothing", async () => {
  await anna.waitForFunction(() => document.querySelector(".why").textContent.includes("take control first"));
  await anna.waitForFunction(() => document.querySelectorAll("#panel-live-locks .missing").length > 0);
  must((await anna.getAttribute("#slide", "aria-disabled")) === "true", "the slide is not disabled");
  await slide(anna, 1);
  await sleep(300);
  must((await anna.getAttribute("#slide", "data-slide")) === "cannot", "it went on");
  must(!(await status()).homing_enabled, "homing is enabled");
});
await check("control is taken; in AUTO homing stays locked, and that is told", async () => {
  await take(anna, "Anna");
  await anna.waitForFunction(() => /mode/i.test(document.querySelector(".why").textContent) && !/control/.test(document.querySelector(".why").textContent), null, { timeout: 15_000 });
  console.log(`        ${await text(anna, ".why")}`);
  await anna.click("#tab-live-locks");
  await shoot(anna, "locked-homing");
});
const bert = await browser.open(url);
await check("another browser sees who controls, and may not enable", async () => {
  await bert.waitForFunction(() => document.querySelector("#chips button").textContent === "Anna controls");
  must((await bert.getAttribute("#slide", "aria-disabled")) === "true", "its slide is open");
});
await check("the pilot gives GUIDED: half a slide is none, a whole one enables, HOMING comes", async () => {
  await slides(anna, "can", 40_000);
  await slide(anna, 0.6);
  await sleep(300);
  must((await anna.getAttribute("#slide", "data-slide")) === "can", "half a slide enabled");
  await slide(anna, 1);
  await enabled(anna, true);
  await shown(anna, "HOMING");
  await shown(bert, "HOMING", 10_000);
});
await check("while it homes: where the beacon is and how sure, and the way there from a typed place", async () => {
  await anna.getByLabel("Your place").fill("47.39700, 8.54500");
  await anna.keyboard.press("Enter");
  // told of after this page came
  await anna.waitForSelector(".leaflet-container .home", { state: "attached" });
  await anna.waitForFunction(() => /50 % within \d/.test(document.querySelector(".sure").textContent), null, { timeout: 20_000 });
  await anna.waitForFunction(() => /\d+ k?m to \d{3}°/.test(document.querySelector(".there").textContent));
  console.log(`        ${await text(anna, ".sure")}; ${await text(anna, ".there")}`);
  await sleep(5000);
  await shoot(anna, "live");
  await bert.setViewportSize({ width: 1920, height: 1080 });
  await sleep(800);
  await shoot(bert, "live-wide");
  await bert.setViewportSize({ width: 1024, height: 768 });
});
await check("Stop by a click: IDLE on both pages, and the aircraft is led no more", async () => {
  const pressed = Date.now();
  await anna.click("#stop");
  await shown(anna, "IDLE", 10_000);
  console.log(`        IDLE shown ${Date.now() - pressed} ms after the click, ${await text(anna, "#stop .told")}`);
  await shown(bert, "IDLE", 10_000);
  await sleep(1500);
  const [last] = await ask("select s.at_us, (select max(at_us) from command where kind = 'velocity' and at_us > s.at_us) late from state_change s where to_state = 'IDLE' order by at_us desc limit 1");
  must(last && last.late === null, `led on after it was stopped: ${JSON.stringify(last)}`);
});
await check("taking over is told to the one before, whose slide is locked; by keyboard alone it is enabled and stopped", async () => {
  await take(bert, "Bert");
  await anna.waitForFunction(() => document.querySelector("#toasts").textContent.includes("Bert took control"));
  await slides(anna, "cannot");
  await slides(bert, "can", 20_000);
  await bert.keyboard.press("1");
  const focused = () => bert.evaluate(() => document.activeElement.id);
  for (let press = 0; press < 60 && (await focused()) !== "slide"; press += 1) await bert.keyboard.press("Tab");
  must((await focused()) === "slide", "the slide was not reached by Tab");
  await bert.keyboard.down("Enter");
  await enabled(bert, true);
  await bert.keyboard.up("Enter");
  await shown(bert, ["SEARCHING", "DETECTING", "HOMING"], 10_000);
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("s");
  await enabled(bert, false);
  await shown(bert, "IDLE", 10_000);
});
await check("the link is lost for 3 s: grey, with its age, Stop keeps trying; then all is back", async () => {
  const { pid } = await status();
  process.kill(pid, "SIGSTOP");
  try {
    await anna.waitForFunction(() => document.body.classList.contains("is-stale") && !document.querySelector("#stale").hidden, null, { timeout: 10_000 });
    await anna.click("#stop");
    await anna.waitForFunction(() => /picture is [2-9].* old/.test(document.querySelector("#stale").textContent), null, { timeout: 10_000 });
    await anna.waitForFunction(() => document.querySelector("#stop .told").textContent.includes("NOT TAKEN"), null, { timeout: 10_000 });
    must(/no link/.test(await text(anna, ".why")), await text(anna, ".why"));
    await shoot(anna, "link-lost");
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await anna.waitForFunction(() => !document.body.classList.contains("is-stale") && document.querySelector("#stale").hidden && document.querySelector(".chip.link").textContent === "live", null, { timeout: 10_000 });
  await anna.waitForFunction(() => document.querySelector("#stop").getAttribute("data-stop") === "stopped", null, { timeout: 10_000 });
  must((await status()).pid === pid, "it is another daemon");
});
await check("SQL answers of the flight that goes on; a wrong question, and one that writes, are refused", async () => {
  await anna.keyboard.press("4");
  const put = async (sql) => {
    await anna.getByLabel("Question in SQL").fill(sql);
    await anna.keyboard.press("Control+Enter");
  };
  await put("SELECT count(*) AS n FROM reading");
  await anna.waitForFunction(() => Number(document.querySelector(".answer td")?.textContent) > 500);
  await put("SELECT nothing FROM nowhere");
  await anna.waitForFunction(() => /nowhere/.test(document.querySelector(".answer .bad")?.textContent ?? ""));
  await put("COPY reading TO 'out.csv'");
  await anna.waitForFunction(() => !/nowhere/.test(document.querySelector(".answer .bad")?.textContent ?? "nowhere"));
  await shoot(anna, "sql");
});
await check("a search is drawn beside the flight: the server weighs it, refuses what is none, and gives it as a mission", async () => {
  await anna.evaluate(() => document.activeElement.blur());
  await anna.keyboard.press("6");
  const corners = anna.getByLabel(/^Corners/);
  const square = ["47.3990, 8.5440", "47.3990, 8.5500", "47.3958, 8.5500", "47.3958, 8.5440"];
  await corners.fill(square.join("\n"));
  await anna.getByLabel("Beacon's power").fill("-40");
  await anna.waitForFunction(() => /POD\s*>? ?[\d.]+ %/.test(document.querySelector(".worth").innerText) && !document.querySelector(".result").hasAttribute("data-old"), null, { timeout: 20_000 });
  console.log(`        ${(await text(anna, ".worth")).replaceAll(/\s+/g, " ")}`);
  await shoot(anna, "plan");
  const coming = anna.waitForEvent("download", { timeout: 15_000 });
  await anna.getByRole("button", { name: ".waypoints" }).click();
  const mission = readFileSync(await (await coming).path(), "utf8");
  must(mission.startsWith("QGC WPL 110"), mission.slice(0, 80));
  // corners in a row that crosses itself
  await corners.fill([square[0], square[2], square[1], square[3]].join("\n"));
  await anna.waitForFunction(() => /cross/.test(document.querySelector(".plan").innerText), null, { timeout: 20_000 });
});
await check("on a phone nothing is wider than the screen, and Stop arrives", async () => {
  const phone = await browser.open(url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, colorScheme: "dark" });
  await shown(phone, "IDLE");
  await sleep(1500);
  must((await phone.evaluate(() => document.documentElement.scrollWidth)) <= 390, "it is wider");
  const box = await phone.locator("#stop").boundingBox();
  must(box.y > 600 && box.y + box.height <= 844, `Stop at ${box.y}`);
  await shoot(phone, "phone");
  await shoot(phone, "phone-whole", { fullPage: true });
  await phone.tap("#stop");
  await phone.waitForFunction(() => document.querySelector("#stop").getAttribute("data-stop") === "stopped");
  await phone.context().close();
});
const files = await rig.end();
await check("the flight has ended: the page says that its picture is old", async () => {
  await anna.keyboard.press("1");
  await anna.waitForFunction(() => !document.querySelector("#stale").hidden, null, { timeout: 10_000 });
  must(files.length === 1, `${files.length} flight files`);
});
const ground = new Ground(given.skyhound, rig.flights);
const ground_url = await before(await ground.page());
let clara = null;
await check("skyhound ground shows the flight; it is replayed to where it homed, played and stepped by keys", async () => {
  clara = await browser.open(ground_url);
  const [name] = files[0].split(".duckdb");
  await clara.locator("article", { hasText: name }).getByRole("button", { name: "Replay" }).click({ timeout: 15_000 });
  const line = clara.locator(".timeline input");
  await line.waitFor({ timeout: 20_000 });
  const homed = await clara.evaluate(() => {
    const piece = document.querySelector(".states [data-state=HOMING]");
    return parseFloat(piece.style.left) + 0.7 * parseFloat(piece.style.width);
  });
  const at = () => line.inputValue().then(Number);
  const last = Number(await line.getAttribute("max"));
  await line.fill(String(Math.round((homed / 100) * last)));
  await clara.waitForFunction(() => document.querySelector(".strip .state").textContent === "HOMING");
  await clara.waitForFunction(() => document.querySelector(".replaying .readout dd").textContent.endsWith("dB"));
  // where real.toml has it
  await clara.locator(".replaying .truth summary").click();
  await clara.locator(".replaying").getByLabel("Where the beacon truly was").fill("47.400081, 8.546390");
  await clara.keyboard.press("Enter");
  await clara.waitForFunction(() => /^truth \d+ m from the estimate/.test(document.querySelector(".replaying .untrue").textContent));
  console.log(`        ${await text(clara, ".replaying .untrue")}`);
  await clara.locator(".replaying").getByRole("button", { name: "All" }).click();
  await sleep(800);
  await shoot(clara, "replay");
  const from = await at();
  await clara.evaluate(() => document.activeElement.blur());
  await clara.keyboard.press(" ");
  await sleep(1500);
  await clara.keyboard.press(" ");
  const played = await at();
  must(played > from + 8 && played < from + 40, `1.5 s played ${(played - from) / 10} s`);
  await clara.keyboard.press(".");
  must(Math.abs((await at()) - played - 1) <= 1, "it did not step");
  await clara.keyboard.press("3");
  const coming = clara.waitForEvent("download", { timeout: 15_000 });
  await clara.getByRole("link", { name: "File" }).first().click();
  must((await coming).suggestedFilename() === files[0], (await coming).suggestedFilename());
  await shoot(clara, "flights");
});
await check("what if: another setting is computed and stands beside the flown; one that no replay takes is refused", async () => {
  await clara.evaluate(() => document.activeElement.blur());
  await clara.keyboard.press("2");
  await clara.getByRole("button", { name: "What if" }).click();
  const sets = clara.getByLabel("Settings, one a line");
  const told = (words) => clara.waitForFunction((wanted) => document.querySelector("#whatif-told").textContent.includes(wanted), words, { timeout: 90_000 });
  await sets.fill("recorder.folder=elsewhere");
  await clara.getByRole("button", { name: "Compute" }).click();
  await clara.waitForFunction(() => document.querySelector("#whatif-told").classList.contains("bad"), null, { timeout: 30_000 });
  console.log(`        ${await text(clara, "#whatif-told")}`);
  await sets.fill("analytics.trigger_db=14");
  await clara.getByRole("button", { name: "Compute" }).click();
  await told("computed in");
  must((await clara.locator(".axes canvas").count()) === 2, "there are no lines");
  await clara.waitForFunction(() => /now \d/.test(document.querySelector(".apart").textContent));
  console.log(`        ${await text(clara, ".apart")}`);
  await shoot(clara, "what-if");
});
await check("a tag and a note are written into the catalogue, and found again by another page", async () => {
  await clara.evaluate(() => document.activeElement.blur());
  await clara.keyboard.press("3");
  await clara.getByText("Tags, note").click();
  await clara.getByLabel(/^Tags of/).fill("training");
  await clara.getByLabel(/^Note to/).fill("Fox by the lake");
  await clara.getByRole("button", { name: "Keep" }).click();
  await clara.waitForFunction(() => document.querySelector(".chip.tag")?.textContent === "training", null, { timeout: 60_000 });
  const dora = await browser.open(ground_url);
  await dora.waitForFunction(() => document.querySelector(".note")?.textContent === "Fox by the lake", null, { timeout: 30_000 });
  const found = async (words) => (await (await fetch(`${ground_url}/api/v1/flights?text=${words}`)).json()).length;
  must((await found("lake")) === 1 && (await found("hill")) === 0, "the server finds another flight by its note");
  await dora.getByLabel("Find flights").fill("by the hill");
  await dora.waitForFunction(() => document.querySelectorAll(".flight").length === 0);
  await dora.getByLabel("Find flights").fill("by the lake");
  await dora.waitForFunction(() => document.querySelectorAll(".flight").length === 1);
});
await check("no error, no request to anywhere else, nothing against the CSP", async () => must(browser.troubles.length === 0, browser.troubles.join("; ")));
await browser.close();
await ground.end();
console.log(`${checks.told()}; ${((Date.now() - began) / 1000).toFixed(0)} s; screenshots in ${screens}`);
process.exit(checks.failed > 0 ? 1 : 0);
