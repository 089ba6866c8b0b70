/** What an operator may have told the decoder: sampling rates, and elements that nobody else knows. */
import { columnsOfType, type OperatorElement, type SamplingOverrides } from "../server/src/decode/index.ts";
import { KEPT_TYPES } from "../server/src/decode/elements/element-type.ts";

export const OVERRIDES: SamplingOverrides = { rateOf: (_, inIf) => inIf & 0xff, hasInterfaces: () => true };

const ENTERPRISE = 9;
/** Numbers that no registry has given away. */
const FIRST_KEPT = 20_000;
const FIRST_COLUMN = 1_000;

/** Elements of every type: each once kept by name, and once in a column where one takes it. */
export const DECLARED: readonly OperatorElement[] = KEPT_TYPES.flatMap((type, i): OperatorElement[] => {
  const column = columnsOfType(type).at(-1 - (i % 5));
  return [
    { enterprise: ENTERPRISE, id: FIRST_KEPT + i, name: `kept-${type}`, type, keep: true },
    ...(column === undefined ? [] : [{ enterprise: 0, id: FIRST_COLUMN + i, name: `column-${type}`, type, column }]),
  ];
});
