/** OpenAPI 3.1 description of the API, made from the schemas that check the requests. */
import { flowQuerySchema } from "@sillage/model";
import { z } from "zod";
import { queryRequestSchema } from "./query-requests.ts";
import { checkRequestSchema, completeRequestSchema } from "./routes/language.ts";
import { exportersRequestSchema } from "./routes/exporters.ts";
import { storeRequestSchema } from "./routes/store.ts";
import { valuesRequestSchema } from "./routes/values.ts";

interface Operation {
  readonly summary: string;
  readonly request?: z.ZodType;
  /** Parameters behind the question mark. */
  readonly query?: z.ZodObject;
  readonly answer: string;
  /** Statuses besides the usual ones. */
  readonly failures?: Readonly<Record<string, string>>;
  /** Answers also without a token. */
  readonly open?: boolean;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "post /query": {
    summary: "Run flow queries over one time range",
    request: queryRequestSchema,
    answer: "Results by refId; each has a status of its own, frames, and an error if it failed.",
  },
  "post /language/check": {
    summary: "Check a filter",
    request: checkRequestSchema,
    answer: "ok, diagnostics, and the filter in its normal spelling.",
  },
  "post /language/complete": {
    summary: "Words that may stand at a place of a filter",
    request: completeRequestSchema,
    answer: "Completions with the range they replace.",
  },
  "get /fields": { summary: "Fields, measures and views", answer: "The registry that editors are made from." },
  "post /values": {
    summary: "Values of a field that carried the most bytes",
    request: valuesRequestSchema,
    answer: "Values with their bytes, most first.",
  },
  "get /exporters": {
    summary: "Exporters: their sessions, where their records went, what is wrong with them",
    query: exportersRequestSchema,
    answer: "Sessions (exporters) and devices, most recently seen first, with the loss balance of the range; refused senders.",
  },
  "get /exporters/{address}": {
    summary: "Everything about one exporter",
    query: exportersRequestSchema,
    answer: "Sessions, balance by protocol and time, ignored elements, kinds of flows, interface counters against samples, findings.",
    failures: { "404": "No collector has heard of it." },
  },
  "get /doctor": {
    summary: "What is wrong, and what to configure",
    query: exportersRequestSchema,
    answer: "Findings, the worst first: severity, what, evidence, what to do.",
  },
  "get /store": {
    summary: "What the store holds, and what of it goes by when",
    query: storeRequestSchema,
    answer:
      "Per table rows, bytes, oldest and newest, growth, days kept, the partition that goes next; what is too old (expired), what has no room (no_room), what all would take in the long run. Sizes in bytes, times in epoch ms.",
  },
  "get /health": {
    summary: "Is the store answering?",
    answer: "status up or down; with a token also store, collector, loader and queue. 503 while it is down.",
    open: true,
  },
  "get /openapi.json": { summary: "This description", answer: "OpenAPI 3.1." },
};

const json = (schema: object): object => ({ "application/json": { schema } });
const inputSchema = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
const ERROR = { $ref: "#/components/schemas/Error" };
const failure = (description: string): object => ({ description, content: json({ type: "object", properties: { error: ERROR } }) });

function parametersOf(path: string, query: z.ZodObject | undefined): object[] {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  return [
    ...named,
    ...Object.entries<z.ZodType>(query?.shape ?? {}).map(([name, schema]) => ({ name, in: "query", schema: inputSchema(schema) })),
  ];
}

export function openApi(version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [key, { summary, request, query, answer, failures, open }] of Object.entries(OPERATIONS)) {
    const [method = "", path = ""] = key.split(" ");
    paths[path] = {
      ...paths[path],
      [method]: {
        summary,
        ...(open === true ? { security: [] } : {}),
        ...(path.includes("{") || query ? { parameters: parametersOf(path, query) } : {}),
        ...(request === undefined ? {} : { requestBody: { required: true, content: json(inputSchema(request)) } }),
        responses: {
          "200": { description: answer, content: json({ type: "object" }) },
          "400": failure("The request is malformed."),
          "401": failure("A token is needed."),
          "413": failure("The body is too large."),
          "503": failure("The store or the queue cannot take it now."),
          ...Object.fromEntries(Object.entries(failures ?? {}).map(([status, description]) => [status, failure(description)])),
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Sillage",
      version,
      description: "Flow queries over NetFlow, IPFIX and sFlow records. docs/queries.md explains the query language.",
    },
    servers: [{ url: "/api/v1" }],
    security: [{}, { token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: {
        FlowQuery: inputSchema(flowQuerySchema),
        Error: {
          type: "object",
          required: ["code", "message"],
          properties: {
            code: { type: "string", description: "Stable; docs/reference/errors.md lists all." },
            message: { type: "string" },
            hint: { type: "string", description: "What to do about it." },
            position: {
              type: "object",
              description: "Place in a filter text: offset 0-based in UTF-16 units, line and column 1-based.",
              properties: Object.fromEntries(["offset", "length", "line", "column"].map((name) => [name, { type: "integer" }])),
            },
          },
        },
      },
    },
  };
}
