/** Who may import whom. Data walks down the list of folders in docs/architecture.md; imports only go down. */
const below = {
  flow: [],
  decode: ["flow"],
  demo: ["flow", "config"],
  config: [], // the kinds of option value (duration, size, secret): every component's schema is made of them
  spool: ["flow", "config"],
  exporters: ["flow", "config"],
  collect: ["exporters", "spool", "decode", "flow", "config"],
  store: ["spool", "flow", "config"],
  networks: ["store", "config"],
  query: ["store", "config"],
  doctor: ["query", "store"], // rules over their answers; it asks nobody itself
  api: ["doctor", "query", "store", "exporters", "config"],
};
const folders = Object.keys(below);

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      severity: "error",
      comment: "A circle has no top to start reading at: move the shared part down.",
      from: {},
      to: { circular: true },
    },
    {
      name: "no-orphans",
      severity: "error",
      comment: "Nobody imports it: delete it, or name it as an entry here.",
      from: {
        orphan: true,
        pathNot: ["\\.(test|e2e|bench)\\.tsx?$", "\\.d\\.ts$", "module\\.ts$", "main\\.tsx$", "generate[^/]*\\.ts$", "(^|/)testing/"],
      },
      to: {},
    },
    {
      name: "model-is-pure",
      severity: "error",
      comment: "model runs in Node and in a browser: no Node built-in, nothing of ours.",
      from: { path: "^model/src", pathNot: "\\.test\\.ts$" },
      to: { path: "^(server|plugin|preview|dashboards|node:)|^(fs|path|os|net|dgram|crypto|child_process)$" },
    },
    {
      name: "frontends-import-model-only",
      severity: "error",
      comment: "plugin, preview and dashboards talk to the server over HTTP and share types through model.",
      from: { path: "^(plugin|preview|dashboards)/src" },
      to: { path: "^server/" },
    },
    {
      name: "decode-is-pure",
      severity: "error",
      comment: "Decoders return counts and codes; the caller logs and counts. Pass clocks and bytes as parameters.",
      from: { path: "^server/src/(decode|flow)/", pathNot: "(\\.test\\.ts$|/testing/)" },
      to: { path: "^(node:)?(fs|dgram|net|child_process|http)(/|$)|node_modules/(pino|express|@clickhouse)" },
    },
    {
      name: "query-is-pure",
      severity: "error",
      comment: "Planning and SQL need no disk and no clock: the caller passes the range and the store.",
      from: { path: "^server/src/query/", pathNot: "(\\.test\\.ts$|/testing/)" },
      to: { path: "^(node:)?(fs|dgram|net|child_process|http)(/|$)" },
    },
    {
      name: "only-store-knows-clickhouse",
      severity: "error",
      comment: "Everybody else sees FlowStore (server/src/store/store.ts).",
      from: { pathNot: "^server/src/store/|^bench/" },
      to: { path: "node_modules/(@clickhouse|chdb)" },
    },
    {
      name: "only-libc-knows-koffi",
      severity: "error",
      comment: "koffi is optional native code: whoever needs a call of libc asks loadLibc, which says why there is none.",
      from: { pathNot: "^server/src/collect/libc\\.ts$" },
      to: { path: "node_modules/koffi" },
    },
    {
      name: "only-api-knows-express",
      severity: "error",
      comment: "HTTP ends in api (collect has a bare node:http page for its own metrics).",
      from: { pathNot: "^server/src/api/" },
      to: { path: "node_modules/express" },
    },
    {
      name: "nobody-imports-the-composition-root",
      severity: "error",
      comment: "serve.ts and cli/ wire everything and are imported by nobody below.",
      from: { path: `^server/src/(${folders.join("|")})/`, pathNot: "\\.test\\.ts$" },
      to: { path: "^server/src/(serve|cli|[a-z-]+-process)(\\.ts|/)" },
    },
    ...folders.map((folder) => ({
      name: `${folder}-imports-downwards`,
      severity: "error",
      comment: `server/src/${folder} may import: ${below[folder].join(", ") || "model only"}. Move the shared piece down instead.`,
      from: { path: `^server/src/${folder}/`, pathNot: "(\\.test\\.ts$|/testing/)" },
      to: { path: `^server/src/(${folders.filter((f) => f !== folder && !below[folder].includes(f)).join("|")})/` },
    })),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "require", "node", "default", "types"] },
  },
};
