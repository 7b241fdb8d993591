// The stream of the contract, of a played flight: for the fixture server only.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Played } from "./played.ts";

export function stream(request: IncomingMessage, response: ServerResponse, played: Played | null, client: string, after: number): void {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const say = (name: string, told: unknown): void => void response.write(`event: ${name}\ndata: ${JSON.stringify(told)}\n\n`);
  let [last_id, spectrum_us, estimate_us, regions_us, beat] = [after, 0, 0, -1, 0];
  const timer = setInterval(() => {
    beat += 1;
    if (beat % 10 === 0) response.write(": \n\n");
    if (!played) return void (beat % 10 === 1 && say("state", { live: false, you_control: false, controlled_by: null, status: null }));
    const at_us = played.at_us();
    say("state", played.state(client));
    for (const entry of played.log(last_id)) {
      say("log", entry);
      last_id = entry.id;
    }
    for (const row of played.chunk()?.spectrum ?? []) {
      if (row.at_us <= spectrum_us || row.at_us > at_us || row.at_us < at_us - 2e6) continue;
      say("spectrum", row);
      spectrum_us = row.at_us;
    }
    for (const estimate of played.whole.estimates) {
      if (estimate.at_us <= estimate_us || estimate.at_us > at_us || estimate.at_us < at_us - 2e6) continue;
      say("estimate", estimate);
      estimate_us = estimate.at_us;
    }
    const due_us = played.whole.region_times_us.filter((time) => time <= at_us).at(-1) ?? -1;
    if (due_us !== regions_us) {
      regions_us = due_us;
      if (due_us >= 0) void played.regions().then((regions) => regions.forEach((region) => say("region", region)));
    }
  }, 100);
  request.on("close", () => clearInterval(timer));
}
