export { errorBody, HTTP_STATUS, SillageError, type ErrorBody, type ErrorDetails, type ErrorKind, type Position } from "./errors.ts";
export {
  clickhouseType,
  DIMENSIONS,
  field,
  FIELDS,
  findField,
  FLOW_TYPES,
  presentMask,
  SAMPLING_SOURCES,
  STORED_FIELDS,
  TIME_SOURCES,
  type ColumnKind,
  type Field,
  type FieldGroup,
  type FieldName,
  type Side,
  type Unit,
  type Unknown,
} from "./fields.ts";
export type { FieldSchema, Frame, FrameMeta, FrameNotice, FrameType, FrameValue, FrameValueType } from "./frame.ts";
export { MEASURE_NAMES, MEASURES, type Measure, type MeasureName } from "./measures.ts";
export { predicateFields, type CompareOp, type Network, type Predicate } from "./predicate.ts";
export { GRAFANA_KEYS, migrateQuery, QUERY_VERSION } from "./migrate-query.ts";
export {
  flowQuerySchema,
  MAX_LIMIT,
  parseFlowQuery,
  VIEWS,
  type Dimension,
  type FlowQuery,
  type FlowQueryInput,
  type View,
} from "./query.ts";
export { ATTEMPT_SQL, RAW_SLOT_SQL, RAW_TABLE, ROLLUPS, SCALE_SQL, type Rollup, type RollupColumn } from "./tables.ts";
export {
  adHocPredicate,
  checkFilter,
  compileFilterOrThrow,
  completeFilter,
  evaluatePredicate,
  FILTER_CODES,
  filterParser,
  MAX_FILTER_LENGTH,
  parseFilter,
  printFilter,
  type AdHocFilter,
  type CheckedFilter,
  type CompletionOption,
  type Diagnostic,
  type Expression,
  type FilterAst,
  type FilterCode,
  type FilterCompletion,
  type FilterTest,
  type FlowRow,
  type ParsedFilter,
  type Severity,
} from "./filter/index.ts";
export {
  ICMP6_TYPES,
  ICMP_TYPES,
  icmpTypeName,
  PROTOCOL_NAMES,
  PROTOCOL_WORDS,
  protocolNumber,
  SERVICE_NAMES,
  SERVICE_WORDS,
  servicePort,
  TCP_FLAGS,
  tcpFlagBits,
  tcpFlagLetters,
  type TcpFlagLetter,
} from "./names.ts";
