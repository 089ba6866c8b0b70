/** The unit file says what systemd needs and what docs promise; systemd itself is not asked, because a build machine may lack it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const unit = readFileSync(join(__dirname, "../packaging/sillage.service"), "utf8");
const SECTIONS = ["Unit", "Service", "Install"];

it("is a unit file: known sections, one key and value a line", () => {
  let section: string | undefined;
  for (const line of unit.split("\n").filter((text) => text !== "" && !text.startsWith("#"))) {
    const head = /^\[(\w+)\]$/.exec(line);
    if (head) section = head[1];
    else expect(line).toMatch(/^[A-Z][A-Za-z]+=.*$/);
    expect(SECTIONS).toContain(section);
  }
});

it.each([
  ["starts the program that is there", /^ExecStart=\/usr\/bin\/node \/opt\/sillage\/(\S+) serve --config \S+$/m],
  ["reloads with SIGHUP", /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m],
  ["lets the processes end in order", /^KillMode=mixed$/m],
  ["may write its own folder only", /^ProtectSystem=strict$/m],
])("%s", (_, pattern) => {
  expect(unit).toMatch(pattern);
  const file = pattern.exec(unit)?.[1];
  if (file !== undefined) expect(() => readFileSync(join(__dirname, "..", file))).not.toThrow();
});
