/**
 * elements.yaml: elements that Sillage does not know, or has no column for, as the operator declares them: a name for the list of what is
 * ignored, a column that they fill, or keeping them as text. docs/elements.md tells the keys to people.
 */
import { z } from "zod";
import { invalid, nearestName, readYamlFile } from "../config/index.ts";
import { columnsOfType, elementNumber, findElement, KEPT_TYPES, type KeptType, type OperatorElement } from "../decode/index.ts";

const FILE = { name: "the elements file", hint: "docs/elements.md tells the keys" };

/** Names are keys of the column `extra`: they are written in queries. */
const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

const elementSchema = z.strictObject({
  enterprise: z
    .int()
    .min(0)
    .max(0xffff_ffff)
    .default(0)
    .describe("Private enterprise number of the vendor; 0 for IANA's elements and NetFlow v9's field types."),
  id: z.int().min(0).max(0xffff).describe("Number of the element, or field type of NetFlow v9."),
  name: z.string().regex(NAME, "expected a letter and up to 63 letters, digits, _ . -").describe("What it is called."),
  type: z.string().optional().describe("Its type, where no registry tells it."),
  column: z.string().optional().describe("Column that it fills where the elements of the registry do not."),
  keep: z.boolean().optional().describe("Keep it as text in the column extra, under its name."),
});

const elementsFileSchema = z.strictObject({
  elements: z.array(elementSchema).max(1_000).describe("Elements, in any order; for one column the first that is not empty counts."),
});

type ElementEntry = z.output<typeof elementSchema>;

interface Checked {
  readonly entry: ElementEntry;
  /** Tells where a key of the entry stands and what is wrong with it. */
  readonly refuse: (key: keyof ElementEntry, what: string, hint?: string) => Error;
}

/** @throws SillageError CONFIG_UNREADABLE, CONFIG_INVALID (file, line, column, key and what was expected) */
export function readElementsFile(file: string): OperatorElement[] {
  const { content, place } = readYamlFile(file, elementsFileSchema, FILE);
  const numbers = new Map<string, number>();
  const names = new Map<string, number>();
  return content.elements.map((entry, i) => {
    const refuse: Checked["refuse"] = (key, what, hint) =>
      invalid(`${place(["elements", i, key])}: elements.${i}.${key}: ${what}`, hint ?? FILE.hint);
    const { enterprise, id } = elementNumber(entry.enterprise, entry.id);
    const twin = numbers.get(`${enterprise}.${id}`);
    if (twin !== undefined) throw refuse("id", `this element stands in the file already (elements.${twin})`, "merge the two");
    const namesake = names.get(entry.name);
    if (namesake !== undefined) throw refuse("name", `${entry.name} is the name of elements.${namesake}`, "give each its own name");
    numbers.set(`${enterprise}.${id}`, i);
    names.set(entry.name, i);
    return checkElement({ entry, refuse });
  });
}

function checkElement({ entry, refuse }: Checked): OperatorElement {
  const { enterprise, id, name, keep = false } = entry;
  const type = typeOf({ entry, refuse });
  const allowed = columnsOfType(type);
  const column = allowed.find((one) => one === entry.column);
  if (entry.column !== undefined && column === undefined) {
    const near = nearestName(entry.column, allowed);
    const suggestion =
      allowed.length === 0 ? "use keep: true" : near === undefined ? `columns for it: ${allowed.join(", ")}` : `did you mean ${near}?`;
    throw refuse("column", `${entry.column} is no column that an element of type ${type} can fill; ${suggestion}`);
  }
  return { enterprise, id, name, type, keep, ...(column === undefined ? {} : { column }) };
}

function typeOf({ entry, refuse }: Checked): KeptType {
  const known = findElement(entry.enterprise, entry.id)?.type;
  const given = entry.type ?? known;
  if (given === undefined) throw refuse("id", "the type of this element is not known; add type", `one of ${KEPT_TYPES.join(", ")}`);
  const type = KEPT_TYPES.find((one) => one === given);
  if (type !== undefined) return type;
  const near = nearestName(given, KEPT_TYPES);
  const suggestion = near === undefined ? `expected one of ${KEPT_TYPES.join(", ")}` : `did you mean ${near}?`;
  throw refuse(entry.type === undefined ? "id" : "type", `${given} is no type that can be kept; ${suggestion}`);
}
