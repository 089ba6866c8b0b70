/**
 * Predicate -> condition. A test of a field that the exporter did not send is false, so its negation is true; each leaf therefore carries
 * its own presence test unless the value that stands for "unknown" fails the test anyway, which keeps the condition short and lets the
 * primary key answer it. Meaning is checked against `evaluatePredicate` of model in predicate-sql.int.test.ts.
 */
import { field, presentMask, type CompareOp, type FieldName, type Predicate } from "@sillage/model";
import { networkSql } from "./network-sql.ts";
import { and, call, column, constant, FALSE, fragment, infix, integer, isIn, not, or, TRUE, value, type Expr } from "./sql-tree.ts";

/** @param hinted whether a network is hinted at for the indexes: not below a negation, which would not negate the hint. */
export function predicateSql(predicate: Predicate, hinted = true): Expr {
  switch (predicate.kind) {
    case "true":
      return TRUE;
    case "false":
      return FALSE;
    case "and":
      return and(...predicate.items.map((item) => predicateSql(item, hinted)));
    case "or":
      return or(...predicate.items.map((item) => predicateSql(item, hinted)));
    case "not": {
      const item = predicateSql(predicate.item, false);
      return item === TRUE ? FALSE : item === FALSE ? TRUE : not(item);
    }
    case "compare": {
      const { field: name, op, value: wanted } = predicate;
      return ifPresent(name, infix(op, column(name), integer(wanted)), compares(0, op, wanted));
    }
    case "in":
      return oneOf(predicate.field, predicate.values);
    case "network":
      return networkSql(predicate.field, predicate.networks, hinted);
    case "present":
      return isPresent(predicate.field);
    case "text":
      return predicate.values.length === 0 ? FALSE : isIn(column(predicate.field), value("Array(String)", predicate.values));
    case "bits": {
      const { field: name, mask, value: wanted } = predicate;
      return ifPresent(name, infix("=", call("bitAnd", column(name), integer(mask)), integer(wanted)), wanted === 0);
    }
  }
}

function oneOf(name: FieldName, values: readonly (number | bigint)[]): Expr {
  if (values.length === 0) return FALSE;
  const signed = values.some((item) => item < 0);
  const test =
    values.length === 1
      ? infix("=", column(name), integer(values[0]!))
      : isIn(column(name), value(signed ? "Array(Int64)" : "Array(UInt64)", values));
  return ifPresent(
    name,
    test,
    values.some((item) => item == 0),
  );
}

/** @param zeroPasses whether 0, which stands in the column of an absent field, would pass the test. */
function ifPresent(name: FieldName, test: Expr, zeroPasses: boolean): Expr {
  return zeroPasses ? and(isPresent(name), test) : test;
}

/** Did the exporter send the field? */
export function isPresent(name: FieldName): Expr {
  const { unknown } = field(name);
  switch (unknown.kind) {
    case "never":
      return TRUE;
    case "bit":
      return infix("!=", call("bitAnd", column("present"), constant(presentMask(name))), constant(0));
    case "value":
      return infix("!=", column(name), unknownSql(unknown.value));
  }
}

function unknownSql(unknown: 0 | "::" | "" | "[]" | "{}"): Expr {
  switch (unknown) {
    case 0:
      return constant(0);
    case "::":
      return value("IPv6", "::");
    case "":
      return fragment("''");
    case "[]":
      return fragment("[]");
    case "{}":
      return fragment("map()");
  }
}

function compares(left: number | bigint, op: CompareOp, right: number | bigint): boolean {
  switch (op) {
    case "=":
      return left == right;
    case "!=":
      return left != right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}
