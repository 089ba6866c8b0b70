/** `sillage doctor`: what is wrong, and what to configure. Asks the running server; looks itself where none answers. */
import { exportedRecords, LOSS_PARTS, SillageError, type LossTotals } from "@sillage/model";
import { Option, type Command } from "commander";
import { isTrouble, percent, plural, SEVERITIES, type Finding } from "../doctor/index.ts";
import { askServer, throwAnswer } from "./ask-server.ts";
import { addConfigOptions, readConfig, type ConfigOptions } from "./config-options.ts";
import { lookLocally } from "./doctor-local.ts";
import { parseTime } from "./query.ts";

const FORMATS = ["text", "json"] as const;

interface DoctorOptions extends ConfigOptions {
  readonly url?: string;
  readonly from?: number;
  readonly to?: number;
  readonly format: (typeof FORMATS)[number];
}

/** What `GET /api/v1/doctor` answers; a look without the server knows no exporters. */
export interface Diagnosis {
  readonly status: "ok" | "trouble";
  readonly exporters?: number;
  readonly balance?: LossTotals;
  readonly findings: readonly Finding[];
}

export function registerDoctor(program: Command): void {
  addConfigOptions(program.command("doctor").description("say what is wrong with exporters and with Sillage, and what to configure"))
    .option("--url <url>", "the server (default: the port of the configuration on this machine)")
    .addOption(new Option("--from <time>", "begin of the time whose losses are looked at: -1h, -1d, ...").argParser(parseTime))
    .addOption(new Option("--to <time>", "its end, not included").argParser(parseTime))
    .addOption(new Option("--format <format>", "how findings are printed").choices(FORMATS).default("text"))
    .addHelpText(
      "after",
      `
The server's token, if it has one, is read from the environment variable SILLAGE_TOKEN. When no server answers on this machine, the
collector's own page and the data folder are looked at instead. docs/doctor.md explains what is found.
Exit codes: 0 fine (notices do not count), 1 something is wrong, 2 wrong use.

Examples:
  sillage doctor
  sillage doctor --from -1d --format json | jq '.findings[] | select(.severity == "error")'`,
    )
    .action(async (options: DoctorOptions) => {
      const diagnosis = await diagnose(options);
      process.stdout.write(options.format === "json" ? `${JSON.stringify(diagnosis, null, 2)}\n` : describeDiagnosis(diagnosis));
      if (diagnosis.status === "trouble") process.exitCode = 1;
    });
}

/** @throws SillageError what `askServer` and `throwAnswer` say, and CONFIG_* */
async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const { config } = readConfig(options);
  const url = options.url ?? `http://127.0.0.1:${config.api.port}`;
  const query = new URLSearchParams();
  if (options.from !== undefined) query.set("from", String(options.from));
  if (options.to !== undefined) query.set("to", String(options.to));
  try {
    const answer = await askServer(`/api/v1/doctor?${query.toString()}`, url);
    if (answer.status !== 200) throwAnswer(answer, url);
    return answer.body as Diagnosis;
  } catch (error) {
    // A server that was named and is elsewhere leaves nothing here to look at.
    if (options.url !== undefined || !(error instanceof SillageError) || error.code !== "SERVER_UNREACHABLE") throw error;
    const findings = await lookLocally(config, url);
    return { status: findings.some(isTrouble) ? "trouble" : "ok", findings };
  }
}

/** For people: the worst first, then what became of the records, then the sum. */
export function describeDiagnosis({ findings, balance, exporters }: Diagnosis): string {
  const blocks = findings.map(({ severity, exporter, name, what, evidence, todo }) => {
    const who = exporter === undefined ? "" : `${exporter}${name === undefined ? "" : ` (${name})`}: `;
    const numbers = Object.entries(evidence).filter(([, value]) => value !== "");
    return [
      `${severity.toUpperCase()}  ${who}${what}`,
      ...(numbers.length === 0 ? [] : [`    (${numbers.map(([key, value]) => `${key} ${value}`).join(", ")})`]),
      ...todo.map((line) => `    ${line}`),
      "",
    ].join("\n");
  });
  const counts = SEVERITIES.map((severity) => ({ severity, count: findings.filter((one) => one.severity === severity).length }));
  const sum = counts.filter(({ count }) => count > 0).map(({ severity, count }) => plural(count, severity));
  const lines = [
    ...(exporters === undefined ? [] : [describeBalance(exporters, balance)]),
    sum.length === 0 ? "Nothing is wrong." : `${sum.join(", ")}.`,
  ];
  return `${[...blocks, ...lines].join("\n")}\n`;
}

function describeBalance(exporters: number, balance: LossTotals | undefined): string {
  const exported = balance === undefined ? 0 : exportedRecords(balance);
  if (balance === undefined || exported === 0) return `${plural(exporters, "exporter")}; no records in the time that was looked at.`;
  const parts = LOSS_PARTS.filter(({ name }) => balance[name] > 0).map(
    ({ name, label }) => `${label.charAt(0).toLowerCase()}${label.slice(1)} ${percent(balance[name], exported)}`,
  );
  return `${plural(exporters, "exporter")} exported ${plural(exported, "record")}: ${parts.join(", ")}.`;
}
