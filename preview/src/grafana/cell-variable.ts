/** Values of one table cell for the texts of data links, as Grafana's application gives them. */
import { getFieldDisplayValuesProxy, type ScopedVars } from "@grafana/data";

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
