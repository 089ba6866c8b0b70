/** Segments that a disk has spoilt, and datagrams that come twice. */
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { FaultRow } from "../row.ts";
import { underLoad } from "../under-load.ts";

/** What may happen to a file; each is done to one segment. */
const DAMAGES: readonly { readonly name: string; readonly harm: (file: string) => void }[] = [
  { name: "cut in half", harm: (file) => truncateSync(file, Math.floor(readFileSync(file).length / 2)) },
  { name: "empty", harm: (file) => truncateSync(file) },
  {
    name: "a flipped bit",
    harm: (file) => {
      const bytes = readFileSync(file);
      const at = Math.floor(bytes.length * 0.7);
      bytes[at] = bytes[at]! ^ 0x10;
      writeFileSync(file, bytes);
    },
  },
  { name: "sidecar cut in half", harm: (file) => truncateSync(`${file}.json`, Math.floor(readFileSync(`${file}.json`).length / 2)) },
];

export const CORRUPT_SEGMENTS: FaultRow = {
  name: "corrupt",
  fault: `spoilt segments: ${DAMAGES.map(({ name }) => name).join(", ")}`,
  moment: "in a backlog",
  expectation: "each in quarantine with its reason, its flows missing and no others",
  run: (options) =>
    underLoad(options, { quarantined: DAMAGES.length }, async ({ system, load }) => {
      await load.run(options.rate, 2);
      await system.stop();
      system.launch("collect");
      await system.listens();
      await load.run(options.rate, DAMAGES.length + 5);
      await system.stop();
      const segments = system.waiting().filter(({ name }) => name.table === "flows");
      if (segments.length <= DAMAGES.length) throw new Error(`only ${segments.length} segments wait`);
      const lostSegments = DAMAGES.map(({ harm }, i) => {
        const { file } = segments[Math.floor((i * segments.length) / DAMAGES.length)]!;
        const copy = path.join(system.folder, path.basename(file));
        copyFileSync(file, copy);
        harm(file);
        return copy;
      });
      system.launch();
      await system.up();
      await system.loaded();
      const reasons = system.quarantined().map(({ reason }) => reason);
      return { lostSegments, note: reasons.join("; ") };
    }),
};

export const DUPLICATES: FaultRow = {
  name: "duplicates",
  fault: "every datagram comes twice",
  moment: "for 5 s",
  expectation: "stored twice, as UDP has no identity, and counted as copies: no part of what was exported",
  run: (options) =>
    underLoad(options, {}, async ({ load }) => {
      await load.run(options.rate, 2);
      const from = load.exporters.map(({ sentFlows }) => sentFlows);
      load.start(options.rate / 2, { twice: true });
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      await load.stop();
      const repeated = new Map(load.exporters.map(({ address, sentFlows }, i) => [address, [{ first: from[i]!, last: sentFlows - 1 }]]));
      const copies = load.exporters.reduce((sum, exporter) => sum + exporter.copies * exporter.flowsPerDatagram, 0);
      await load.run(options.rate, 2);
      return {
        repeated,
        check: ({ balance, duplicated }) => [
          ...(balance.duplicateRecords === copies && duplicated === copies
            ? []
            : [`${copies} copies were sent, ${duplicated} are stored, ${balance.duplicateRecords} are counted`]),
        ],
      };
    }),
};
