/** A component whose code is fetched when it is first shown. */
import { LoadingPlaceholder } from "@grafana/ui";
import { type ComponentType, lazy, Suspense } from "react";

/** Has its own Suspense: without it the nearest one of Grafana would blank the whole page while the code comes. */
export function lazyComponent<Props extends object>(load: () => Promise<ComponentType<Props>>): ComponentType<Props> {
  const Loaded = lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>;
  function LazyComponent(props: Props) {
    return (
      <Suspense fallback={<LoadingPlaceholder text="Loading…" />}>
        <Loaded {...props} />
      </Suspense>
    );
  }
  return LazyComponent;
}
