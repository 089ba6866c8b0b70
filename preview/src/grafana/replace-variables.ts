/** Puts values into texts of a dashboard. Grafana's application does this itself. */
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
