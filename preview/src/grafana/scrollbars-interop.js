// @grafana/ui imports this CommonJS package as an ES module and so gets its exports object instead of the component.
import * as scrollbars from "react-custom-scrollbars-2/lib/index.js";

const exported = scrollbars.default ?? scrollbars;
export const Scrollbars = exported.Scrollbars ?? exported.default;
export default Scrollbars;
