/** Options that say what the operator knows about exporters: names, places, sampling rates, interfaces. */
import { z } from "zod";
import { bitRate, network, parseNetwork } from "../config/index.ts";

const text = z.string().min(1, "expected a text").max(200, "expected at most 200 characters");
const samplingRate = z
  .int({ error: "expected a whole number N, for 1 packet in N" })
  .min(1, "expected a whole number from 1")
  .max(0xffff_ffff, "expected a whole number up to 4294967295");

const ifIndex = z
  .string()
  .refine((key) => /^[1-9]\d{0,9}$/.test(key) && Number(key) <= 0xffff_ffff, "expected the number of an interface (ifIndex), from 1");

const interfaceSchema = z.strictObject({
  name: text.optional().describe("What people call it, such as `xe-0/0/1`."),
  description: text.optional().describe("What it is for, such as `transit Example Networks`."),
  speed: bitRate().optional().describe("What it can carry."),
  samplingRate: samplingRate.optional().describe("1 packet in N of what comes in here is sampled; wins over the exporter's."),
});

const exporterSchema = z.strictObject({
  match: network().describe(
    "Address of an exporter (sFlow: of the agent), or a network of exporters. The longest one counts; what it leaves out is taken from the next larger.",
  ),
  name: text.optional().describe("What people call it."),
  site: text.optional().describe("Where it stands."),
  tags: z.array(text).max(50, "expected at most 50 tags").optional().describe("Words to find it by."),
  samplingRate: samplingRate
    .optional()
    .describe("1 packet in N is sampled: wins over what the exporter says, and is used for flows that were stored without a rate."),
  interfaces: z.record(ifIndex, interfaceSchema).optional().describe("Interfaces by their number (ifIndex)."),
});

/** A network may stand in the list once. */
export const exportersConfigSchema = z.array(exporterSchema).superRefine((entries, context) => {
  const seen = new Map<string, number>();
  entries.forEach(({ match }, i) => {
    const parsed = parseNetwork(match);
    if (typeof parsed === "string") return; // told by its own check
    const key = `${String.fromCharCode(...parsed.first)}/${parsed.bits}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, i);
    else
      context.addIssue({
        code: "custom",
        path: [i, "match"],
        message: `${match} stands in the list already (exporters.${before}); merge the two`,
      });
  });
});

export type ExportersConfig = z.output<typeof exportersConfigSchema>;
export type InterfaceConfig = z.output<typeof interfaceSchema>;
