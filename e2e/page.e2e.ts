/**
 * The page in Chromium, with the flows of softflowd behind it: plotted values, pixels in the colours of the series, a table cell, an
 * underlined filter error, what a newcomer sees before any flow came, and a clean console.
 */
import path from "node:path";
import { chromium, type Browser, type Locator, type Page } from "playwright-core";
import { run, softflowd } from "./support/exporters.ts";
import { CHROMIUM, describeWith, REPOSITORY } from "./support/needs.ts";
import { shiftPcap } from "./support/pcap.ts";
import { BUNDLE, startSystem, waitFor, type System } from "./support/system.ts";

const TRACE = path.join(REPOSITORY, "e2e/captures/input-trace.pcap");

/** How long the browser may take for a step on a busy machine. Unit: ms. */
const PATIENCE_MS = 120_000;

/** For each colour `rgb(r, g, b)`, the number of pixels of a chart that are close to it. */
async function countPixels(canvas: Locator, colours: readonly string[]): Promise<number[]> {
  return canvas.evaluate((element, wanted) => {
    const chart = element as HTMLCanvasElement;
    const { data } = chart.getContext("2d")!.getImageData(0, 0, chart.width, chart.height);
    return wanted.map((colour) => {
      const [red = 0, green = 0, blue = 0] = (/\d+, ?\d+, ?\d+/.exec(colour)?.[0] ?? "").split(",").map(Number);
      let pixels = 0;
      for (let at = 0; at < data.length; at += 4) {
        const distance = Math.abs(data[at]! - red) + Math.abs(data[at + 1]! - green) + Math.abs(data[at + 2]! - blue);
        if (data[at + 3]! > 200 && distance < 30) pixels += 1;
      }
      return pixels;
    });
  }, colours);
}

