/** The part of a pino logger that the API uses. */
type LogMethod = (fields: object, message: string) => void;

export interface ApiLog {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}
