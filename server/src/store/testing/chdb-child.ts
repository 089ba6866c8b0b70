/** The child process of http-helper.ts: runs statements on an embedded engine, each on a connection of its own, as an HTTP server would. */
import { writeFileSync } from "node:fs";
import { Session } from "chdb";
import { literal } from "../sql-text.ts";

export interface ChildRequest {
  readonly id: number;
  readonly sql: string;
  readonly database: string;
  readonly format: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Parameters as their text arrived. */
  readonly params: Readonly<Record<string, string>>;
  /** Body of an INSERT ... FORMAT Native, as a file. */
  readonly insert?: { readonly table: string; readonly columns: string; readonly file: string };
}

export type ChildAnswer =
  | { readonly id: number; readonly body: Uint8Array; readonly readRows: number; readonly writtenRows: number }
  | { readonly id: number; readonly error: string };

const path = process.argv[2]!;
const options = engineOptions(process.argv[3]);
/** Keeps the engine open between requests. */
const keeper = new Session(path, options);

/** The engine reads users, their rights and profiles as a server does: from the file that its configuration names. */
function engineOptions(usersFile: string | undefined): ConstructorParameters<typeof Session>[1] {
  if (usersFile === undefined) return {};
  const config = `${usersFile}.config.xml`;
  writeFileSync(config, `<clickhouse><users_config>${usersFile}</users_config></clickhouse>`);
  return { connectionArgs: [`--config-file=${config}`] };
}

async function answer(request: ChildRequest): Promise<ChildAnswer> {
  const session = new Session(path, options);
  try {
    await session.queryAsync(`USE \`${request.database}\``);
    await session.queryAsync("SET max_query_size = 100000000"); // a server does not count parameters as part of the statement
    const assignments = [
      ...Object.entries(request.settings).map(([name, value]) => `${name} = ${literal(value)}`),
      ...Object.entries(request.params).map(([name, text]) => `param_${name} = ${literal(text)}`),
    ];
    const prefix = assignments.length === 0 ? "" : `SET ${assignments.join(", ")}; `;
    if (request.insert) return await insert(session, prefix, request.id, request.insert);
    const result = await session.queryAsync(prefix + request.sql, { format: request.format });
    return { id: request.id, body: result.bytes(), readRows: result.rowsRead, writtenRows: 0 };
  } catch (error) {
    return { id: request.id, error: error instanceof Error ? error.message : String(error) };
  } finally {
    session.close();
  }
}

async function insert(
  session: Session,
  prefix: string,
  id: number,
  { table, columns, file }: NonNullable<ChildRequest["insert"]>,
): Promise<ChildAnswer> {
  const source = `file(${literal(file)}, Native)`;
  const counted = await session.queryAsync(`SELECT count() FROM ${source}`, { format: "TSV" });
  await session.queryAsync(`${prefix}INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${source}`, { format: "Null" });
  const rows = Number(counted.text());
  return { id, body: new Uint8Array(), readRows: rows, writtenRows: rows };
}

process.on("message", (request: ChildRequest) => {
  void answer(request).then((result) => process.send!(result));
});
process.on("disconnect", () => {
  keeper.close();
  process.exit(0);
});
process.send!({ id: -1, body: new Uint8Array(), readRows: 0, writtenRows: 0 } satisfies ChildAnswer);
