export { formatAddress, parseAddress } from "./address-text.ts";
export { columnIndex, setTime, setU64, type Column } from "./column.ts";
export { FlowBatch, RUN_COLUMNS, type RunColumn } from "./flow-batch.ts";
export { encodeFlowBatch, encodeNative, type NativeBlock, type NativeColumn, type NativeValue } from "./native.ts";
export { NARROWER_TYPES } from "./narrow-column.ts";
export { readFlow, type Flow, type FlowScalar, type FlowValue } from "./read-flow.ts";
export { MAX_TEXT_BYTES, variableIndex, type ListColumn, type MapColumn, type TextColumn } from "./variable-column.ts";
