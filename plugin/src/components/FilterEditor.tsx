/** The filter field: colours, completion and errors where they are, all from the language itself, without asking the server. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionStatus } from "@codemirror/autocomplete";
import { bracketMatching } from "@codemirror/language";
import { type Diagnostic, forEachDiagnostic, forceLinting, linter } from "@codemirror/lint";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, placeholder, tooltips, type ViewUpdate } from "@codemirror/view";
import { useTheme2 } from "@grafana/ui";
import { useEffect, useId, useRef, useState } from "react";
import { completeFilterText } from "../filter/completion.ts";
import { filterKeys } from "../filter/keys.ts";
import { filterLanguage } from "../filter/language.ts";
import { reportFilter, type FilterReport } from "../filter/report.ts";
import { filterTheme } from "../filter/theme.ts";
import { variableHighlighting } from "../filter/variables.ts";
import type { InterpolatedFilter } from "../interpolateFilter.ts";
import { QUERY_LABELS } from "../labels.ts";
import { SELECTORS } from "../selectors.ts";
import { FilterStatus } from "./FilterStatus.tsx";

/** Wait after the last key before errors are shown. Unit: ms. Half-typed words are not worth a red line. */
const LINT_DELAY_MS = 300;

interface Props {
  value: string;
  /** Puts the values of dashboard variables in. */
  interpolate: (filter: string) => InterpolatedFilter;
  onChange: (value: string) => void;
  /** Somebody wants the answer: Enter or Shift-Enter. */
  onRun: () => void;
}

export function FilterEditor(props: Props) {
  const theme = useTheme2();
  const statusId = useId();
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<{ view: EditorView; look: Compartment }>(null);
  const [report, setReport] = useState<FilterReport>({ notes: [] });
  // The editor lives longer than one rendering, and its listeners must call what the latest one was given.
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  useEffect(() => {
    if (host.current === null) return;
    const look = new Compartment();
    const check = (view: EditorView): Diagnostic[] => {
      const text = view.state.doc.toString();
      const { notes, meaning } = reportFilter(text, latest.current.interpolate(text));
      // While words are offered at the cursor, what stands there is not wrong but unfinished.
      const { head } = view.state.selection.main;
      const finished = completionStatus(view.state) === "active" ? notes.filter(({ to }) => to < head) : notes;
      setReport({ notes: finished, meaning });
      return finished.map(({ from, to, severity, message, hint }) => ({
        from,
        to,
        severity,
        message: hint === undefined ? message : `${message}\n${hint}`,
      }));
    };
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          look.of([]),
          linter(check, { delay: LINT_DELAY_MS, needsRefresh: completionOpenedOrClosed }),
          wiring(() => latest.current),
          attributes(statusId),
          STATIC,
        ],
      }),
    });
    editor.current = { view, look };
    forceLinting(view);
    return () => view.destroy();
  }, [statusId]);

  useEffect(() => {
    editor.current?.view.dispatch({ effects: editor.current.look.reconfigure(filterTheme(theme)) });
  }, [theme]);

  // Changed from outside: the query history, another panel, a reset.
  useEffect(() => {
    const view = editor.current?.view;
    if (view === undefined || view.state.doc.toString() === props.value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: props.value } });
  }, [props.value]);

  return (
    <div>
      <div ref={host} data-testid={SELECTORS.query.filter} />
      <FilterStatus id={statusId} report={report} />
    </div>
  );
}

function completionOpenedOrClosed({ startState, state }: ViewUpdate): boolean {
  return completionStatus(startState) !== completionStatus(state);
}

/** What never changes. Tooltips hang on the page's body: Grafana's panes cut off what leaves them. */
const STATIC: Extension = [
  filterLanguage,
  variableHighlighting,
  EditorView.lineWrapping,
  bracketMatching(),
  closeBrackets(),
  keymap.of(closeBracketsKeymap),
  // filterKeys has the keys: Enter also runs the query.
  autocompletion({ override: [completeFilterText], icons: false, defaultKeymap: false }),
  placeholder(QUERY_LABELS.filterPlaceholder),
  tooltips({ parent: document.body, position: "fixed" }),
];

/** Leaving the field runs nothing: a click on Grafana's Refresh would then meet a running query and cancel it. */
function wiring(props: () => Props): Extension {
  return [
    filterKeys(() => props().onRun()),
    EditorView.updateListener.of(({ docChanged, state }) => {
      const text = state.doc.toString();
      if (docChanged && text !== props().value) props().onChange(text);
    }),
  ];
}

function attributes(statusId: string): Extension {
  return EditorView.contentAttributes.of(({ state }) => {
    let invalid = false;
    forEachDiagnostic(state, ({ severity }) => {
      invalid ||= severity === "error";
    });
    return {
      "aria-label": QUERY_LABELS.filterField,
      "aria-describedby": statusId,
      "aria-invalid": String(invalid),
      spellcheck: "false",
      autocapitalize: "off",
    };
  });
}
