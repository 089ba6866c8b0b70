/**
 * `GET /api/v1/exporters`: who sends flows here and where they went; `GET /api/v1/exporters/ADDRESS`: everything about one; `GET
 * /api/v1/doctor`: what is wrong, in words. The tables know all collectors and the past; the collector beside this server knows the last
 * second of its own, and answers also while nothing can be loaded.
 */
import { Router, type Request, type Response } from "express";
import { exportedRecords, SillageError, type LossTotals } from "@sillage/model";
import { z } from "zod";
import { examine, examineDevice, isTrouble, type Finding } from "../../doctor/index.ts";
import { addTotals, canonicalAddress, chooseStep, ignoredElements, lossHistory, type Range } from "../../query/index.ts";
import { callerOf, closeSignal, queryContext, type ApiContext } from "../context.ts";
import { deviceReports, systemReport, type DeviceAnswer, type DeviceReports } from "../device-reports.ts";
import { parseBody } from "../parse-body.ts";
import type { LiveCollector } from "../status.ts";
import { parseTime, timeSchema } from "../time-range.ts";

/** Points of the history of one exporter. */
const HISTORY_POINTS = 120;
const MINUTE_MS = 60_000;

export const exportersRequestSchema = z.strictObject({
  from: timeSchema.default("now-1h"),
  to: timeSchema.default("now"),
});

export function exportersRoutes(api: ApiContext): Router {
  return Router()
    .get("/exporters", async (request, response) => {
      const range = rangeOf(api, request);
      const { devices, storeError } = await ask(api, request, response, (context) =>
        deviceReports(api, context, { range, thorough: false }),
      );
      response.json({
        from: range.fromMs,
        to: range.toMs,
        exporters: devices.flatMap(({ sessions }) => sessions),
        devices: devices.map((device) => deviceAnswer(device, api.now())),
        refused: refusedAnswer(api.status().collector),
        ...(storeError !== undefined && { store_error: storeError }),
      });
    })
    .get("/exporters/:address", async (request, response) => {
      const range = rangeOf(api, request);
      const exporter = canonicalAddress(request.params.address);
      if (exporter === undefined)
        throw new SillageError("input", "ADDRESS_INVALID", `${JSON.stringify(request.params.address)} is not an address`, {
          hint: "write an IPv4 or IPv6 address, as in GET /api/v1/exporters",
        });
      response.json(await ask(api, request, response, (context) => oneExporter(api, context, { range, exporter })));
    })
    .get("/doctor", async (request, response) => {
      const range = rangeOf(api, request);
      const reports = await ask(api, request, response, (context) => deviceReports(api, context, { range, thorough: true }));
      response.json(await doctorAnswer(api, range, reports));
    });
}

/** One person's question, in turn with those of others. */
async function ask<T>(
  api: ApiContext,
  request: Request,
  response: Response,
  question: (context: ReturnType<typeof queryContext>) => Promise<T>,
): Promise<T> {
  const caller = callerOf(request);
  const signal = closeSignal(response);
  return api.queue.run(caller.client, () => question(queryContext(api, caller, signal)), signal);
}

function rangeOf({ now }: ApiContext, { query }: Request): Range {
  const { from, to } = parseBody(exportersRequestSchema, query);
  const nowMs = now();
  const range = { fromMs: parseTime(from, "from", nowMs), toMs: parseTime(to, "to", nowMs) };
  if (range.fromMs >= range.toMs)
    throw new SillageError("input", "RANGE_INVALID", "from must lie before to", { hint: "for example ?from=now-1d&to=now" });
  return range;
}

/** ok · silent: nothing came for long · attention: something should be configured otherwise · trouble: flows are lost or wrong. */
export type DeviceStatus = "ok" | "silent" | "attention" | "trouble";

