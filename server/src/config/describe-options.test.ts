import { z } from "zod";
import { configReference, duration, port, printConfig, secret, size } from "./index.ts";

const schema = z.strictObject({
  data: z.string().default("./data").describe("Folder."),
  spool: z
    .strictObject({ maxBytes: size().prefault("10GiB").describe("Most bytes."), closeAfter: duration({ min: "50ms" }).prefault("1500ms") })
    .prefault({})
    .describe("The spool."),
  api: z
    .strictObject({ tokens: z.array(z.strictObject({ name: z.string(), token: secret() })).default([]), port: port().default(8055) })
    .prefault({})
    .describe("The API."),
});

describe("printConfig", () => {
  it("prints durations and sizes as they are written, and secrets as references", () => {
    const config = schema.parse({ api: { tokens: [{ name: "ops", token: "env:TOKEN" }] } });
    expect(printConfig(schema, config)).toBe(
      [
        "data: ./data",
        "spool:",
        "  maxBytes: 10GiB",
        "  closeAfter: 1500ms",
        "api:",
        "  tokens:",
        "    - name: ops",
        "      token: env:TOKEN",
        "  port: 8055",
        "",
      ].join("\n"),
    );
  });
});

describe("configReference", () => {
  it("lists options by section with kind, default and meaning", () => {
    const page = configReference(schema);
    expect(page).toContain("| `data` | text | `./data` | Folder. |");
    expect(page).toContain("## spool\n\nThe spool.\n");
    expect(page).toContain("| `spool.maxBytes` | size | `10GiB` | Most bytes. |");
    expect(page).toContain("| `spool.closeAfter` | duration, at least 50ms | `1500ms` |  |");
    expect(page).toContain("| `api.tokens[].token` | `env:NAME` or `file:PATH` | must be given |  |");
  });
});
