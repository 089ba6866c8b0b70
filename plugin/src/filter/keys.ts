/** Keys of the filter field: a field of one line by feel, so Enter runs the query; Alt-Enter starts a new line in a long filter. */
import {
  acceptCompletion,
  closeCompletion,
  completionKeymap,
  completionStatus,
  selectedCompletion,
  selectedCompletionIndex,
} from "@codemirror/autocomplete";
import { history, historyKeymap, insertNewline, standardKeymap } from "@codemirror/commands";
import { type Extension, Prec } from "@codemirror/state";
import { type EditorView, keymap } from "@codemirror/view";

export function filterKeys(run: () => void): Extension {
  const runQuery = (view: EditorView): boolean => {
    closeCompletion(view);
    run();
    return true;
  };
  const enter = (view: EditorView): boolean => (isChosen(view) && acceptCompletion(view)) || runQuery(view);
  return [
    history(),
    Prec.highest(
      keymap.of([
        { key: "Enter", run: enter },
        { key: "Shift-Enter", run: runQuery },
        { key: "Mod-Enter", run: runQuery },
        { key: "Alt-Enter", run: insertNewline },
        // Only while completions are shown; otherwise Tab leaves the field as everywhere on the page.
        { key: "Tab", run: acceptCompletion },
      ]),
    ),
    keymap.of([...completionKeymap, ...historyKeymap, ...standardKeymap]),
  ];
}

/**
 * Does Enter mean the marked completion? Yes when it was marked with the arrow keys, or when a part of it was typed; no when the list came
 * up by itself behind a blank, where a person who has finished presses Enter to run the query. Tab takes it in any case.
 */
function isChosen({ state }: EditorView): boolean {
  if (completionStatus(state) !== "active" || selectedCompletion(state) === null) return false;
  const { head } = state.selection.main;
  return selectedCompletionIndex(state) !== 0 || /\S/.test(state.sliceDoc(Math.max(0, head - 1), head));
}
