/** The line below the filter field: the first error with its way out, else how the filter reads. */
import type { GrafanaTheme2 } from "@grafana/data";
import { Icon, useStyles2 } from "@grafana/ui";
import { css } from "@emotion/css";
import type { FilterReport } from "../filter/report.ts";
import { QUERY_LABELS } from "../labels.ts";
import { SELECTORS } from "../selectors.ts";

interface Props {
  /** Of the element, for aria-describedby. */
  id: string;
  report: FilterReport;
}

export function FilterStatus({ id, report: { notes, meaning } }: Props) {
  const styles = useStyles2(getStyles);
  const note = notes.find(({ severity }) => severity === "error") ?? notes[0];
  return (
    <div id={id} className={styles.line} role="status" data-testid={SELECTORS.query.filterStatus}>
      {note !== undefined && (
        <span className={styles[note.severity]}>
          <Icon name={note.severity === "info" ? "info-circle" : "exclamation-triangle"} size="sm" /> {note.message}
          {note.hint !== undefined && <span className={styles.hint}> · {note.hint}</span>}
        </span>
      )}
      {note === undefined && meaning !== undefined && (
        <span className={styles.hint}>
          {QUERY_LABELS.meaning} <code>{meaning}</code>
        </span>
      )}
    </div>
  );
}

const getStyles = ({ colors, spacing, typography }: GrafanaTheme2) => ({
  // A line of its own even when empty: the rows below must not jump while somebody types.
  line: css({ ...typography.bodySmall, minHeight: spacing(2.5), padding: spacing(0.25, 1), overflowWrap: "anywhere" }),
  error: css({ color: colors.error.text }),
  warning: css({ color: colors.warning.text }),
  info: css({ color: colors.info.text }),
  hint: css({ color: colors.text.secondary }),
});
