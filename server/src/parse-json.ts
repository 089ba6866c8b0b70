/** What a JSON text says; undefined when it is none. For files that may be cut off or somebody else's. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