function statusOf(findings: readonly Finding[]): DeviceStatus {
  if (findings.some(({ severity }) => severity === "error")) return "trouble";
  if (findings.some(({ rule }) => rule === "silent")) return "silent";
  return findings.some(isTrouble) ? "attention" : "ok";
}

const balanceAnswer = (totals: LossTotals): object => ({ exported: exportedRecords(totals), ...totals });

function deviceAnswer(device: DeviceAnswer, nowMs: number): object {
  const { exporter, name, site, tags, interfaces, sessions, balance } = device;
  const findings = examineDevice(device, nowMs);
  return {
    exporter,
    ...{ name, site, tags, interfaces },
    collectors: [...new Set(sessions.map(({ collector }) => collector))],
    protocols: [...new Set(sessions.map(({ protocol }) => protocol))],
    sessions: sessions.length,
    first_seen: Math.min(...sessions.map(({ first_seen: ms }) => ms)),
    last_seen: Math.max(...sessions.map(({ last_seen: ms }) => ms)),
    clock_offset_ms: sessions.find(({ clock_offset_ms: ms }) => ms !== null)?.clock_offset_ms ?? null,
    status: statusOf(findings),
    balance: balanceAnswer(balance),
    findings,
  };
}

async function oneExporter(
  api: ApiContext,
  context: ReturnType<typeof queryContext>,
  { range, exporter }: { readonly range: Range; readonly exporter: string },
): Promise<object> {
  const { devices, storeError } = await deviceReports(api, context, { range, thorough: true, exporter });
  const [device] = devices;
  if (!device)
    throw new SillageError("not-found", "EXPORTER_UNKNOWN", `no collector has heard of the exporter ${exporter}`, {
      hint: "GET /api/v1/exporters lists those that are known, and those that were refused",
    });
  const stepMs = chooseStep(range, MINUTE_MS, HISTORY_POINTS);
  const isUp = storeError === undefined;
  return {
    from: range.fromMs,
    to: range.toMs,
    ...deviceAnswer(device, api.now()),
    sessions: device.sessions,
    protocols: device.balances.map(({ protocol, totals }) => ({ protocol, ...balanceAnswer(totals) })),
    history: {
      step_ms: stepMs,
      steps: isUp
        ? (await lossHistory(context, range, exporter, stepMs / 1000)).map(({ time, totals }) => ({ time, ...balanceAnswer(totals) }))
        : [],
    },
    ignored_elements: isUp ? await ignoredElements(context, exporter) : [],
    traffic: device.traffic,
    interface_volumes: device.volumes,
    ...(storeError !== undefined && { store_error: storeError }),
  };
}

async function doctorAnswer(api: ApiContext, range: Range, reports: DeviceReports): Promise<object> {
  const findings = examine(await systemReport(api, reports));
  return {
    from: range.fromMs,
    to: range.toMs,
    status: findings.some(isTrouble) ? "trouble" : "ok",
    exporters: reports.devices.length,
    balance: balanceAnswer(addTotals([reports.nobody, ...reports.devices.map(({ balance }) => balance)])),
    findings,
  };
}

/** A sender that is not on the allow list of the collector beside this server. */
export interface RefusedAnswer {
  readonly collector: string;
  /** Its address; null for those who are not told apart. */
  readonly source: string | null;
  readonly datagrams: number;
  readonly bytes: number;
  readonly connections: number;
  readonly port?: number;
  readonly first_seen?: number;
  readonly last_seen?: number;
  /** How to let it in. */
  readonly hint?: string;
}

function refusedAnswer(live: LiveCollector | undefined): RefusedAnswer[] {
  if (!live) return [];
  const {
    collector,
    refused: { sources, rest },
  } = live;
  const apart = sources.map(({ firstSeenMs, lastSeenMs, ...source }) => ({
    collector,
    ...source,
    first_seen: firstSeenMs,
    last_seen: lastSeenMs,
  }));
  return rest.datagrams + rest.connections === 0 ? apart : [...apart, { collector, source: null, ...rest }];
}
