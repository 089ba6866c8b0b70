/** What a browser has and jsdom has not, as far as @grafana/ui and CodeMirror ask for it when they draw. Nothing here is laid out. */
import "@testing-library/jest-dom";
import { configure } from "@testing-library/react";
import { TextDecoder, TextEncoder } from "node:util";

// The library gives up after a second, which a busy machine may take to draw an editor.
configure({ asyncUtilTimeout: 20_000 });

const noMatch = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
const noCanvas = { measureText: (text: string) => ({ width: 8 * text.length }) };

class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

Object.assign(globalThis, {
  TextDecoder,
  TextEncoder,
  matchMedia: () => noMatch,
  ResizeObserver: NoObserver,
  IntersectionObserver: NoObserver,
});
Object.assign(HTMLCanvasElement.prototype, { getContext: () => noCanvas });
Object.assign(Range.prototype, { getClientRects: () => [], getBoundingClientRect: () => new DOMRect() });
