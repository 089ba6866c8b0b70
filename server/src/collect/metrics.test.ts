import { createCollectorMetrics } from "./metrics.ts";
import { collectorStatus } from "./testing/status.ts";

it("shows what limits on senders' state have cost, by kind", async () => {
  const givenUp = { sessions: 1, templates: 20, facts: 3, connections: 4, elements: 5 };
  const page = await createCollectorMetrics(() => collectorStatus({ givenUp })).scrape();
  for (const [kind, count] of Object.entries(givenUp))
    expect(page).toContain(`sillage_collector_given_up_total{kind="${kind}"} ${count}\n`);
});
