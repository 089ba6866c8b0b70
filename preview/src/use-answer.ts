import { useEffect, useRef, useState } from "react";
import { ApiError } from "./api.ts";

/** What a request has brought so far: the last good answer stays while the next one is under way. */
export interface Answer<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
}

/**
 * Runs `ask` whenever `key` changes and cancels what it replaces.
 * @param key Everything that `ask` depends on, as text; undefined: do not ask yet.
 */
export function useAnswer<T>(key: string | undefined, ask: (signal: AbortSignal) => Promise<T>): Answer<T> {
  const [answer, setAnswer] = useState<{ to?: string; data?: T; error?: ApiError }>({});
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    if (key === undefined) return undefined;
    const controller = new AbortController();
    latest.current(controller.signal).then(
      (data) => {
        if (!controller.signal.aborted) setAnswer({ to: key, data });
      },
      (cause: unknown) => {
        if (controller.signal.aborted) return;
        const error = cause instanceof ApiError ? cause : new ApiError(0, cause instanceof Error ? cause.message : String(cause));
        setAnswer((old) => ({ to: key, data: old.data, error }));
      },
    );
    return () => {
      controller.abort();
    };
  }, [key]);
  return { data: answer.data, error: answer.error, loading: answer.to !== key };
}
