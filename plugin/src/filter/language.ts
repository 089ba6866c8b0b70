/** The filter language for CodeMirror: the parser that the server uses too, so colours, completion and errors agree with the answer. */
import { LanguageSupport, LRLanguage } from "@codemirror/language";
import { filterParser } from "@sillage/model";

const language = LRLanguage.define({
  name: "sillage-filter",
  parser: filterParser,
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", '"'] } },
});

export const filterLanguage = new LanguageSupport(language);
