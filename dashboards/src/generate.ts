/** `npm run build -w dashboards`: writes dashboards/*.json. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { generatedFiles } from "./index.ts";

for (const [name, text] of generatedFiles()) writeFileSync(path.join(__dirname, "..", name), text);
