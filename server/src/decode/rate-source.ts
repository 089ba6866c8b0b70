/** Numbers of SAMPLING_SOURCES: where a row's sampling rate was learnt. The first that has a word wins. */
export const RATE_FROM = {
  unknown: 0,
  operator: 1,
  record: 2,
  sampler: 3,
  template: 4,
  interface: 5,
  domain: 6,
  exporter: 7,
  header: 8,
} as const;
