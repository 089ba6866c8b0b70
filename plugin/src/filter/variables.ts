/** Colours dashboard variables, which the filter language does not know. */
import type { Extension } from "@codemirror/state";
import { Decoration, type DecorationSet, type EditorView, MatchDecorator, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { VARIABLE } from "../interpolateFilter.ts";

const matcher = new MatchDecorator({ regexp: VARIABLE, decoration: Decoration.mark({ class: "cm-variable" }) });

class VariableMarks {
  marks: DecorationSet;

  constructor(view: EditorView) {
    this.marks = matcher.createDeco(view);
  }

  update(update: ViewUpdate): void {
    this.marks = matcher.updateDeco(update, this.marks);
  }
}

export const variableHighlighting: Extension = ViewPlugin.fromClass(VariableMarks, { decorations: (plugin) => plugin.marks });
