/** The demo exporter as a child of `serve --demo`: real datagrams over UDP to the collector beside it, nothing is ever inserted directly. */
import type { ChildContext, RunningChild } from "./child-process.ts";
import { DemoExporter, type DemoProtocol } from "./demo/index.ts";
import { LogLimit } from "./log-limit.ts";
import type { SillageConfig } from "./sillage-config.ts";

/** Where each protocol is sent by convention; a collector that does not listen there gets it on its first port. */
const USUAL_PORTS: Readonly<Record<DemoProtocol, number>> = { v5: 2055, v9: 2055, ipfix: 4739, sflow: 6343 };
const ERROR_PAUSE_MS = 60_000;

/** Starts to send. @throws Error when no socket can be opened */
export async function runDemo({ config, log }: ChildContext): Promise<RunningChild> {
  const errors = new LogLimit(ERROR_PAUSE_MS);
  const exporter = new DemoExporter({
    ...targetOf(config),
    onError: (err) => {
      const line = errors.take(err.message, Date.now());
      if (line) log.warn({ err, count: line.count }, "demo datagrams were not sent");
    },
  });
  await exporter.start();
  const names = exporter.exporters().map(({ protocol, address }) => `${address} (${protocol})`);
  return { details: [`the demo sends from ${names.join(", ")}`], stop: () => exporter.stop() };
}

function targetOf({ collector }: SillageConfig): { host: string; ports: Record<DemoProtocol, number> } {
  const first = collector.listen[0]!;
  const portOf = (protocol: DemoProtocol): number =>
    collector.listen.find(({ host, port }) => host === first.host && port === USUAL_PORTS[protocol])?.port ?? first.port;
  const host = first.host === "::" || first.host === "0.0.0.0" ? "127.0.0.1" : first.host;
  return { host, ports: { v5: portOf("v5"), v9: portOf("v9"), ipfix: portOf("ipfix"), sflow: portOf("sflow") } };
}
