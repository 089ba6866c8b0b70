/** Puts values into texts of a dashboard: template variables, and the cells of a row in data links. Grafana's application does this itself. */
import { getFieldDisplayValuesProxy, type ScopedVars } from "@grafana/data";

/** Values of the dashboard's template variables by name. */
export type Variables = Readonly<Record<string, string>>;

const EXPRESSION = /\$\{([^}:]+)(?::[^}]*)?\}|\$(\w+)/g;

/**
 * Replaces `$name`, `${name}` and `${name:format}`; what is unknown stays as it is.
 * @param encode Given in links: values are made fit for an address.
 */
export function replaceVariables(text: string, values: (name: string) => string | undefined, encode = (value: string) => value): string {
  return text.replace(EXPRESSION, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? "";
    const value = values(name);
    if (value === undefined) return whole;
    // __url_time_range is a piece of an address already.
    return name.startsWith("__url") ? value : encode(value);
  });
}

/** Replaces variables in every text of a JSON value. */
export function replaceInside<T>(value: T, values: (name: string) => string | undefined): T {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    typeof part === "string" ? replaceVariables(part, values) : part,
  ) as T;
}

/** `__value.…`, `__data.fields.…` and `__field.…` for the cell that a data link belongs to. */
export function cellVariable(name: string, scopedVars: ScopedVars | undefined): string | undefined {
  const context = scopedVars?.["__dataContext"]?.value;
  if (!context) return undefined;
  const { frame, field, rowIndex } = context;
  const [head, ...rest] = name.split(".");
  switch (head) {
    case "__value": {
      if (rowIndex === undefined) return undefined;
      const raw: unknown = field.values[rowIndex];
      return rest[0] === "text" && field.display ? field.display(raw).text : String(raw);
    }
    case "__data": {
      if (rowIndex === undefined || rest[0] !== "fields") return undefined;
      const cell = getFieldDisplayValuesProxy({ frame, rowIndex })[rest.slice(1).join(".")] as { text?: string } | undefined;
      return cell?.text;
    }
    case "__field":
      return rest[0] === "labels" ? field.labels?.[rest.slice(1).join(".")] : field.name;
    default:
      return undefined;
  }
}
