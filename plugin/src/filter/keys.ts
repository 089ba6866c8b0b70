/** Keys of the filter field: a field of one line by feel, so Enter runs the query; Alt-Enter starts a new line in a long filter. */
import { acceptCompletion, closeCompletion, completionKeymap, completionStatus, selectedCompletion } from "@codemirror/autocomplete";
import { history, historyKeymap, insertNewline, standardKeymap } from "@codemirror/commands";
import { type Extension, Prec } from "@codemirror/state";
import { type EditorView, keymap } from "@codemirror/view";

export function filterKeys(run: (view: EditorView) => void): Extension {
  const runQuery = (view: EditorView): boolean => {
    closeCompletion(view);
    run(view);
    return true;
  };
  /** Enter takes the marked completion, unless it is what stands there already. */
  const enter = (view: EditorView): boolean => {
    const completion = completionStatus(view.state) === "active" ? selectedCompletion(view.state) : null;
    return completion !== null && !standsBeforeCursor(view, completion.label) ? acceptCompletion(view) : runQuery(view);
  };
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

function standsBeforeCursor(view: EditorView, label: string): boolean {
  const { head } = view.state.selection.main;
  return view.state.sliceDoc(Math.max(0, head - label.length), head) === label;
}
