/** Which kind of token gets which colour; CodeMirror themes know the tags. Import of the generated parser, so no import of it here. */
import { styleTags, tags } from "@lezer/highlight";

export const filterHighlighting = styleTags({
  Name: tags.keyword,
  Side: tags.modifier,
  In: tags.operatorKeyword,
  "AndOp OrOp NotOp": tags.logicOperator,
  CompareOp: tags.compareOperator,
  Number: tags.number,
  Address: tags.literal,
  Word: tags.atom,
  Quoted: tags.string,
  Comment: tags.lineComment,
  "OpenParen CloseParen": tags.paren,
  "OpenBracket CloseBracket": tags.squareBracket,
  Comma: tags.separator,
});
