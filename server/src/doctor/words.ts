/** Numbers as people read them. */

export const integer = (value: number): string => Math.round(value).toLocaleString("en-US");

/** A share with as many digits as it needs: 12 %, 0.3 %. */
export function percent(part: number, whole: number): string {
  const value = whole === 0 ? 0 : (part / whole) * 100;
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(1))} %`;
}

export function duration(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 10) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} hours`;
  return `${Math.round(seconds / 86_400)} days`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}

export function bytes(value: number): string {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  let [rest, unit] = [value, 0];
  while (rest >= 1024 && unit < units.length - 1) [rest, unit] = [rest / 1024, unit + 1];
  return `${Number(rest.toPrecision(3))} ${units[unit]!}`;
}
