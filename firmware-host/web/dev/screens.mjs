// Screenshots of the page at each size, dark and light, into a folder; for looking at. The server must run.
//   node dev/screens.mjs FOLDER [URL] [only words of the names…]
import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";

const [folder = ".made/screens", url = "http://127.0.0.1:8417", ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const SIZES = { tablet: [1024, 768], laptop: [1366, 768], wide: [1920, 1080], phone: [390, 844] };
const VIEWS = ["live", "flights", "sql", "settings", "replay", "whatif", "plan"];
const AREA = "47.3990, 8.5440\n47.3990, 8.5500\n32T 465800 5249200\n47.3958, 8.5440";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const [size, [width, height]] of Object.entries(SIZES)) {
  for (const theme of ["light", "dark"]) {
    const names = VIEWS.map((view) => `${size}-${theme}-${view}`).filter((name) => only.length === 0 || only.some((word) => name.includes(word)));
    if (names.length === 0) continue;
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, hasTouch: size === "phone", isMobile: size === "phone" });
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && console.log(`${size} ${theme}: ${message.text()}`));
    page.on("pageerror", (error) => console.log(`${size} ${theme}: ${error}`));
    for (const name of names) {
      const view = name.split("-")[2];
      await page.goto(`${url}/#${["replay", "whatif"].includes(view) ? "flights" : view}`);
      await page.reload();
      await page.waitForTimeout(view === "live" ? 3500 : 1200);
      if (view === "flights") {
        await page.getByText("Tags, note").first().click();
        await page.getByLabel(/^Tags of/).first().fill("night, training");
        await page.getByLabel(/^Note to/).first().fill("Fox by the lake; wind from the west.");
        await page.getByRole("button", { name: "Keep" }).first().click();
        await page.waitForTimeout(700);
        await page.getByText("Tags, note").last().evaluate((summary) => summary.click());
      }
      if (view === "plan") {
        await page.getByLabel(/^Corners/).fill(AREA);
        await page.getByLabel(/^Beacon's power/).fill("-40");
        await page.waitForTimeout(1500);
        await page.getByRole("button", { name: "All" }).last().click();
        await page.waitForTimeout(300);
      }
      if (["replay", "whatif"].includes(view)) {
        await page.getByRole("button", { name: "Replay" }).first().click();
        await page.waitForSelector(".timeline input", { timeout: 60_000 });
        await page.locator(".timeline input").fill("600");
        await page.waitForTimeout(1500);
      }
      if (view === "whatif") {
        await page.getByRole("button", { name: "What if" }).click();
        await page.getByLabel("Settings, one a line").fill("analytics.trigger_db=14\nanalytics.ewma_time_constant_s=4");
        await page.getByRole("button", { name: "Compute" }).click();
        await page.waitForSelector(".facts-beside table", { state: "attached", timeout: 60_000 });
        await page.waitForTimeout(1000);
      }
      if (view === "sql") {
        await page.getByRole("button", { name: /^Ask/ }).click();
        await page.waitForTimeout(800);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) console.log(`${name}: ${wide} px wider than the screen`);
      await page.screenshot({ path: `${folder}/${name}.png`, fullPage: size === "phone" });
    }
    await page.close();
  }
}
await browser.close();
