// Screenshots of the page at each size, dark and light, into a folder; for looking at. The server must run.
//   node dev/screens.mjs FOLDER [URL] [only words of the names…]
import { chromium } from "playwright-core";
import { mkdirSync } from "node:fs";

const [folder = ".made/screens", url = "http://127.0.0.1:8417", ...only] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const SIZES = { tablet: [1024, 768], laptop: [1366, 768], wide: [1920, 1080], phone: [390, 844] };
const VIEWS = ["live", "flights", "sql", "settings", "replay"];
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
      await page.goto(`${url}/#${view === "replay" ? "flights" : view}`);
      await page.reload();
      await page.waitForTimeout(view === "live" ? 3500 : 1200);
      if (view === "replay") {
        await page.getByRole("button", { name: "Replay" }).first().click();
        await page.waitForSelector(".timeline input", { timeout: 20_000 });
        await page.locator(".timeline input").fill("1400");
        await page.waitForTimeout(2500);
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
