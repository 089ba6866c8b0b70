/** Looks of the filter field, from the tokens of Grafana's theme, so that it is at home in dark and light. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { GrafanaTheme2 } from "@grafana/data";
import { tags } from "@lezer/highlight";

export function filterTheme(theme: GrafanaTheme2): Extension {
  const { colors, components, shape, spacing, typography, zIndex } = theme;
  const squiggle = (color: string) => ({ backgroundImage: "none", borderBottom: `2px dotted ${color}` });
  const look = EditorView.theme(
    {
      "&": {
        minHeight: spacing(components.height.md),
        color: components.input.text,
        backgroundColor: components.input.background,
        border: `1px solid ${components.input.borderColor}`,
        borderRadius: shape.radius.default,
        fontSize: typography.bodySmall.fontSize,
      },
      "&:hover": { borderColor: components.input.borderHover },
      "&.cm-focused": { outline: `2px solid ${colors.primary.main}`, outlineOffset: "2px" },
      ".cm-scroller": { fontFamily: typography.fontFamilyMonospace, lineHeight: typography.bodySmall.lineHeight },
      ".cm-content": { padding: spacing(0.75, 0), caretColor: colors.text.primary },
      ".cm-line": { padding: spacing(0, 1) },
      ".cm-cursor": { borderLeftColor: colors.text.primary },
      ".cm-placeholder": { color: colors.text.disabled },
      "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
        background: colors.action.selected,
      },
      ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: colors.action.selected, outline: "none" },
      ".cm-variable": { color: colors.primary.text, fontWeight: typography.fontWeightMedium },
      ".cm-lintRange-error": squiggle(colors.error.main),
      ".cm-lintRange-warning": squiggle(colors.warning.main),
      ".cm-lintRange-info": squiggle(colors.info.main),
      ".cm-tooltip": {
        zIndex: zIndex.portal,
        color: colors.text.primary,
        backgroundColor: colors.background.elevated,
        border: `1px solid ${colors.border.weak}`,
        borderRadius: shape.radius.default,
        boxShadow: theme.shadows.z3,
        fontSize: typography.bodySmall.fontSize,
      },
      ".cm-diagnostic": { padding: spacing(0.5, 1), maxWidth: "60ch", borderLeftWidth: "3px" },
      ".cm-diagnostic-error": { borderLeftColor: colors.error.main },
      ".cm-diagnostic-warning": { borderLeftColor: colors.warning.main },
      ".cm-diagnostic-info": { borderLeftColor: colors.info.main },
      ".cm-tooltip-autocomplete > ul": { fontFamily: typography.fontFamilyMonospace, maxHeight: "20em" },
      ".cm-tooltip-autocomplete > ul > li": { padding: spacing(0.25, 1) },
      ".cm-tooltip-autocomplete > ul > li[aria-selected]": { color: colors.text.primary, background: colors.action.selected },
      ".cm-completionMatchedText": { color: colors.primary.text, textDecoration: "none" },
      ".cm-completionDetail": { color: colors.text.secondary, fontStyle: "normal", marginLeft: spacing(2) },
    },
    { dark: theme.isDark },
  );
  const color = theme.visualization.getColorByName;
  const highlight = HighlightStyle.define([
    { tag: tags.keyword, color: color("blue") },
    { tag: tags.modifier, color: color("light-blue") },
    { tag: [tags.logicOperator, tags.operatorKeyword], color: color("purple") },
    { tag: [tags.number, tags.literal], color: color("orange") },
    { tag: [tags.atom, tags.string], color: color("green") },
    { tag: [tags.compareOperator, tags.paren, tags.squareBracket, tags.separator], color: colors.text.secondary },
    { tag: tags.lineComment, color: colors.text.disabled, fontStyle: "italic" },
  ]);
  return [look, syntaxHighlighting(highlight)];
}