describeWith([CHROMIUM, "softflowd"])("the page", () => {
  let system: System;
  let browser: Browser;
  let page: Page;
  /** Everything that a developer would see in red or yellow. */
  let complaints: string[];
  let range: string;

  const open = async (hash: string): Promise<void> => {
    await page.goto(`${system.url}/${hash}`);
  };
  const explore = (query: object): string =>
    `#/explore?${range}&query=${encodeURIComponent(JSON.stringify({ refId: "A", version: 1, ...query }))}`;

  beforeAll(async () => {
    system = await startSystem();
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
  });

  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(PATIENCE_MS);
    complaints = [];
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
  });

  afterEach(async () => {
    await page.close();
    expect(complaints).toEqual([]);
  });

  afterAll(async () => {
    await browser.close();
    await system.stop();
  });

  it("says what to do while nothing has come", async () => {
    await open("#/");
    await page
      .getByText(/softflowd/)
      .first()
      .waitFor();
    expect(await page.getByRole("main").innerText()).toContain(String(system.udpPort));
  });

  describe("with flows", () => {
    beforeAll(async () => {
      const pcap = path.join(system.folder, "trace.pcap");
      const sentMs = Date.now();
      shiftPcap(TRACE, pcap, sentMs - 60_000);
      await softflowd(pcap, system.udpPort, "10");
      range = `from=${sentMs - 300_000}&to=${sentMs + 300_000}`;
      await waitFor("the flows of the trace", async () => {
        const { A } = await system.query({ from: sentMs - 300_000, to: sentMs + 300_000 }, { A: { view: "stat", measures: ["packets"] } });
        return A?.frames[0]?.data.values[0]?.[0] === 233 ? true : undefined;
      });
      // Something later: a graph of a single point in time has no line.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      await run(process.execPath, [BUNDLE, "send", "--to", `127.0.0.1:${system.udpPort}`, "--protocol", "v9", "--count", "5"]);
      await waitFor("the later flows", async () => {
        const { A } = await system.query({ from: sentMs, to: sentMs + 300_000 }, { A: { view: "stat", measures: ["flows"] } });
        return A?.frames[0]?.data.values[0]?.[0] === 12 ? true : undefined;
      });
    });

    it("plots the bytes of each protocol, in the colour that its legend names", async () => {
      await open(
        explore({ view: "timeseries", measures: ["bytes"], dimensions: [{ field: "proto" }], filter: "net 10.99.0.0/24 or net fd99::/64" }),
      );
      const result = page.getByTestId("explore-result");
      const legend = result.getByRole("row");
      await legend.filter({ hasText: "tcp" }).waitFor();
      // The whole trace came in one datagram, so in one bucket: the highest value of a series is its sum.
      for (const [name, bytes] of Object.entries({ tcp: "210 kB", udp: "10.6 kB", icmp6: "1.48 kB" })) {
        expect(await legend.filter({ hasText: name }).getByRole("cell").last().innerText()).toBe(bytes);
      }
      const colourOf = (name: string): Promise<string> =>
        legend
          .filter({ hasText: name })
          .getByTestId("series-icon")
          .evaluate((icon) => getComputedStyle(icon).backgroundColor);
      const colours = await Promise.all(["tcp", "udp"].map(colourOf));
      // A twentieth of TCP's bytes: a line some pixels high. The canvas is painted after the legend is there.
      await waitFor("lines in these colours", async () => {
        const [tcp, udp] = await countPixels(result.locator("canvas").first(), colours);
        return tcp! > 20 && udp! > 0 ? true : undefined;
      });
    });

    it("draws every panel of the shipped dashboards", async () => {
      for (const uid of ["sillage-overview", "sillage-talkers", "sillage-ports"]) {
        await open(`#/d/${uid}?${range}`);
        const panels = page.getByTestId(/^panel-\d+$/);
        await panels.first().waitFor();
        await page.waitForLoadState("networkidle");
        expect(await panels.count()).toBeGreaterThanOrEqual(5);
        expect(await page.getByRole("alert").allInnerTexts()).toEqual([]);
      }
    });

    it("shows the top sources in a table", async () => {
      await open(`#/d/sillage-talkers?${range}`);
      const table = page.locator('section[aria-label="Top sources"]');
      await table.getByRole("gridcell", { name: "10.99.0.1", exact: true }).waitFor();
      const cells = await table.getByRole("row").filter({ hasText: "10.99.0.1" }).getByRole("gridcell").allInnerTexts();
      // 207,652 B of TCP, 10,560 B of UDP and 640 B of ICMP in 3 flows.
      expect(cells).toEqual(expect.arrayContaining(["10.99.0.1", "219 kB", "3"]));
    });

    it("asks again as soon as something is chosen", async () => {
      await open(explore({ view: "records", filter: "net 10.99.0.0/24" }));
      const result = page.getByTestId("explore-result");
      await result.getByRole("columnheader", { name: "Source port" }).waitFor();
      await page.getByTestId("sillage-view").getByRole("radio", { name: "Top list" }).check({ force: true });
      await result.getByRole("columnheader", { name: "Bits/s" }).waitFor();
      await page.getByTestId("sillage-time").getByRole("radio", { name: "Spread" }).check({ force: true });
      // What is still active nobody has told of yet: only the answer to a spread query says so.
      await result.getByTestId(/Panel status info/).waitFor();
      expect(decodeURIComponent(page.url())).toContain('"spread":true');
    });

    it("underlines what is wrong in a filter, and completes words", async () => {
      await open(explore({ view: "top", measures: ["bytes"], dimensions: [{ field: "proto" }], filter: "" }));
      const filter = page.locator(".cm-content");
      await filter.click();
      await page.keyboard.type("prot tcp");
      // A slow typist sees the beginning of the word underlined first.
      await page
        .locator(".cm-lintRange-error")
        .filter({ hasText: /^prot$/ })
        .first()
        .waitFor();
      await page.keyboard.press("ControlOrMeta+A");
      await page.keyboard.type("src po");
      await page.locator(".cm-tooltip-autocomplete").getByText("port").first().waitFor();
    });
  });
});
