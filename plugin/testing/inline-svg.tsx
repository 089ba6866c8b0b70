/** Stands for react-inlinesvg, which fetches icons from Grafana's server. */
export default function InlineSvg() {
  return <svg />;
}
