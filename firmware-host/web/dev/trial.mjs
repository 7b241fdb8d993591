// What both stories are made of: a headless Chromium, pages in it, checks that are told one a line.
import { chromium } from "playwright-core";

const LOCAL = /^(blob|data):/;
/** What a browser says of a refusal or a lost link, which the page tells itself. */
const EXPECTED = /ERR_|401|403|409|status of/;

export const must = (is, said) => {
  if (!is) throw new Error(said);
};

export const text = (page, selector) => page.locator(selector).first().innerText();

/** Checks of one story; `told`: how it ended. */
export class Checks {
  passed = 0;
  failed = 0;

  async is(what, test) {
    const began = Date.now();
    try {
      await test();
      this.passed += 1;
      console.log(`ok      ${what} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (cause) {
      this.failed += 1;
      const [, line] = /(\w+\.mjs:\d+):\d+\)?\s*$/m.exec(cause.stack.replaceAll(/^.*(trial|playwright|node_modules).*$/gm, "")) ?? [];
      console.log(`FAILED  ${what} (${line}): ${cause.message.split("\n").slice(0, 4).join(" | ")}`);
    }
  }

  told() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}

/** The browser; its `troubles` are errors of pages, and requests to anywhere but the page's own server. */
export class Browser {
  troubles = [];

  static async start() {
    const browser = new Browser();
    browser.chromium = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
    return browser;
  }

  async open(url, options = {}) {
    const context = await this.chromium.newContext({ viewport: { width: 1024, height: 768 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => this.troubles.push(String(error)));
    page.on("console", (message) => message.type() === "error" && !EXPECTED.test(message.text()) && this.troubles.push(message.text()));
    page.on("request", (request) => !request.url().startsWith(url) && !LOCAL.test(request.url()) && this.troubles.push(`asked ${request.url()}`));
    await page.goto(url);
    return page;
  }

  close() {
    return this.chromium.close();
  }
}

/** Slides the knob along this share of its way. */
export const slide = async (page, share) => {
  const box = await page.locator("#slide").boundingBox();
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + 22, y);
  await page.mouse.down();
  await page.mouse.move(box.x + 22 + (box.width - 52) * share * 0.5, y, { steps: 4 });
  await page.mouse.move(box.x + 22 + (box.width - 46) * share, y, { steps: 4 });
  await page.mouse.up();
};

/** Waits until the slide says that homing is on, or is not. */
export const enabled = (page, wanted, timeout = 10_000) =>
  page.waitForFunction((is) => (document.querySelector("#slide").getAttribute("data-slide") === "on") === is, wanted, { timeout });

/** Waits for what the slide shows: on, can or cannot. */
export const slides = (page, wanted, timeout = 10_000) =>
  page.waitForFunction((is) => document.querySelector("#slide").getAttribute("data-slide") === is, wanted, { timeout });

/** Takes control as `name`, by keys. */
export const take = async (page, name) => {
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("c");
  await page.getByLabel("Your name").fill(name);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("#chips button").textContent === "you control");
};
